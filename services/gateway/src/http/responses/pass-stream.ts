import { once } from 'node:events'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'

import type { UpstreamReply } from '../../adapters/responses/upstream-reply.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toReplyHeaders } from '../simple/reply-headers.ts'
import { collectItemIds } from './item-ids.ts'

/** A response says its id near its beginning. */
const LONGEST_LOOK = 64 * 1_024
const ENDING =
  /^event: ?(?:response\.(?:completed|failed|incomplete|cancelled)|error)\r?$|"type"\s*:\s*"(?:response\.(?:completed|failed|incomplete|cancelled)|error)"/m
/** How far back a stream's end is looked for at least: its last event holds the whole response. */
const TAIL_CHARACTERS = 512
const STALL_MS = 60_000

/** Told of a response that the endpoint has made, and of its items as far as it has said them. */
export type OnMade = (id: string, items: readonly string[]) => Promise<void>

/** A stream's bytes, as they come. One that breaks off ends with an error event. */
export async function passStream(
  c: GatewayContext,
  reply: UpstreamReply,
  { headers, onMade, host }: { headers: Record<string, string>; onMade: OnMade; host: string },
): Promise<Response> {
  const { outgoing } = c.env
  const ids = collectItemIds()
  let seen: string | undefined = ''
  let made: string | undefined
  let tail = ''
  let bytes = 0
  const noteItems = async (): Promise<void> => {
    if (made !== undefined && ids.found.size > 0) await onMade(made, [...ids.found])
  }
  try {
    for await (const piece of reply.body) {
      const text = piece.toString('latin1')
      if (seen !== undefined) {
        seen += text
        made = readId(seen)
        // Whose it is must be known before the caller can ask for it.
        if (made !== undefined) await onMade(made, [])
        if (made !== undefined || seen.length > LONGEST_LOOK) seen = undefined
      }
      ids.hear(text)
      if (!outgoing.headersSent)
        outgoing.writeHead(200, { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...toReplyHeaders(reply.headers), ...headers })
      bytes += piece.length
      tail = toTail(tail, text)
      if (!outgoing.write(piece)) await roomIn(outgoing)
    }
    if (!ENDING.test(tail)) throw new AppError('upstream_failed', `The model endpoint ${host} ended its stream before its answer was whole.`)
    await noteItems()
    outgoing.end()
  } catch (error) {
    // What was said of it may be spoken of.
    await noteItems()
    if (!outgoing.headersSent || outgoing.destroyed) throw error
    const fault = toAppError(error)
    c.get('record').errorCode = fault.code
    const { message, code, param } = toOpenAIError(fault).body.error
    outgoing.end(`\n\nevent: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, sequence_number: 0 })}\n\n`)
  }
  c.get('record').bytes = bytes
  return RESPONSE_ALREADY_SENT
}

/** The beginning of the event that is under way, and the stream's last words. */
function toTail(tail: string, text: string): string {
  const all = tail + text
  const from = Math.max(all.lastIndexOf('\n\nevent:'), all.lastIndexOf('\n\ndata:'))
  const event = from === -1 ? all : all.slice(from)
  return event.length <= 2 * TAIL_CHARACTERS ? event : event.slice(0, TAIL_CHARACTERS) + event.slice(-TAIL_CHARACTERS)
}

function readId(text: string): string | undefined {
  return /"id"\s*:\s*"(resp_[\w-]{1,200})"/.exec(text)?.[1]
}

async function roomIn(outgoing: GatewayContext['env']['outgoing']): Promise<void> {
  const stalled = setTimeout(() => outgoing.destroy(), STALL_MS)
  const closed = new AbortController()
  try {
    await Promise.race([once(outgoing, 'drain', { signal: closed.signal }), once(outgoing, 'close', { signal: closed.signal })])
  } finally {
    clearTimeout(stalled)
    closed.abort()
  }
  if (outgoing.destroyed) throw new AppError('canceled', 'The caller left before the answer was whole.')
}

/** The id of the response that a reply is, or begins to be. */
export function readResponseId(reply: Buffer): string | undefined {
  return readId(reply.subarray(0, LONGEST_LOOK).toString('latin1'))
}
