import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'

import { AppError } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'
import { openStream, recordSpans, sayError, sayJson, sayStream, sayWhole, startModelUpstream, streamLines, type UpstreamAnswer } from '@signalbox/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'

import type { ChatEvent, ChatModel } from './chat-model.ts'
import { openChatModel, type ChatModelOptions } from './open-chat-model.ts'
import { StructuredOutputError } from './structured-output-error.ts'

const PROMPT = { messages: [{ role: 'user', content: 'the secret prompt' }] } as const
const WELL = { signal: AbortSignal.timeout(60_000) }

describe('a whole answer', () => {
  test('comes with its text, its model, why it ended, and what it cost', async () => {
    const { model, upstream } = await modelThat((response) => sayWhole(response, 'Hello'), { prices: new Map([['test-model', { input: 1, output: 10 }]]) })
    const completion = await model.complete(PROMPT, WELL)
    expect(completion).toEqual({
      text: 'Hello',
      finishReason: 'stop',
      model: 'test-model-2026-01-01',
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cost_usd: 0.000081 },
    })
    expect(upstream.calls[0]?.body).toEqual({ model: 'test-model', messages: PROMPT.messages, stream: false })
  })

  test('has an unknown cost where nobody knows the price, and where nothing was counted', async () => {
    const { model } = await modelThat((response) => sayJson(response, 200, { choices: [{ message: { content: 'Hi' } }] }))
    expect((await model.complete(PROMPT, WELL)).usage).toEqual({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: null })
  })

  test('says so when it was cut at the token limit', async () => {
    const { model } = await modelThat((response) => sayWhole(response, 'Half', { finish_reason: 'length' }))
    expect((await model.complete(PROMPT, WELL)).finishReason).toBe('length')
  })

  test('carries the key and the sampling that were asked for, and no key where there is none', async () => {
    const answer: UpstreamAnswer = (response) => sayWhole(response, 'Hello')
    const keyed = await modelThat(answer, { apiKey: 'sk-test-key', temperature: 0.5 })
    await keyed.model.complete({ ...PROMPT, maxOutputTokens: 9 }, WELL)
    expect(keyed.upstream.calls[0]).toMatchObject({ headers: { authorization: 'Bearer sk-test-key' }, body: { temperature: 0.5, max_tokens: 9 } })

    const keyless = await modelThat(answer)
    await keyless.model.complete(PROMPT, WELL)
    expect(keyless.upstream.calls[0]?.headers.authorization).toBeUndefined()
  })

  test.each([
    ['an HTML page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>')],
    ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": [')],
    ['another JSON', (response) => sayJson(response, 200, { hello: 'world' })],
    ['no choices', (response) => sayJson(response, 200, { choices: [] })],
    ['nothing', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end()],
  ] satisfies [string, UpstreamAnswer][])('is upstream_invalid when the endpoint sends %s', async (_name, answer) => {
    const { model, upstream } = await modelThat(answer)
    await expect(model.complete(PROMPT, WELL)).rejects.toMatchObject({ code: 'upstream_invalid', retryable: false })
    expect(upstream.calls).toHaveLength(1)
  })
})

