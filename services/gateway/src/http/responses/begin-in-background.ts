import { hash } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import type { ResponseObject } from '@signalbox/openai-wire/responses'

import { askModel } from '../../adapters/responses/ask-model.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toCall } from '../session-call.ts'
import type { OwnResponse, ResponseSession } from './response-document.ts'
import { openResponseStream } from './response-stream.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'
import { aliveUntil } from './background-runs.ts'
import { readRefusal, tellStream, toChatBody } from './answer-from-chat.ts'
import { streamKept } from './stream-kept.ts'

/** A response whose session goes on without anybody who waits for it: told at once, and looked at later. */
export async function beginInBackground(c: GatewayContext, request: ResponseRequest, session: ResponseSession, options: ResponsesOptions): Promise<Response> {
  const { initial, headers, conversation, read } = request
  const begun: ResponseObject = { ...initial, status: 'queued', metadata: { ...initial.metadata, session_id: session.id, orch_status: 'active' } }
  const document: OwnResponse = { kind: 'ours', response: begun, begun, input: conversation.input, session, request_sha256: hash('sha256', read.bytes) }
  headers['x-signalbox-status'] = 'queued'
  return begin(c, request, document, options)
}

/** The same for a response of the model itself, which is made here. */
export async function runInBackground(c: GatewayContext, request: ResponseRequest, model: string, options: ResponsesOptions): Promise<Response> {
  const { initial, conversation, read } = request
  options.runs.requireRoom(c.get('owner'))
  const document: OwnResponse = {
    kind: 'ours',
    response: { ...initial, status: 'queued' },
    input: conversation.input,
    run: { until: aliveUntil(), cancel: false },
    request_sha256: hash('sha256', read.bytes),
  }
  const requestId = c.get('requestId')
  return begin(c, request, document, options, (entry) => {
    options.runs.start({ entry, document }, async function* (composer, signal) {
      const { upstream } = options
      const body = toChatBody({ read, conversation }, { model, stream: true }, options)
      const reply = await askModel(upstream, { path: '/chat/completions', body, stream: true, isRetry: false, requestId }, signal).reply
      const refusal = await readRefusal(reply, true, upstream.host, {})
      if (refusal) throw await toFault(refusal, upstream.host)
      yield* tellStream(composer, reply, upstream.host)
    })
  })
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

async function toFault(refusal: Response, host: string): Promise<AppError> {
  const body = (await refusal.json().catch(() => undefined)) as { error?: { message?: unknown } } | undefined
  const said = body?.error?.message
  const words = typeof said === 'string' ? said.slice(0, 2_000) : `The model endpoint ${host} answered with status ${refusal.status}.`
  return new AppError(refusal.status === 429 ? 'rate_limited' : 'upstream_failed', words)
}
