import { AGENT_CARD_PATH } from '@a2a-js/sdk'
import type { Telemetry } from '@signalbox/telemetry'

import { readCard } from '../codecs/card.ts'
import type { AgentCard } from '../model.ts'
import { untilAborted } from '../until-aborted.ts'
import type { AgentRpc } from './agent-rpc.ts'

export interface CardCacheOptions {
  url: URL
  rpc: Pick<AgentRpc, 'get'>
  telemetry: Telemetry
  ttlMs?: number | undefined
}

const TTL_MS = 300_000
const LARGEST_CARD = 256 * 1_024

/**
 * An agent's card: kept for its time, then asked for again with its ETag. However many ask at once,
 * one request goes out.
 *
 * Calls go nowhere but to the origin that the operator configured. Where a card names another (an
 * agent that does not know its own address, or one that would lead our calls and the token on them
 * astray), the configured URL stands in its place.
 */
export function createCardCache({
  url,
  rpc,
  telemetry,
  ttlMs = TTL_MS,
}: CardCacheOptions): (options: { signal: AbortSignal; fresh?: boolean }) => Promise<AgentCard> {
  const location = new URL(AGENT_CARD_PATH, url.href.endsWith('/') ? url : `${url.href}/`)
  let kept: { card: AgentCard; etag: string | undefined; until: number } | undefined
  let underWay: Promise<AgentCard> | undefined

  const fetchCard = async (): Promise<AgentCard> => {
    const { status, etag, body } = await rpc.get(location, {
      signal: NEVER,
      largest: LARGEST_CARD,
      headers: kept?.etag === undefined ? {} : { 'if-none-match': kept.etag },
    })
    const card = status === 304 && kept ? kept.card : pin(readCard(body))
    kept = { card, etag: status === 304 ? kept?.etag : etag, until: Date.now() + ttlMs }
    return card
  }

  const pin = (card: AgentCard): AgentCard => {
    if (URL.parse(card.url)?.origin === url.origin) return card
    telemetry.log.warn(
      { agent: card.name, url: url.href },
      'the agent’s card names another address than the one it was found at; the one it was found at is used',
    )
    return { ...card, url: url.href }
  }

  return async ({ signal, fresh = false }) => {
    if (kept && !fresh && Date.now() < kept.until) return kept.card
    underWay ??= fetchCard().finally(() => (underWay = undefined))
    return untilAborted(underWay, signal)
  }
}

/** One who no longer waits must not stop the others' request; it has a limit of its own. */
const NEVER = new AbortController().signal
