import { SpanKind } from '@opentelemetry/api'
import type { AppError } from '@signalbox/errors'
import { SPANS, withSpan, withStreamSpan } from '@signalbox/telemetry'
import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions/completions'

import type { ChatEvent, ChatModel, ChatRequest, Completion, StructuredRequest } from './chat-model.ts'
import { openConnection, type Connection, type ModelOptions } from './connection.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { createCallMeter } from './meter.ts'
import { readStructured } from './read-structured.ts'
import { toStrictSchema, type StrictSchema } from './strict-schema.ts'
import { StructuredOutputError } from './structured-output-error.ts'
import { toInvalidAnswer, toUpstreamError } from './upstream-errors.ts'
import { toUsage } from './usage.ts'
import { reasoningOfMessage, textOfMessage, wireChunkSchema, wireCompletionSchema } from './wire-answers.ts'

export interface ChatModelOptions extends ModelOptions {
  /** How long a stream that has begun may be silent. */
  idleMs?: number | undefined
  /** Sent with every request that names none; absent, the model's own is used. */
  temperature?: number | undefined
}

const DEFAULT_IDLE_MS = 30_000

/** A chat model at an OpenAI-compatible endpoint. */
export function openChatModel(options: ChatModelOptions): ChatModel & { close(): Promise<void> } {
  const connection = openConnection(options)
  const { tracer } = options.telemetry
  const spanName = `${SPANS.chat} ${options.model}`
  const span = { kind: SpanKind.CLIENT, attributes: connection.attributes('chat') }
  const meter = createCallMeter(options.telemetry, span.attributes)
  const idleMs = options.idleMs ?? DEFAULT_IDLE_MS

  const ask = (request: ChatRequest, signal: AbortSignal, format?: ResponseFormat): Promise<Completion> =>
    completeOnce(connection, { ...toBody(options, connection, request), ...(format && { response_format: format }) }, signal)

  return {
    model: options.model,
    complete: (request, { signal }) =>
      withSpan(tracer, spanName, span, async (active) => {
        const call = meter.begin(active)
        try {
          const completion = await ask(request, signal)
          call.succeeded(completion)
          return completion
        } catch (error) {
          call.failed(error)
          throw error
        }
      }),
    structured: (request, { signal }) =>
      withSpan(tracer, spanName, span, async (active) => {
        const call = meter.begin(active)
        try {
          const completion = await ask(request, signal, toResponseFormat(request))
          call.succeeded(completion)
          return { value: requireStructured(completion, request), usage: completion.usage }
        } catch (error) {
          if (!(error instanceof StructuredOutputError)) call.failed(error)
          throw error
        }
      }),
    stream: (request, { signal }) =>
      withStreamSpan(tracer, spanName, span, async function* (active) {
        const call = meter.begin(active)
        try {
          for await (const event of streamOnce(connection, toBody(options, connection, request), { signal, idleMs })) {
            if (event.type === 'end') call.succeeded(event)
            yield event
          }
        } catch (error) {
          call.failed(error)
          throw error
        }
      }),
    close: connection.close,
  }
}

type Body = Pick<ChatCompletionCreateParamsBase, 'model' | 'messages' | 'temperature' | 'max_tokens' | 'max_completion_tokens'>
type ResponseFormat = { type: 'json_schema'; json_schema: { name: string; strict: true; schema: StrictSchema } }

function toBody(options: ChatModelOptions, connection: Connection, request: ChatRequest): Body {
  const temperature = request.temperature ?? options.temperature
  return {
    model: options.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(temperature !== undefined && { temperature }),
    // OpenAI's newer models refuse the old name, and most other servers know only that.
    ...(request.maxOutputTokens !== undefined && { [connection.isOpenAI ? 'max_completion_tokens' : 'max_tokens']: request.maxOutputTokens }),
  }
}

/** A whole answer, tried again where that can help. */
async function completeOnce(connection: Connection, body: Body & { response_format?: ResponseFormat }, signal: AbortSignal): Promise<Completion> {
  const { client, host, timeoutMs, prices } = connection
  using deadline = createDeadline(signal)
  deadline.within(timeoutMs, `The model endpoint ${host} did not answer within ${timeoutMs / 1_000} s.`)
  const answer: unknown = await attempt(connection, deadline, () => client.chat.completions.create({ ...body, stream: false }, { signal: deadline.signal }))

  const parsed = wireCompletionSchema.safeParse(answer)
  const choice = parsed.data?.choices[0]
  if (!parsed.success || !choice) throw toInvalidAnswer(host, 'something that is not a chat completion')
  const model = parsed.data.model ?? body.model
  // A body that came whole is an answer that came whole: servers that name no reason mean `stop`.
  return { text: textOfMessage(choice.message), usage: toUsage(parsed.data.usage, model, prices), finishReason: choice.finish_reason ?? 'stop', model }
}

