import { readOpenAIStream } from '@signalbox/testing'
import { APIError } from 'openai'
import { afterEach, expect, test } from 'vitest'

import { HELLO, KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { chunkOf, sayCompletion, sayStream, startUpstream, WHOLE_STREAM, type ChatAnswer, type TestUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function gatewayBefore(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<{ gateway: TestGateway; upstream: TestUpstream }> {
  const upstream = await startUpstream(answer)
  open.push(upstream)
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, LLM_API_KEY: 'sk-upstream', ...environment })
  open.push(gateway)
  return { gateway, upstream }
}

test('a whole answer comes back as the upstream gave it, with its headers and ours', async () => {
  const { gateway } = await gatewayBefore((response) => sayCompletion(response))
  const { data, response } = await gateway.client.chat.completions.create(HELLO).withResponse()
  expect(data.choices[0]?.message.content).toBe('Hello')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-request-id': expect.stringMatching(/^req_/) as string,
    'x-upstream-request-id': 'up-1',
    'x-ratelimit-remaining-requests': '9',
    'x-signalbox-route': 'simple',
    'x-signalbox-route-reason': 'model_alias: model signalbox-simple',
  })
  expect(response.headers.get('set-cookie')).toBeNull()
})

test('a stream’s bytes come back unchanged', async () => {
  const odd = `${chunkOf({ content: 'ü\u2028' })}: a comment\n\ndata: {"choices":[],  "obfuscation":"xyz"}\n\n${chunkOf({}, 'stop')}data: [DONE]\n\n`
  const { gateway } = await gatewayBefore((response) => sayStream(response, odd))
  const response = await gateway.chat({ ...HELLO, stream: true })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(await response.text()).toBe(odd)
})

test('the body goes upstream byte for byte but for the alias, and the caller’s key never', async () => {
  const { gateway, upstream } = await gatewayBefore((response) => sayCompletion(response))
  const body =
    '{ "messages" : [ {"role":"user","content":"\\u00fc \\"model\\": \\"signalbox-auto\\""} ],\n "model":"signalbox-simple", "tools":[], "seed": 1.0e1, "unknown": {"model":"inner"} }'
  await gateway.chat(body)
  await gateway.chat(body.replace('"signalbox-simple"', '"gpt-4o"'), { 'x-request-id': 'mine-1' })
  expect(upstream.taken.map((request) => request.body.toString())).toEqual([
    body.replace('"signalbox-simple"', '"test-model"'),
    body.replace('"signalbox-simple"', '"gpt-4o"'),
  ])
  expect(upstream.taken[1]?.headers).toMatchObject({
    'authorization': 'Bearer sk-upstream',
    'content-type': 'application/json',
    'x-client-request-id': 'mine-1',
  })
  expect(JSON.stringify(upstream.taken.map(({ headers }) => headers))).not.toContain(KEY)
})

test('an upstream without a key is shown none', async () => {
  const { gateway, upstream } = await gatewayBefore((response) => sayCompletion(response), { LLM_API_KEY: '' })
  await gateway.chat(HELLO)
  expect(upstream.taken[0]?.headers.authorization).toBeUndefined()
})

test.each([400, 404, 429, 500, 503])('an upstream’s own %i comes back with its status and its words', async (status) => {
  const error = { error: { message: 'theirs', type: 'their_type', param: 'model', code: 'their_code' }, extra: 1 }
  const { gateway } = await gatewayBefore((response) =>
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '3' }).end(JSON.stringify(error)),
  )
  const response = await gateway.chat({ ...HELLO, stream: true })
  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBe('3')
  expect(await response.json()).toEqual(error)
})

test('an upstream’s error page keeps its status and gets words that can be read', async () => {
  const { gateway } = await gatewayBefore((response) => response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '3' }).end('<h1>nginx</h1>'))
  const response = await gateway.chat(HELLO)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('3')
  expect(((await response.json()) as ErrorBody).error).toMatchObject({
    type: 'server_error',
    code: 'upstream_error',
    message: expect.stringContaining('503') as string,
  })
})

test('an upstream that refuses our key is our fault, not the caller’s, and its words stay here', async () => {
  const { gateway } = await gatewayBefore((response) =>
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"Incorrect API key provided: sk-up***eam"}}'),
  )
  const response = await gateway.chat(HELLO)
  expect(response.status).toBe(502)
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect(await response.text()).not.toContain('sk-up')
})

