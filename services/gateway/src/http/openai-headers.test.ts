import { afterEach, expect, test } from 'vitest'

import { HELLO, startGateway, type TestGateway } from '../fixtures/gateway.ts'
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

async function gatewayBefore(answer: ChatAnswer): Promise<TestGateway> {
  const upstream: TestUpstream = await startUpstream(answer)
  opened.push(upstream)
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, LLM_API_KEY: 'k', MAX_BODY_BYTES: '4096' })
  opened.push(gateway)
  return gateway
}