/**
 * A streamed answer.
 *
 * 1. What failed before the stream began is tried again; what failed after it is not.
 * 2. The clock runs only while we wait for the upstream, never while the consumer thinks.
 * 3. The one `end` comes only after a finish reason; without one the answer was cut, and that throws.
 *    With one the answer is whole, whatever happens to the connection afterwards.
 */
async function* streamOnce(connection: Connection, body: Body, { signal, idleMs }: { signal: AbortSignal; idleMs: number }): AsyncGenerator<ChatEvent> {
  const { client, host, timeoutMs, prices } = connection
  using deadline = createDeadline(signal)
  deadline.within(timeoutMs, `The model endpoint ${host} did not begin to answer within ${timeoutMs / 1_000} s.`)
  const { data, response } = await attempt(connection, deadline, () =>
    client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }, { signal: deadline.signal }).withResponse(),
  )
  if (!response.headers.get('content-type')?.includes('text/event-stream')) {
    data.controller.abort()
    throw toInvalidAnswer(host, 'something that is not a stream of events')
  }

  let model = body.model
  let finishReason: string | undefined
  let usage = toUsage(undefined, model, prices)
  try {
    for await (const item of data) {
      deadline.rest()
      const parsed = wireChunkSchema.safeParse(item)
      if (!parsed.success) throw toInvalidAnswer(host, 'an event that is not a piece of a chat completion')
      const { choices, ...chunk } = parsed.data
      model = chunk.model || model
      if (chunk.usage) usage = toUsage(chunk.usage, model, prices)
      const delta = choices[0]?.delta
      const reasoning = delta ? reasoningOfMessage(delta) : ''
      const text = delta ? textOfMessage(delta) : ''
      if (reasoning !== '') yield { type: 'reasoning', text: reasoning }
      if (text !== '') yield { type: 'text', text }
      finishReason = choices[0]?.finish_reason ?? finishReason
      deadline.within(idleMs, `The model endpoint ${host} fell silent for ${idleMs / 1_000} s in the middle of its answer.`)
    }
    // The client ends a stream that was aborted as if it were over.
    throwIfOver(deadline)
  } catch (error) {
    if (finishReason === undefined || signal.aborted) throw deadline.fault() ?? toUpstreamError(error, host)
  }
  if (finishReason === undefined) throw toUpstreamError(new Error('no finish reason'), host)
  yield { type: 'end', usage, finishReason, model }
}

/** One request with the connection's retries; what it throws is ours. */
export async function attempt<Result>(connection: Connection, deadline: Deadline, send: () => PromiseLike<Result>): Promise<Result> {
  const once = async (): Promise<Result> => {
    try {
      throwIfOver(deadline)
      return await send()
    } catch (error) {
      throw deadline.fault() ?? toUpstreamError(error, connection.host)
    }
  }
  try {
    return await connection.retry(once, deadline.signal)
  } catch (error) {
    throw deadline.fault() ?? (error as AppError)
  }
}

function throwIfOver(deadline: Deadline): void {
  const fault = deadline.fault()
  if (fault) throw fault
}

const strictSchemas = new WeakMap<object, StrictSchema>()

function toResponseFormat({ name, schema }: StructuredRequest<unknown>): ResponseFormat {
  const known = strictSchemas.get(schema) ?? toStrictSchema(schema)
  strictSchemas.set(schema, known)
  return { type: 'json_schema', json_schema: { name, strict: true, schema: known } }
}

function requireStructured<Value>({ text, finishReason, usage }: Completion, { name, schema }: StructuredRequest<Value>): Value {
  if (finishReason === 'length') throw new StructuredOutputError({ name, faults: ['the answer was cut off at the token limit'], text, usage })
  const verdict = readStructured(text, schema)
  if (verdict.value === undefined) throw new StructuredOutputError({ name, faults: verdict.faults, text, usage })
  return verdict.value
}
