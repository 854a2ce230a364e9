import { AGENT_CARD_PATH } from '@a2a-js/sdk'
import { AppError } from '@signalbox/errors'

import type { AgentCard } from '../model.ts'
import { fromWireCard } from '../wire/codecs.ts'
import { agentCardSchema } from '../wire/schemas.ts'
import { parseAnswer } from './parse-answer.ts'
import type { Rpc } from './rpc.ts'

const CARD_TIMEOUT_MS = 5_000
const MAX_CARD_BYTES = 256 * 1024

/**
 * Reads an agent's card, and keeps it for its time to live; afterwards asks whether it has changed.
 * The endpoint it names must be of the origin that the operator configured: a card cannot send our
 * calls, and the token on them, somewhere else.
 */
export function createCardReader(options: { url: string; cardTtlMs?: number; rpc: Rpc }): (call: { signal: AbortSignal; fresh?: boolean }) => Promise<AgentCard> {
  const base = options.url.endsWith('/') ? options.url : `${options.url}/`
  const location = new URL(AGENT_CARD_PATH, base)
  const ttlMs = options.cardTtlMs ?? 300_000
  let cached: { card: AgentCard; etag: string | undefined; readAt: number } | undefined

  return async ({ signal, fresh = false }) => {
    if (cached && !fresh && Date.now() - cached.readAt < ttlMs) return cached.card
    const answer = await options.rpc.get(location, { signal: AbortSignal.any([signal, AbortSignal.timeout(CARD_TIMEOUT_MS)]), maxBytes: MAX_CARD_BYTES, etag: cached?.etag })
    if (answer.status === 304 && cached) {
      cached.readAt = Date.now()
      return cached.card
    }
    const wire = parseAnswer(agentCardSchema, answer.body)
    const endpoint = wire.supportedInterfaces.find(({ protocolBinding, protocolVersion }) => protocolBinding === 'JSONRPC' && protocolVersion.startsWith('1.'))
    if (!endpoint) throw new AppError('upstream_invalid', 'The agent offers no JSON-RPC endpoint of protocol 1.0.')
    if (new URL(endpoint.url).origin !== location.origin) throw new AppError('upstream_invalid', 'The agent’s card names an endpoint of another origin than the one configured.')
    cached = { card: fromWireCard(wire, endpoint.url), etag: answer.etag, readAt: Date.now() }
    return cached.card
  }
}