describe('a streamed answer', () => {
  test('comes as texts and one end with the usage, and asks the endpoint to count', async () => {
    const { model, upstream } = await modelThat((response) => sayStream(response, [{ role: 'assistant', content: '' }, 'Hel', 'lo']))
    expect(await collect(model)).toEqual([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      {
        type: 'end',
        finishReason: 'stop',
        model: 'test-model-2026-01-01',
        usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cost_usd: null },
      },
    ])
    expect(upstream.calls[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  test('is the same at whatever bytes the network splits it', async () => {
    const { model } = await modelThat(async (response) => {
      openStream(response)
      const pipe = new PassThrough()
      pipe.pipe(response)
      for (const byte of Buffer.from(streamLines(['Grüße ', '👋🏽', ' “done”']))) {
        pipe.write(Buffer.of(byte))
        await new Promise(setImmediate)
      }
      pipe.end()
    })
    expect(textOf(await collect(model))).toBe('Grüße 👋🏽 “done”')
  })

  test('tells reasoning from text, under either name that providers have for it', async () => {
    const { model } = await modelThat((response) =>
      sayStream(response, [{ reasoning_content: 'Hm. ' }, { reasoning: 'Well.' }, { content: 'Yes', reasoning: null }]),
    )
    const events = await collect(model)
    expect(events.slice(0, -1)).toEqual([
      { type: 'reasoning', text: 'Hm. ' },
      { type: 'reasoning', text: 'Well.' },
      { type: 'text', text: 'Yes' },
    ])
  })

  test('ends without the endpoint having counted or said [DONE], as long as it said why it ended', async () => {
    const { model } = await modelThat((response) => openStream(response).end(streamLines(['Hi'], { usage: null, done: false })))
    expect((await collect(model)).at(-1)).toMatchObject({ type: 'end', finishReason: 'stop', usage: { cost_usd: null } })
  })

  test('is whole once it said why it ended, even when the connection breaks afterwards', async () => {
    const { model } = await modelThat((response) => {
      openStream(response).write(streamLines(['Hi'], { usage: null, done: false }), () => response.destroy())
    })
    expect(textOf(await collect(model))).toBe('Hi')
  })

  test('throws upstream_failed when it is cut in the middle, after what came before', async () => {
    const { model, upstream } = await modelThat((response) => {
      openStream(response).write(streamLines(['Half an'], { finishReason: null, usage: null, done: false }), () => response.destroy())
    })
    const { events, error } = await collectUntilError(model)
    expect(textOf(events)).toBe('Half an')
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: true })
    expect(upstream.calls).toHaveLength(1)
  })

  test('throws upstream_failed when it ends politely but without a finish reason', async () => {
    const { model } = await modelThat((response) => openStream(response).end(streamLines(['Half an'], { finishReason: null })))
    expect((await collectUntilError(model)).error).toMatchObject({ code: 'upstream_failed' })
  })

  test('throws upstream_failed on an error inside the stream', async () => {
    const { model } = await modelThat((response) =>
      openStream(response).end(
        `${streamLines(['Half'], { finishReason: null, usage: null, done: false })}data: {"error":{"message":"the secret prompt","code":"overloaded"}}\n\n`,
      ),
    )
    const { error } = await collectUntilError(model)
    expect(error).toMatchObject({ code: 'upstream_failed', details: { upstream_code: 'overloaded' } })
    expect(error.message).not.toContain('secret')
  })

  test.each([
    ['an HTML page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a whole completion', (response) => sayWhole(response, 'not streamed')],
    ['an event that is not JSON', (response) => openStream(response).end('data: {"choices": [\n\n')],
    ['an event of another kind', (response) => openStream(response).end('data: {"choices": "many"}\n\n')],
  ] satisfies [string, UpstreamAnswer][])('throws upstream_invalid when the endpoint sends %s', async (_name, answer) => {
    const { model } = await modelThat(answer)
    expect((await collectUntilError(model)).error).toMatchObject({ code: 'upstream_invalid' })
  })

  test('throws upstream_timeout when it falls silent, and lets go of the socket', async () => {
    const { model, upstream } = await modelThat(
      (response) => void openStream(response).write(streamLines(['Half'], { finishReason: null, usage: null, done: false })),
      { idleMs: 40 },
    )
    expect((await collectUntilError(model)).error).toMatchObject({ code: 'upstream_timeout', retryable: true })
    await upstream.calls[0]?.closed
  })

  test('throws upstream_timeout when it never begins, though the headers came', async () => {
    const { model } = await modelThat((response) => openStream(response).flushHeaders(), { timeoutMs: 40 })
    expect((await collectUntilError(model)).error).toMatchObject({ code: 'upstream_timeout' })
  })

  test('does not count the time that its reader takes as silence', async () => {
    const { model } = await modelThat((response) => sayStream(response, ['a', 'b']), { idleMs: 30 })
    const texts: string[] = []
    for await (const event of model.stream(PROMPT, WELL)) {
      if (event.type === 'text') texts.push(event.text)
      await once(AbortSignal.timeout(60), 'abort')
    }
    expect(texts).toEqual(['a', 'b'])
  })

  test('lets go of the socket when its reader leaves', async () => {
    const { model, upstream } = await modelThat(
      (response) => void openStream(response).write(streamLines(['a', 'b'], { finishReason: null, usage: null, done: false })),
    )
    for await (const _event of model.stream(PROMPT, WELL)) break
    await upstream.calls[0]?.closed
  })

  test('stops when its caller aborts, in the caller’s words, down to the socket', async () => {
    const { model, upstream } = await modelThat(
      (response) => void openStream(response).write(streamLines(['a'], { finishReason: null, usage: null, done: false })),
    )
    const caller = new AbortController()
    const reading = (async () => {
      for await (const _event of model.stream(PROMPT, { signal: caller.signal })) caller.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'canceled' })
    await upstream.calls[0]?.closed
  })
})

describe('an endpoint in trouble', () => {
  test('is asked again after 429 and 500, and the answer is whole', async () => {
    const { model, upstream } = await modelThat((response, _call, index) => {
      if (index === 0) return sayError(response, 429, { code: 'rate_limit_exceeded' }, { 'retry-after-ms': '1' })
      return index === 1 ? sayError(response, 500) : sayWhole(response, 'At last')
    })
    expect((await model.complete(PROMPT, WELL)).text).toBe('At last')
    expect(upstream.calls).toHaveLength(3)
  })

  test('is asked again for a stream that had not begun', async () => {
    const { model } = await modelThat((response, _call, index) => (index === 0 ? sayError(response, 503) : sayStream(response, ['At last'])))
    expect(textOf(await collect(model))).toBe('At last')
  })

  test('is asked three times at most, and then its failure is told', async () => {
    const { model, upstream } = await modelThat((response) => sayError(response, 502, { message: 'the secret prompt', code: 'bad_gateway' }))
    const error = await faultOf(model.complete(PROMPT, WELL))
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: true, details: { status: 502, upstream_code: 'bad_gateway' } })
    expect(error.message).not.toContain('secret')
    expect(upstream.calls).toHaveLength(3)
  })

  test('that wants a longer wait than we have is told to the caller at once, with the wait', async () => {
    const { model, upstream } = await modelThat((response) => sayError(response, 429, {}, { 'retry-after': '120' }))
    await expect(model.complete(PROMPT, WELL)).rejects.toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: 120_000 })
    expect(upstream.calls).toHaveLength(1)
  })

  test('without quota is not asked again', async () => {
    const { model, upstream } = await modelThat((response) => sayError(response, 429, { code: 'insufficient_quota' }))
    await expect(model.complete(PROMPT, WELL)).rejects.toMatchObject({ code: 'rate_limited', retryable: false })
    expect(upstream.calls).toHaveLength(1)
  })

  test.each([401, 403])('that refuses our key (%d) is not asked again, and no word of the key is repeated', async (status) => {
    const { model, upstream } = await modelThat(
      (response) => sayError(response, status, { message: 'Incorrect API key provided: sk-very-secret', code: 'invalid_api_key' }),
      { apiKey: 'sk-very-secret' },
    )
    const error = await faultOf(model.complete(PROMPT, WELL))
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: false })
    expect(error.message).toContain('API key')
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('sk-very-secret')
    expect(upstream.calls).toHaveLength(1)
  })

  test('that refuses the request says its code, not its prose', async () => {
    const { model } = await modelThat((response) =>
      sayError(response, 400, { message: 'your prompt “the secret prompt” is too long', code: 'context_length_exceeded' }),
    )
    const error = await faultOf(model.complete(PROMPT, WELL))
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: false })
    expect(error.message).toMatch(/400, context_length_exceeded/)
    expect(error.message).not.toContain('secret')
  })

  test('that nobody listens at is upstream_failed, and says why', async () => {
    const model = openModel(`http://127.0.0.1:${await unusedPort()}/v1`)
    const error = await faultOf(model.complete(PROMPT, WELL))
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: true })
    expect(error.message).toContain('ECONNREFUSED')
  })

  test('that never answers is upstream_timeout, once, and its socket is let go', async () => {
    const { model, upstream } = await modelThat(() => undefined, { timeoutMs: 60 })
    await expect(model.complete(PROMPT, WELL)).rejects.toMatchObject({ code: 'upstream_timeout' })
    expect(upstream.calls).toHaveLength(1)
    await upstream.calls[0]?.closed
  })

  test('that stops in the middle of a whole answer is upstream_timeout too', async () => {
    const { model } = await modelThat((response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":'), {
      timeoutMs: 60,
    })
    await expect(model.complete(PROMPT, WELL)).rejects.toMatchObject({ code: 'upstream_timeout' })
  })

  test('is deadline_exceeded when it was the caller’s deadline that passed', async () => {
    const { model } = await modelThat(() => undefined)
    await expect(model.complete(PROMPT, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'deadline_exceeded' })
  })
})

