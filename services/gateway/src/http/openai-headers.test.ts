import { afterEach, expect, test } from 'vitest'

import { HELLO, startGateway, type TestGateway } from '../fixtures/gateway.ts'
import { AUTHORIZED, chatOf, exchange, JSON_BODY } from '../fixtures/raw-http.ts'
import { sayCompletion, sayStream, startUpstream, type ChatAnswer, type TestUpstream } from '../fixtures/upstream.ts'

const opened: AsyncDisposable[] = []

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

test.each<[string, (gateway: TestGateway) => Promise<Response>, number]>([
  ['an answer in one piece', (gateway) => gateway.chat(HELLO), 200],
  ['a stream', (gateway) => gateway.chat({ ...HELLO, stream: true }), 200],
  ['a refused request', (gateway) => gateway.chat({ ...HELLO, n: 0 }), 400],
  ['a body that is too large', (gateway) => gateway.chat({ ...HELLO, user: 'x'.repeat(5_000) }), 413],
  ['a caller without a key', (gateway) => gateway.chat(HELLO, { authorization: '' }), 401],
  ['a list of models', (gateway) => gateway.get('/v1/models'), 200],
  ['a model that is not there', (gateway) => gateway.get('/v1/models/none'), 404],
  ['another method', (gateway) => gateway.get('/v1/chat/completions'), 405],
  ['an orchestrator that is away', (gateway) => gateway.chat({ ...HELLO, model: 'signalbox-orchestrated' }), 503],
])('%s says its version, how long it took, and its id', async (_name, call, status) => {
  const gateway = await gatewayBefore((response, { body }) => (body.includes('"stream"') ? sayStream(response) : sayCompletion(response)))
  const response = await call(gateway)
  await response.arrayBuffer()
  expect(response.status).toBe(status)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'openai-version': '2020-10-01',
    'openai-processing-ms': expect.stringMatching(/^\d+$/),
    'x-request-id': expect.stringMatching(/^req_/),
  })
})

test.each([false, true])('each is said once, whatever the upstream says under the same names (stream: %s)', async (stream) => {
  const gateway = await gatewayBefore((response) => {
    for (const name of ['openai-version', 'openai-processing-ms', 'x-request-id', 'x-signalbox-route', 'vary', 'cache-control', 'content-type']) {
      response.setHeader(name, 'theirs')
    }
    response.setHeader('x-ratelimit-limit-requests', '9')
    if (stream) sayStream(response)
    else sayCompletion(response)
  })
  const { text, headers, status } = await exchange(gateway.url, chatOf(JSON.stringify({ ...HELLO, stream }), `${AUTHORIZED}${JSON_BODY}Origin: ${ORIGIN}\r\n`))
  expect(status).toBe(200)
  const names = text
    .slice(0, text.indexOf('\r\n\r\n'))
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
  expect(names).toEqual([...new Set(names)])
  expect(headers).toMatchObject({
    'openai-version': '2020-10-01',
    'openai-processing-ms': expect.stringMatching(/^\d+$/),
    'x-request-id': expect.stringMatching(/^req_/),
    'x-upstream-request-id': expect.any(String),
    'x-signalbox-route': 'simple',
    'x-ratelimit-limit-requests': '9',
    // Or a cache between us would hand one page's answer to another.
    'vary': 'origin',
    'access-control-allow-origin': ORIGIN,
    'cache-control': 'theirs',
  })
})

test('a type that the upstream says twice is passed on once', async () => {
  const gateway = await gatewayBefore((response) => {
    response.writeHead(200, ['content-type', 'application/json', 'content-type', 'application/json', 'connection', 'close, x-hop', 'x-hop', '1'])
    response.end('{"object":"chat.completion","choices":[]}')
  })
  const response = await gateway.chat(HELLO)
  expect([response.status, response.headers.get('content-type'), response.headers.get('x-hop')]).toEqual([200, 'application/json', null])
})

const ORIGIN = 'https://chat.example.com'

async function gatewayBefore(answer: ChatAnswer): Promise<TestGateway> {
  const upstream: TestUpstream = await startUpstream(answer)
  opened.push(upstream)
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, LLM_API_KEY: 'k', MAX_BODY_BYTES: '4096', CORS_ORIGINS: ORIGIN })
  opened.push(gateway)
  return gateway
}
