import { once } from 'node:events'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'
import type { ConversationItem, ReadResponsesRequest } from '@signalbox/openai-wire/responses'
import { z } from 'zod'

import { askModel } from '../../adapters/responses/ask-model.ts'
import { readWhole, type UpstreamReply } from '../../adapters/responses/upstream-reply.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toReplyHeaders } from '../simple/reply-headers.ts'
import { toUpstreamRequest } from '../simple/simple-path.ts'
import type { AnsweringTo } from '../with-caller.ts'
import { readRefusal } from './answer-from-chat.ts'
import { collectItemIds } from './item-ids.ts'
import { callModel, type ModelCall } from './model-call.ts'
import { noPreviousResponse } from './response-faults.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'

type ResponsePath = `/responses/${string}`

/** A response that the endpoint keeps. */
export interface UpstreamTurn {
  input: ConversationItem[]
  output: ConversationItem[]
  previous: string | null
}

const itemListSchema = z.array(z.looseObject({ type: z.string(), id: z.string() })).catch([])
const turnSchema = z.looseObject({ output: itemListSchema, previous_response_id: z.string().nullable().catch(null) })
const itemsSchema = z.looseObject({ data: itemListSchema })
const NOTHING = Buffer.alloc(0)

const LARGEST_DOCUMENT = 64 * 1_024 * 1_024
/** A response says its id near its beginning. */
const LONGEST_LOOK = 64 * 1_024
const ENDING =
  /^event: ?(?:response\.(?:completed|failed|incomplete|cancelled)|error)\r?$|"type"\s*:\s*"(?:response\.(?:completed|failed|incomplete|cancelled)|error)"/m
/** How far back a stream's end is looked for at least: its last event holds the whole response. */
const TAIL_CHARACTERS = 512
const STALL_MS = 60_000

/** Passes on what the endpoint's own responses answer with, byte for byte. */
export async function relayCreated(c: GatewayContext, request: ResponseRequest, call: ModelCall, options: ResponsesOptions): Promise<Response> {
  const { read, conversation, headers } = request
  const isStored = read.request.store !== false
  const previous = conversation.previous?.document.kind === 'upstream' ? conversation.previous.entry.id : null
  return relay(c, call, headers, options, async (id, items) => {
    if (isStored) await options.kept.keep(c.get('owner'), { kind: 'upstream', previous, input: conversation.input }, id, items)
  })
}

/**
 * Asks the endpoint about a response that it keeps.
 *
 * @throws AppError where it cannot be asked.
 */
export function askUpstream(
  c: GatewayContext,
  { method, path, to }: { method: 'GET' | 'POST' | 'DELETE'; path: ResponsePath; to: AnsweringTo },
  options: ResponsesOptions,
): Promise<Response> {
  const stream = c.req.query('stream') === 'true' && method === 'GET'
  const request = toUpstreamRequest(c, { path, body: NOTHING, stream })
  return relay(c, callModel(options, { ...request, method: method === 'POST' ? undefined : method }, to.caller), to.headers, options)
}

/** What the endpoint says of a response that it keeps; what was put in only where it was not made here. @throws AppError `not_found`. */
export async function readUpstreamTurn(
  id: string,
  { isElsewhere, requestId, signal }: { isElsewhere: boolean; requestId: string; signal: AbortSignal },
  { upstream }: Pick<ResponsesOptions, 'upstream'>,
): Promise<UpstreamTurn> {
  const read = async (path: ResponsePath): Promise<unknown> => {
    const reply = await askModel(upstream, { method: 'GET', path, body: NOTHING, stream: false, requestId, isRetry: false }, signal).reply
    const body = await readWhole(reply, LARGEST_DOCUMENT, upstream.host)
    if (reply.status !== 200) throw noPreviousResponse(id)
    try {
      return JSON.parse(body.toString('utf8')) as unknown
    } catch (cause) {
      throw new AppError('upstream_invalid', `The model endpoint ${upstream.host} answered with something that is not JSON.`, { cause })
    }
  }
  const { output, previous_response_id: previous } = turnSchema.parse(await read(`/responses/${id}`))
  const { data: input } = isElsewhere ? itemsSchema.parse(await read(`/responses/${id}/input_items?order=asc&limit=100`)) : { data: [] }
  return { input, output, previous }
}

/** The bytes as they came, where the endpoint knows all that they speak of; else with the conversation in them. */
export function toUpstreamBody({ read, conversation }: Pick<ResponseRequest, 'read' | 'conversation'>, model: string): Buffer {
  const { before, previous } = conversation
  const bytes = model === read.request.model ? read.bytes : read.withModel(model)
  const refersToOurs = hasReferences(read.request) && conversation.input.length > 0
  if ((!previous || previous.document.kind === 'upstream') && !refersToOurs) return bytes
  const keepsPrevious = previous?.document.kind === 'upstream'
  const { previous_response_id: given, input: _input, ...rest } = read.request
  const input = [...before, ...conversation.input].flatMap((item) => toForeign(item))
  return Buffer.from(JSON.stringify({ ...rest, model, input, ...(keepsPrevious && { previous_response_id: given }) }))
}

function hasReferences({ input }: ReadResponsesRequest['request']): boolean {
  return Array.isArray(input) && input.some((item) => item.type === 'item_reference' || (item.type === undefined && !('role' in item)))
}

/** An item of ours as one that the endpoint has never seen: without our ids, and without what only we speak of. */
function toForeign(item: ConversationItem): ConversationItem[] {
  if (item.type === 'reasoning' && item['encrypted_content'] === undefined) return []
  if (item.type.startsWith('mcp_approval_')) return []
  const { id: _id, ...rest } = item
  return [(item.type === 'item_reference' ? item : rest) as ConversationItem]
}

async function relay(
  c: GatewayContext,
  call: ModelCall,
  headers: Record<string, string>,
  { upstream: { host } }: ResponsesOptions,
  onMade: OnMade = async () => undefined,
): Promise<Response> {
  try {
    const reply = await call.reply
    const id = reply.headers['x-request-id']
    if (typeof id === 'string') c.get('record').upstreamRequestId = id
    const refusal = await readRefusal(reply, call.stream, host, headers)
    if (refusal) return refusal
    if (call.stream) return await pass(c, reply, { headers, onMade, host })
    const body = await readWhole(reply, LARGEST_DOCUMENT, host)
    const made = readResponseId(body)
    if (made !== undefined) {
      const ids = collectItemIds()
      ids.hear(body.toString('latin1'))
      await onMade(made, [...ids.found])
    }
    const { 'content-length': _length, ...rest } = toReplyHeaders(reply.headers) as Record<string, string>
    return new Response(new Uint8Array(body), { status: reply.status, headers: { ...rest, ...headers } })
  } finally {
    call.close()
  }
}

/** Told of a response that the endpoint has made, and of its items as far as it has said them. */
type OnMade = (id: string, items: readonly string[]) => Promise<void>

/** The id of the response that a reply is, or begins to be. */
export function readResponseId(reply: Buffer): string | undefined {
  return readId(reply.subarray(0, LONGEST_LOOK).toString('latin1'))
}

/** A stream's bytes, as they come. One that breaks off ends with an error event. */
async function pass(
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