describe('structured output', () => {
  const schema = z.object({ city: z.string().min(1), people: z.int().nullish() })
  const request = { ...PROMPT, name: 'place', schema }

  test('sends the schema in strict form and reads the answer', async () => {
    const { model, upstream } = await modelThat((response) => sayWhole(response, '{"city":"Ulm","people":null}'))
    const { value, usage } = await model.structured(request, WELL)
    expect(value).toEqual({ city: 'Ulm', people: null })
    expect(usage.total_tokens).toBe(18)
    expect(upstream.calls[0]?.body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'place',
        strict: true,
        schema: {
          type: 'object',
          properties: { city: { type: 'string' }, people: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
          required: ['city', 'people'],
          additionalProperties: false,
        },
      },
    })
  })

  test('takes the JSON out of a Markdown fence', async () => {
    const { model } = await modelThat((response) => sayWhole(response, '```json\n{"city":"Ulm"}\n```'))
    expect((await model.structured(request, WELL)).value).toEqual({ city: 'Ulm' })
  })

  test.each([
    ['prose', 'I would say Ulm.', 'the answer is not one JSON value'],
    ['the wrong shape', '{"city":"","people":1.5}', 'city: '],
    ['a scalar', '7', 'the answer: '],
  ])('throws what is wrong with %s, the text and what it cost', async (_name, text, fault) => {
    const { model } = await modelThat((response) => sayWhole(response, text))
    const error = await faultOf(model.structured(request, WELL))
    expect(error).toBeInstanceOf(StructuredOutputError)
    expect(error).toMatchObject({ code: 'upstream_invalid', text, usage: { total_tokens: 18 } })
    expect((error as StructuredOutputError).faults[0]).toContain(fault)
  })

  test('does not read an answer that was cut at the token limit', async () => {
    const { model } = await modelThat((response) => sayWhole(response, '{"city":"Ulm"}', { finish_reason: 'length' }))
    await expect(model.structured(request, WELL)).rejects.toMatchObject({ faults: ['the answer was cut off at the token limit'] })
  })
})

