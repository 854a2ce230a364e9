import { AppError } from '@signalbox/errors'
import type { ConversationItem, ReadResponsesRequest } from '@signalbox/openai-wire/responses'
import { z } from 'zod'

import { askModel } from '../../adapters/responses/ask-model.ts'
import { readWhole } from '../../adapters/responses/upstream-reply.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toReplyHeaders } from '../simple/reply-headers.ts'
import { toUpstreamRequest } from '../simple/simple-path.ts'
import type { AnsweringTo } from '../with-caller.ts'
import { readRefusal } from './read-refusal.ts'
import { collectItemIds } from './item-ids.ts'
import { callModel, type ModelCall } from './model-call.ts'
import { passStream, readResponseId, type OnMade } from './pass-stream.ts'
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
const turnSchema = z
  .looseObject({ output: itemListSchema, previous_response_id: z.string().nullable().catch(null) })
  .catch({ output: [], previous_response_id: null })
const itemsSchema = z.looseObject({ data: itemListSchema }).catch({ data: [] })
const NOTHING = Buffer.alloc(0)

const LARGEST_DOCUMENT = 64 * 1_024 * 1_024

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
    if (call.stream) return await passStream(c, reply, { headers, onMade, host })
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
