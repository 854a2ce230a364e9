import { hash } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import type { ResponseObject } from '@signalbox/openai-wire/responses'

import type { GatewayContext } from '../gateway-env.ts'
import { toCall } from '../session-call.ts'
import type { OwnResponse, ResponseSession } from './response-document.ts'
import { openResponseStream } from './response-stream.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'
import { aliveUntil, createRunMark } from './background-runs.ts'
import { toChatBody } from './answer-from-chat.ts'
import { streamKept } from './stream-kept.ts'
import { makeOfChat } from './take-up-run.ts'

/** A response whose session goes on without anybody who waits for it: told at once, and looked at later. */
export async function beginInBackground(c: GatewayContext, request: ResponseRequest, session: ResponseSession, options: ResponsesOptions): Promise<Response> {
  const { initial, headers, conversation, read } = request
  const begun: ResponseObject = { ...initial, status: 'queued', metadata: { ...initial.metadata, session_id: session.id, orch_status: 'active' } }
  const document: OwnResponse = { kind: 'ours', response: begun, begun, input: conversation.input, session, request_sha256: hash('sha256', read.bytes) }
  headers['x-signalbox-status'] = 'queued'
  return begin(c, request, document, options)
}

/** As much of a request is kept so that another gateway could ask it. */
const LARGEST_ASK_BYTES = 4 * 1_024 * 1_024

/** The same for a response of the model itself, which is made here. @throws AppError for what chat has no word for. */
export async function runInBackground(c: GatewayContext, request: ResponseRequest, model: string, options: ResponsesOptions): Promise<Response> {
  const { initial, conversation, read } = request
  options.runs.requireRoom(c.get('owner'))
  const ask = toChatBody({ read, conversation }, { model, stream: true }, options)
  const document: OwnResponse = {
    kind: 'ours',
    response: { ...initial, status: 'queued' },
    input: conversation.input,
    run: { by: createRunMark(), until: aliveUntil(), cancel: false, tries: 1, ...(ask.length <= LARGEST_ASK_BYTES && { ask: ask.toString('utf8') }) },
    request_sha256: hash('sha256', read.bytes),
  }
  const requestId = c.get('requestId')
  return begin(c, request, document, options, (entry) => void options.runs.start({ entry, document }, makeOfChat(ask, requestId, options)))
}

async function begin(
  c: GatewayContext,
  { headers, id, read, caller }: ResponseRequest,
  document: OwnResponse,
  options: ResponsesOptions,
  start: (entry: Awaited<ReturnType<ResponsesOptions['kept']['begin']>>) => void = () => undefined,
): Promise<Response> {
  const owner = c.get('owner')
  try {
    start(await options.kept.begin(owner, document))
  } catch (error) {
    if (toAppError(error).code !== 'conflict') throw error
    // Its request came again.
    headers['x-signalbox-deduplicated'] = 'true'
  }
  const found = await options.kept.find(owner, id)
  if (found?.document.kind !== 'ours') throw new AppError('unavailable', 'The response could not be stored: try again.')
  if (found.document.request_sha256 !== document.request_sha256)
    throw new AppError('idempotency_mismatch', 'Idempotency-Key: was used for another request before.', { param: 'Idempotency-Key' })
  if (read.request.stream !== true) return Response.json(found.document.response, { headers })
  const stream = openResponseStream(c.env.outgoing, { headers, keepAliveMs: options.keepAliveMs })
  await streamKept(c, found, stream, toCall(c, caller.signal), options)
  return RESPONSE_ALREADY_SENT
}
