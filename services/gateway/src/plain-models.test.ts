import { afterEach, expect, test } from 'vitest'

import { KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { startUpstream, type ChatAnswer, type TestUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const EMBEDDINGS = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }],
  model: 'e',
  usage: { prompt_tokens: 1, total_tokens: 1 },
}
const COMPLETION_STREAM = [{ text: 'Hel' }, { text: 'lo', finish_reason: 'stop' }]
  .map(
    (choice) =>
      `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }] })}\n\n`,
  )
  .join('')
  .concat('data: [DONE]\n\n')

async function gatewayBefore(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<{ gateway: TestGateway; upstream: TestUpstream }> {
  const upstream = await startUpstream(answer)
  open.push(upstream)
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, LLM_API_KEY: 'sk-upstream', ...environment })
  open.push(gateway)
  return { gateway, upstream }
}

const say =
  (status: number, body: object): ChatAnswer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'up-1' }).end(JSON.stringify(body))

function post(gateway: TestGateway, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${gateway.url}/v1${path}`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })
}

test('embeddings go through, byte for byte both ways', async () => {
  const { gateway, upstream } = await gatewayBefore(say(200, EMBEDDINGS))
  const body = '{"input": ["one",  "two"], "model":"text-embedding-3-small", "encoding_format":"float", "unknown": 1.0}'
  const response = await post(gateway, '/embeddings', body)
  expect(response.status).toBe(200)
  expect(response.headers.get('x-upstream-request-id')).toBe('up-1')
  expect(await response.text()).toBe(JSON.stringify(EMBEDDINGS))
  expect(upstream.taken.map((request) => [request.path, request.body.toString(), request.headers.authorization])).toEqual([
    ['/v1/embeddings', body, 'Bearer sk-upstream'],
  ])
})

test('the official client gets its embeddings, and its completions', async () => {
  const { gateway } = await gatewayBefore((response, { path }) =>
    path.endsWith('/embeddings')
      ? say(200, EMBEDDINGS)(response, undefined as never)
      : response.writeHead(200, { 'content-type': 'text/event-stream' }).end(COMPLETION_STREAM),
  )
  const { data } = await gateway.client.embeddings.create({ model: 'e', input: 'one', encoding_format: 'float' })
  expect(data[0]?.embedding).toEqual([0.5, -0.25])
  let text = ''
  for await (const chunk of await gateway.client.completions.create({ model: 'm', prompt: 'Say hello', stream: true })) text += chunk.choices[0]?.text ?? ''
  expect(text).toBe('Hello')
})

test.each(['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated'])(
  '%s stands for the model in completions, and for none in embeddings',
  async (model) => {
    const { gateway, upstream } = await gatewayBefore(say(200, { object: 'text_completion', choices: [] }))
    expect((await post(gateway, '/completions', { model, prompt: 'x' })).status).toBe(200)
    expect(JSON.parse(String(upstream.taken[0]?.body))).toEqual({ model: 'test-model', prompt: 'x' })
    const refused = await post(gateway, '/embeddings', { model, input: 'x' })
    expect(refused.status).toBe(400)
    expect(((await refused.json()) as ErrorBody).error).toMatchObject({ param: 'model', code: 'unsupported_model' })
    expect(upstream.taken).toHaveLength(1)
  },
)

test.each([
  ['/embeddings', { model: 'm' }, 'input'],
  ['/embeddings', { model: 'm', input: null }, 'input'],
  ['/embeddings', { model: 'm', input: 7 }, 'input'],
  ['/embeddings', { model: 'm', input: [] }, 'input'],
  ['/embeddings', { model: 'm', input: ['a', 1] }, 'input[1]'],
  ['/embeddings', { model: 'm', input: [1, 'a'] }, 'input[1]'],
  ['/embeddings', { model: 'm', input: [1, -1] }, 'input[1]'],
  ['/embeddings', { model: 'm', input: [[1], []] }, 'input[1]'],
  ['/embeddings', { model: 'm', input: [[1], [1.5]] }, 'input[1][0]'],
  ['/embeddings', { model: 'm', input: Array.from({ length: 2_049 }, () => 'a') }, 'input'],
  ['/embeddings', { model: 'm', input: 'a', dimensions: 0 }, 'dimensions'],
  ['/embeddings', { model: '', input: 'a' }, 'model'],
  ['/embeddings', { model: 'signalbox-embed', input: 'a' }, 'model'],
  ['/completions', { prompt: 'x' }, 'model'],
  ['/completions', { model: 'm', prompt: { text: 'x' } }, 'prompt'],
  ['/completions', { model: 'm', prompt: ['x', null] }, 'prompt[1]'],
  ['/completions', { model: 'm', prompt: 'x', max_tokens: -1 }, 'max_tokens'],
  ['/completions', { model: 'm', prompt: 'x', n: 1e9 }, 'n'],
  ['/completions', { model: 'm', prompt: 'x', stream: 'yes' }, 'stream'],
])('%s with %j is refused, naming %s, and never reaches the upstream', async (path, body, param) => {
  const { gateway, upstream } = await gatewayBefore(say(200, {}))
  const response = await post(gateway, path, body)
  expect([400, 404]).toContain(response.status)
  expect(((await response.json()) as ErrorBody).error).toMatchObject({ type: 'invalid_request_error', param })
  expect(upstream.taken).toHaveLength(0)
})

test.each([null, undefined, 'x', ['x', ''], [1, 2], [[1], [2, 3]]])('a prompt of %j is taken', async (prompt) => {
  const { gateway, upstream } = await gatewayBefore(say(200, { object: 'text_completion', choices: [] }))
  expect((await post(gateway, '/completions', { model: 'm', prompt, logprobs: null, stop: null })).status).toBe(200)
  expect(upstream.taken).toHaveLength(1)
})

test.each(['/embeddings', '/completions'])('an upstream’s error comes back from %s unchanged', async (path) => {
  const error = { error: { message: 'theirs', type: 'their_type', param: 'input', code: 'their_code' }, extra: 1 }
  const { gateway } = await gatewayBefore(say(422, error))
  const response = await post(gateway, path, { model: 'm', input: 'x', prompt: 'x' })
  expect(response.status).toBe(422)
  expect(await response.json()).toEqual(error)
})

test.each<[string, object]>([
  ['/embeddings', { model: 'e', input: 'x' }],
  ['/completions', { model: 'm', prompt: 'x' }],
])('whoever wants %s explained is told that there is nothing to explain, and nothing is run', async (path, body) => {
  const { gateway, upstream } = await gatewayBefore(say(200, EMBEDDINGS))
  const response = await fetch(`${gateway.url}/v1${path}`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json', 'x-signalbox-explain': 'true' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(400)
  expect(((await response.json()) as ErrorBody).error.param).toBe('x-signalbox-explain')
  expect(upstream.taken).toHaveLength(0)
})

test('a completion’s stream that is cut ends with an error event, and never as if it were whole', async () => {
  const cut = COMPLETION_STREAM.indexOf('lo"')
  const { gateway } = await gatewayBefore((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(COMPLETION_STREAM.slice(0, cut), () => response.destroy())
  })
  const text = await (await post(gateway, '/completions', { model: 'm', prompt: 'x', stream: true })).text()
  expect(text).toMatch(/\n\ndata: \{"error":/)
  expect(text).not.toContain('"stop"')
  expect(text).not.toContain('[DONE]')
})

test('they need a key, are counted and logged as chat is, and say no word of what was sent', async () => {
  const { gateway } = await gatewayBefore(say(200, EMBEDDINGS))
  const refused = await fetch(`${gateway.url}/v1/embeddings`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  expect(refused.status).toBe(401)
  await (await post(gateway, '/embeddings', { model: 'e', input: 'my secret' })).text()
  const lines = gateway.lines().filter(({ msg }) => msg === 'request')
  expect(lines).toMatchObject([{ path: '/v1/embeddings', status: 200, key: 'ann', model: 'e', upstreamRequestId: 'up-1', bytes: expect.any(Number) as number }])
  expect(JSON.stringify(lines)).not.toContain('secret')
  expect(await gateway.metrics()).toMatch(/http_server_request_duration(?:_seconds)?_count\{[^}]*http_route="\/v1\/embeddings"[^}]*\} 1/)
})
