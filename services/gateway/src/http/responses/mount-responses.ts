import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError } from '@signalbox/errors'
import type { ConversationItem } from '@signalbox/openai-wire/responses'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { GatewayContext, GatewayEnv } from '../gateway-env.ts'
import { cursorField, limitField, readQuery } from '../read-query.ts'
import { toCall } from '../session-call.ts'
import type { AnsweringTo } from '../with-caller.ts'
import { cancelResponse } from './cancel-response.ts'
import { createResponse } from './create-response.ts'
import { refreshResponse } from './refresh-response.ts'
import { askUpstream } from './relay-upstream.ts'
import type { FoundResponse } from './response-document.ts'
import { answerInWords, invalid, noSuchResponse } from './response-faults.ts'
import { openResponseStream } from './response-stream.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { streamKept } from './stream-kept.ts'

const getSchema = z.object({
  stream: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  starting_after: z.coerce.number({ error: 'must be a number' }).int('must be a whole number').min(0, 'must be 0 or more').max(1e9, 'is too large').optional(),
})
const itemsSchema = z.object({ limit: limitField, after: cursorField, order: z.enum(['asc', 'desc'], { error: 'must be asc or desc' }).default('desc') })

/**
 * `POST /responses`, `GET` and `DELETE /responses/{id}`, `POST …/cancel`, `GET …/input_items`. A response is its
 * owner's alone: others' do not exist. What the endpoint behind us keeps it is asked for, by whoever made it.
 */
export function mountResponses(app: Hono<GatewayEnv>, options: ResponsesOptions): void {
  const answer =
    (handle: (c: GatewayContext, found: FoundResponse, to: AnsweringTo) => Promise<Response>) =>
    (c: GatewayContext): Promise<Response> =>
      answerInWords(c, options.telemetry, async (to) => handle(c, await findOwn(c, options), to))

  app.post('/responses', createResponse(options))
  app.get(
    '/responses/:id',
    answer((c, found, to) => getResponse(c, found, to, options)),
  )
  app.delete(
    '/responses/:id',
    answer((c, found, to) => deleteResponse(c, found, to, options)),
  )
  app.post(
    '/responses/:id/cancel',
    answer((c, found, to) => cancel(c, found, to, options)),
  )
  app.get(
    '/responses/:id/input_items',
    answer((c, found, to) => listInputItems(c, found, to, options)),
  )
}

async function findOwn(c: GatewayContext, { kept }: ResponsesOptions): Promise<FoundResponse> {
  const id = c.req.param('id') ?? ''
  const found = /^[\w-]{1,256}$/.test(id) ? await kept.find(c.get('owner'), id) : undefined
  if (!found) throw noSuchResponse(id)
  return found
}

async function getResponse(c: GatewayContext, found: FoundResponse, to: AnsweringTo, options: ResponsesOptions): Promise<Response> {
  const { id } = found.entry
  if (found.document.kind === 'upstream') return askUpstream(c, { method: 'GET', path: `/responses/${id}${new URL(c.req.url).search}`, to }, options)
  const { stream, starting_after: after } = readQuery(c, getSchema)
  if (stream !== 'true' || c.req.method !== 'GET') {
    if (after !== undefined) throw invalid('starting_after', 'it says where a stream goes on: send stream=true with it')
    const fresh = await refreshResponse(found, toCall(c, to.caller.signal), options)
    return c.json(fresh.document.kind === 'ours' ? fresh.document.response : {})
  }
  if (!found.document.response.background) throw invalid('stream', 'only responses that were created with background=true can be streamed again')
  const headers = { ...to.headers, ...(found.document.session && { 'x-session-id': found.document.session.id }) }
  const line = openResponseStream(c.env.outgoing, { headers, keepAliveMs: options.keepAliveMs, ...(after !== undefined && { after }) })
  await streamKept(c, found, line, toCall(c, to.caller.signal), options)
  return RESPONSE_ALREADY_SENT
}

async function deleteResponse(c: GatewayContext, found: FoundResponse, to: AnsweringTo, options: ResponsesOptions): Promise<Response> {
  const { id, owner } = found.entry
  if (found.document.kind === 'upstream') {
    const answered = await askUpstream(c, { method: 'DELETE', path: `/responses/${id}`, to }, options)
    if (answered.status === 200 || answered.status === 404) await options.kept.remove(owner, id)
    return answered
  }
  // Nobody could ask for what comes of it any more.
  if (found.entry.open) await cancelResponse(found, toCall(c, to.caller.signal), options)
  await options.kept.remove(owner, id)
  return c.json({ id, object: 'response', deleted: true })
}

async function cancel(c: GatewayContext, found: FoundResponse, to: AnsweringTo, options: ResponsesOptions): Promise<Response> {
  if (found.document.kind === 'upstream') return askUpstream(c, { method: 'POST', path: `/responses/${found.entry.id}/cancel`, to }, options)
  if (!found.document.response.background)
    throw new AppError('invalid_request', 'Cannot cancel a synchronous response.', { details: { code: 'invalid_value' } })
  const canceled = await cancelResponse(found, toCall(c, to.caller.signal), options)
  return c.json(canceled)
}

async function listInputItems(c: GatewayContext, found: FoundResponse, to: AnsweringTo, options: ResponsesOptions): Promise<Response> {
  const { document, entry } = found
  if (document.kind === 'upstream')
    return askUpstream(c, { method: 'GET', path: `/responses/${entry.id}/input_items${new URL(c.req.url).search}`, to }, options)
  const { limit, after, order } = readQuery(c, itemsSchema)
  const items: ConversationItem[] = order === 'asc' ? document.input : document.input.toReversed()
  const from = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && from === 0) throw invalid('after', 'there is no such item in this response')
  const data = items.slice(from, from + limit)
  return c.json({ object: 'list', data, first_id: data[0]?.id ?? '', last_id: data.at(-1)?.id ?? '', has_more: from + limit < items.length })
}