describe('what is written down', () => {
  test('is a client span with model, tokens and finish reason, and never the prompt', async () => {
    const { model, recorder } = await modelThat((response) => sayStream(response, ['Hello']))
    await collect(model)
    const [span] = recorder.spans()
    expect(span).toMatchObject({ name: 'chat test-model', kind: 2 })
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai_compatible',
      'gen_ai.request.model': 'test-model',
      'gen_ai.response.model': 'test-model-2026-01-01',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.response.finish_reasons': ['stop'],
      'server.address': '127.0.0.1',
    })
    expect(JSON.stringify([span?.attributes, span?.events, span?.status])).not.toContain('secret')
  })

  test('is the code of what went wrong', async () => {
    const { model, recorder, telemetry } = await modelThat((response) => sayError(response, 401))
    await faultOf(model.complete(PROMPT, WELL))
    expect(recorder.spans()[0]).toMatchObject({ attributes: { 'error.type': 'upstream_failed' }, status: { code: 2, message: 'upstream_failed' } })
    expect(await telemetry.readMetrics()).toMatch(/gen_ai_client_operation_duration_count\{[^}]*error_type="upstream_failed"/)
  })

  test('is counted in the metrics by kind of token', async () => {
    const { model, telemetry } = await modelThat((response) => sayWhole(response, 'Hello'))
    await model.complete(PROMPT, WELL)
    const metrics = await telemetry.readMetrics()
    expect(metrics).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="input"\} 11/)
    expect(metrics).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="output"\} 7/)
  })
})

async function modelThat(answer: UpstreamAnswer, options: Partial<ChatModelOptions> = {}) {
  const upstream = await startModelUpstream(answer)
  onTestFinished(() => upstream[Symbol.asyncDispose]())
  const recorder = recordSpans()
  const telemetry = openTelemetry({ service: 'test', level: 'silent', spanProcessor: recorder.processor })
  return { model: openModel(upstream.baseUrl, { telemetry, ...options }), upstream, recorder, telemetry }
}

function openModel(baseUrl: string, options: Partial<ChatModelOptions> = {}): ChatModel {
  const model = openChatModel({
    baseUrl,
    model: 'test-model',
    telemetry: openTelemetry({ service: 'test', level: 'silent' }),
    timeoutMs: 5_000,
    retryBaseMs: 1,
    ...options,
  })
  onTestFinished(() => model.close())
  return model
}

async function collect(model: ChatModel): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of model.stream(PROMPT, WELL)) events.push(event)
  return events
}

async function collectUntilError(model: ChatModel): Promise<{ events: ChatEvent[]; error: AppError }> {
  const events: ChatEvent[] = []
  const error = await faultOf(
    (async () => {
      for await (const event of model.stream(PROMPT, WELL)) events.push(event)
    })(),
  )
  return { events, error }
}

async function faultOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

function textOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