test.each<[string, boolean, ChatAnswer]>([
  ['a web page instead of JSON', false, (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['a web page instead of a stream', true, (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['JSON instead of a stream', true, (response) => sayCompletion(response)],
  ['a stream instead of JSON', false, (response) => sayStream(response)],
  ['something without a type', false, (response) => response.writeHead(200).end('{}')],
  ['a web page that calls itself JSON', false, (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>')],
  ['a web page that calls itself a stream', true, (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('<html>\n\n')],
  ['a redirect', false, (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
  ['nothing', false, (response) => response.writeHead(204).end()],
])('an upstream that answers with %s is a 502', async (_name, stream, answer) => {
  const { gateway, upstream } = await gatewayBefore(answer)
  const response = await gateway.chat({ ...HELLO, stream })
  expect(response.status).toBe(502)
  expect(((await response.json()) as ErrorBody).error).toMatchObject({ type: 'server_error', code: 'upstream_invalid' })
  expect(response.headers.get('x-signalbox-route')).toBe('simple')
  expect(upstream.taken).toHaveLength(1)
})

test('an upstream that is down is a 502', async () => {
  const { gateway, upstream } = await gatewayBefore(() => undefined)
  await upstream[Symbol.asyncDispose]()
  const response = await gateway.chat(HELLO)
  expect(response.status).toBe(502)
  expect(((await response.json()) as ErrorBody).error).toMatchObject({
    code: 'upstream_failed',
    message: expect.stringContaining('cannot be reached') as string,
  })
})

test('an upstream that takes the request and hangs up is a 502', async () => {
  const { gateway } = await gatewayBefore((response) => response.destroy())
  expect((await gateway.chat(HELLO)).status).toBe(502)
})

test.each([true, false])('an upstream that does not answer in time is a 504, and is let go (stream: %s)', async (stream) => {
  const { gateway, upstream } = await gatewayBefore(() => undefined, { UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '60' })
  const response = await gateway.chat({ ...HELLO, stream })
  expect(response.status).toBe(504)
  expect(((await response.json()) as ErrorBody).error.code).toBe('upstream_timeout')
  await upstream.taken[0]?.closed
})

test('an upstream that sends its headers and then nothing is a 504 too', async () => {
  const { gateway } = await gatewayBefore((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(), {
    UPSTREAM_IDLE_TIMEOUT_MS: '60',
  })
  expect((await gateway.chat({ ...HELLO, stream: true })).status).toBe(504)
})

test.each<[string, string]>([
  ['between two events', chunkOf({ content: 'Hel' })],
  ['in the middle of one', chunkOf({ content: 'Hel' }) + chunkOf({ content: 'lo' }).slice(0, 40)],
  ['before an event’s blank line', chunkOf({ content: 'Hel' }) + chunkOf({ content: 'lo' }).slice(0, -1)],
])('a stream that is cut %s ends with an error event, without a finish and without [DONE]', async (_name, bytes) => {
  const { gateway } = await gatewayBefore((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(bytes, () => response.destroy())
  })
  const { chunks, done } = await readOpenAIStream<{ error?: object; choices?: { finish_reason: string | null }[] }>(
    await gateway.chat({ ...HELLO, stream: true }),
  )
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'upstream_failed', type: 'server_error', param: null })
  expect(chunks.slice(0, -1).flatMap(({ choices }) => choices?.map(({ finish_reason: reason }) => reason))).not.toContain('stop')
})

test('the official client throws on a cut stream, after giving what had come', async () => {
  const { gateway } = await gatewayBefore((response) => {
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .write(chunkOf({ content: 'Hel' }) + chunkOf({ content: 'lo' }).slice(0, 40), () => response.destroy())
  })
  const stream = await gateway.client.chat.completions.create({ ...HELLO, stream: true })
  let content = ''
  await expect(
    (async () => {
      for await (const chunk of stream) content += chunk.choices[0]?.delta.content ?? ''
    })(),
  ).rejects.toThrow(APIError)
  expect(content).toBe('Hel')
})

test('a stream that falls silent ends with an error event', async () => {
  const { gateway, upstream } = await gatewayBefore(
    (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' })),
    { UPSTREAM_IDLE_TIMEOUT_MS: '60' },
  )
  const { chunks, done } = await readOpenAIStream<{ error?: object }>(await gateway.chat({ ...HELLO, stream: true }))
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'upstream_timeout' })
  await upstream.taken[0]?.closed
})

test('a stream that ends politely in the middle of its answer is not taken for a whole one', async () => {
  const { gateway } = await gatewayBefore((response) => sayStream(response, chunkOf({ content: 'Hel' })))
  const { chunks, done } = await readOpenAIStream<{ error?: object }>(await gateway.chat({ ...HELLO, stream: true }))
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'upstream_failed' })
})

test('a stream that ends politely in the middle of a line loses that line, so that the error behind it can be read', async () => {
  const { gateway } = await gatewayBefore((response) =>
    sayStream(response, `${chunkOf({ content: 'Hel' })}data: {"choices":[{"delta":{"content":"lo"},"finish_reason":"st`),
  )
  const response = await gateway.chat({ ...HELLO, stream: true })
  const { chunks, done } = await readOpenAIStream<{ error?: { code: string } }>(response)
  expect([chunks.length, chunks[1]?.error?.code, done]).toEqual([2, 'upstream_failed', false])
})

test('a last line that lacks only its end is not lost', async () => {
  const { gateway } = await gatewayBefore((response) => sayStream(response, WHOLE_STREAM.trimEnd()))
  expect(await (await gateway.chat({ ...HELLO, stream: true })).text()).toBe(WHOLE_STREAM.trimEnd())
})

test('a stream that gave its finish reason is whole, with [DONE] or without', async () => {
  const { gateway } = await gatewayBefore((response) => sayStream(response, WHOLE_STREAM.replace('data: [DONE]\n\n', '')))
  expect(await (await gateway.chat({ ...HELLO, stream: true })).text()).toBe(WHOLE_STREAM.replace('data: [DONE]\n\n', ''))
})

test.each<[string, number]>([
  ['small', 100],
  ['large', 300_000],
])('a whole answer that is cut never looks whole (%s)', async (_name, length) => {
  const { gateway } = await gatewayBefore((response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': String(length * 2) })
      .write(`{"a":"${'x'.repeat(length)}`, () => response.destroy())
  })
  const answered = gateway.chat(HELLO).then(async (response) => ({ status: response.status, text: await response.text() }))
  const outcome = await answered.catch(() => 'broken off' as const)
  if (outcome !== 'broken off') expect(outcome.status).toBe(502)
})

test('a large answer goes through unchanged', async () => {
  const content = 'x'.repeat(3_000_000)
  const { gateway } = await gatewayBefore((response) => sayCompletion(response, content))
  const completion = await gateway.client.chat.completions.create(HELLO)
  expect(completion.choices[0]?.message.content).toBe(content)
})

test('when the caller leaves, the upstream’s connection is closed at once', async () => {
  const { gateway, upstream } = await gatewayBefore(
    (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' })),
  )
  const leaving = new AbortController()
  const response = await gateway.chat({ ...HELLO, stream: true }, {}, leaving.signal)
  await response.body?.getReader().read()
  const leftAt = performance.now()
  leaving.abort()
  await upstream.taken[0]?.closed
  expect(performance.now() - leftAt).toBeLessThan(250)
})

test('when the caller leaves before the answer has begun, the upstream is let go as well', async () => {
  const reached = Promise.withResolvers<void>()
  const { gateway, upstream } = await gatewayBefore(() => reached.resolve())
  const leaving = new AbortController()
  const answered = gateway.chat(HELLO, {}, leaving.signal).catch(() => 'left')
  await reached.promise
  leaving.abort()
  expect(await answered).toBe('left')
  await upstream.taken[0]?.closed
})

test('answers under way may end when the gateway stops; what is not done by then is told so', async () => {
  const { gateway } = await gatewayBefore(
    (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' })),
  )
  const response = await gateway.chat({ ...HELLO, stream: true })
  const reading = readOpenAIStream<{ error?: object }>(response)
  await gateway.listening.stop(80)
  const { chunks, done } = await reading
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'unavailable' })
})

test('one line of the log says what happened, and neither prompts nor keys are in it', async () => {
  const { gateway } = await gatewayBefore((response) => sayCompletion(response))
  await gateway.chat({ ...HELLO, messages: [{ role: 'user', content: 'my secret' }] }, { 'x-request-id': 'mine-2' })
  const lines = gateway.lines()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({
    msg: 'request',
    request_id: 'mine-2',
    status: 200,
    route: 'simple',
    routeSource: 'model_alias',
    key: 'ann',
    upstreamRequestId: 'up-1',
    trace_id: expect.any(String) as string,
  })
  expect(JSON.stringify(lines)).not.toMatch(/secret|sbx_|sk-/)
})
