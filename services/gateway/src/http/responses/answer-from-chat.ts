import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import {
  createResponseComposer,
  readChat,
  readChatReply,
  readSseData,
  toChatRequest,
  type ResponseComposer,
  type ResponseEvent,
} from '@signalbox/openai-wire/responses'

import { readWhole, type UpstreamReply } from '../../adapters/responses/upstream-reply.ts'
import type { GatewayContext } from '../gateway-env.ts'
import type { ModelCall } from './model-call.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import { LARGEST_REPLY, readRefusal, toPlainHeaders } from './read-refusal.ts'
import { toResponseFault } from './response-faults.ts'
import { openResponseStream } from './response-stream.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'

/** Makes a response of the model's chat: the simple path where the endpoint has no responses of its own. */
export async function answerFromChat(c: GatewayContext, request: ResponseRequest, call: ModelCall, options: ResponsesOptions): Promise<Response> {
  const { host } = options.upstream
  try {
    const reply = await call.reply
    const id = reply.headers['x-request-id']
    if (typeof id === 'string') c.get('record').upstreamRequestId = id
    const refusal = await readRefusal(reply, call.stream, host, request.headers)
    if (refusal) return refusal
    const headers = { ...toPlainHeaders(reply), ...request.headers }
    if (call.stream) return await streamChat(c, { ...request, headers }, reply, options)
    const composer = createResponseComposer(request.initial)
    composer.open()
    for await (const _events of tellWhole(composer, reply, host));
    const { response } = composer
    await options.kept.keepTold(c.get('owner'), { kind: 'ours', response, input: request.conversation.input })
    return Response.json(response, { headers })
  } finally {
    call.close()
  }
}

async function streamChat(c: GatewayContext, request: ResponseRequest, reply: UpstreamReply, options: ResponsesOptions): Promise<Response> {
  const stream = openResponseStream(c.env.outgoing, { headers: request.headers, keepAliveMs: options.keepAliveMs })
  const composer = createResponseComposer(request.initial)
  const owner = c.get('owner')
  try {
    await stream.send(composer.open())
    for await (const events of tellStream(composer, reply, options.upstream.host)) {
      if (composer.ended) await keepTold(owner, composer, request, options)
      await stream.send(events)
    }
    stream.end()
  } catch (error) {
    if (request.caller.left) throw error
    const fault = toAppError(error)
    c.get('record').errorCode = fault.code
    const events = composer.fail(toResponseFault(fault), { at: nowInSeconds() })
    await keepTold(owner, composer, request, options)
    await stream.send(events)
    stream.end()
  }
  return RESPONSE_ALREADY_SENT
}

async function keepTold(owner: string, { response }: ResponseComposer, { conversation }: ResponseRequest, { kept }: ResponsesOptions): Promise<void> {
  await kept.keepTold(owner, { kind: 'ours', response, input: conversation.input })
}

/** The request as the model's chat takes it. @throws AppError for what chat has no word for. */
export function toChatBody(
  { read, conversation }: Pick<ResponseRequest, 'read' | 'conversation'>,
  { model, stream }: { model: string; stream: boolean },
  { isOpenAI }: Pick<ResponsesOptions, 'isOpenAI'>,
): Buffer {
  const { before, input } = conversation
  return Buffer.from(JSON.stringify(toChatRequest({ ...read.request, model, stream }, [...before, ...input], { isOpenAI, before: before.length })))
}

/** A streamed chat as a response's events, until it has ended. @throws AppError where the chat broke off. */
export async function* tellStream(composer: ResponseComposer, reply: UpstreamReply, host: string): AsyncGenerator<ResponseEvent[]> {
  const reading = readChat(composer)
  for await (const data of readSseData(reply.body)) {
    if (data === '[DONE]') {
      reply.settle()
      break
    }
    const events = reading.hear(readChatReply(parse(data, host), host))
    if (events.length > 0) yield events
  }
  yield reading.end(nowInSeconds(), host)
}

/** The same for a chat that came whole. */
export async function* tellWhole(composer: ResponseComposer, reply: UpstreamReply, host: string): AsyncGenerator<ResponseEvent[]> {
  const reading = readChat(composer)
  const body = await readWhole(reply, LARGEST_REPLY, host)
  yield reading.hear(readChatReply(parse(body.toString('utf8'), host), host))
  yield reading.end(nowInSeconds(), host)
}

function parse(text: string, host: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new AppError('upstream_invalid', `The model endpoint ${host} answered with something that is not JSON.`, { cause })
  }
}
