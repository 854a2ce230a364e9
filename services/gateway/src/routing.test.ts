import { afterEach, expect, test } from 'vitest'

import { KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { answerAtOnce, SERVICE_TOKEN, startOrchestrator } from './fixtures/orchestrator.ts'
import { isClassifierRequest, sayCompletion, sayVerdict, startUpstream, type ChatAnswer, type TakenRequest, type TestUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const ask = (content: string, extra: object = {}) => ({ model: 'signalbox-auto', messages: [{ role: 'user', content }], ...extra })

/** A gateway whose classifier answers as the test says; whatever else comes upstream is answered with a completion. */
async function gatewayWithClassifier(
  classify: ChatAnswer,
  environment: Record<string, string> = {},
): Promise<{ gateway: TestGateway; upstream: TestUpstream; asked: () => TakenRequest[] }> {
  const upstream = await startUpstream((response, request) => (isClassifierRequest(request) ? classify(response, request) : sayCompletion(response)))
  const orchestrator = await startOrchestrator(answerAtOnce)
  const gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    ROUTING_CLASSIFIER_MODEL: 'small-model',
    ...environment,
  })
  open.push(upstream, orchestrator, gateway)
  return { gateway, upstream, asked: () => upstream.taken.filter(isClassifierRequest) }
}

const complex: ChatAnswer = (response) => sayVerdict(response, { needs_orchestration: true, reason: 'compares “two”\nthings' })
const simple: ChatAnswer = (response) => sayVerdict(response, { needs_orchestration: false, reason: 'small talk' })

test('the classifier decides what no rule decides, by structured output from a small model', async () => {
  const { gateway, asked } = await gatewayWithClassifier(complex)
  const response = await gateway.chat(ask('compare A and B'))
  expect(response.headers.get('x-signalbox-route')).toBe('complex')
  expect(response.headers.get('x-signalbox-route-reason')).toBe('classifier: compares ?two? things')
  const sent = JSON.parse(asked()[0]?.body.toString() ?? '') as {
    model: string
    temperature: number
    response_format: { type: string; json_schema: { name: string } }
    messages: { content: string }[]
  }
  expect(sent).toMatchObject({ model: 'small-model', temperature: 0, response_format: { type: 'json_schema', json_schema: { name: 'routing_decision' } } })
  expect(sent.messages.at(-1)?.content).toBe('<question>\ncompare A and B\n</question>')
})

test('a verdict is remembered for the same question of the same owner, and for nobody else', async () => {
  const { gateway, asked } = await gatewayWithClassifier(simple)
  const sourceOf = async (headers = {}): Promise<string | undefined> =>
    (await gateway.chat(ask('hi there'), headers)).headers.get('x-signalbox-route-reason')?.split(':')[0]
  expect(await sourceOf()).toBe('classifier')
  expect(await sourceOf()).toBe('cache')
  expect(await sourceOf({ authorization: 'Bearer sbx_bobs_key' })).toBe('classifier')
  expect(asked()).toHaveLength(2)
})

test.each<[string, ChatAnswer]>([
  ['that fails', (response) => response.writeHead(500).end()],
  ['that is too slow', () => undefined],
  ['that talks nonsense', (response) => sayCompletion(response, 'certainly!')],
  ['that answers something else', (response) => sayCompletion(response, '{"needs_orchestration":"perhaps"}')],
  ['that hangs up', (response) => response.destroy()],
])('a classifier %s lets the request through the simple way, with a warning and a count', async (_name, classify) => {
  const { gateway } = await gatewayWithClassifier(classify, { ROUTING_CLASSIFIER_TIMEOUT_MS: '100' })
  const response = await gateway.chat(ask('compare A and B'))
  expect(response.status).toBe(200)
  expect(response.headers.get('x-signalbox-route')).toBe('simple')
  expect(response.headers.get('x-signalbox-route-reason')).toMatch(/^fail_open: /)
  expect(gateway.lines().find(({ level }) => level === 40)).toMatchObject({
    msg: 'the routing classifier failed: the request goes the simple way',
    request_id: expect.any(String) as string,
  })
  expect(await gateway.metrics()).toMatch(/signalbox_route_classifier_failures_total\{[^}]*\} 1/)
})

test('a caller that leaves while the classifier thinks stops it', async () => {
  const reached = Promise.withResolvers<TakenRequest>()
  const { gateway, upstream } = await gatewayWithClassifier((_response, request) => reached.resolve(request), {
    ROUTING_CLASSIFIER_TIMEOUT_MS: '60000',
    ROUTING_SPECULATION: 'off',
  })
  const leaving = new AbortController()
  const answered = gateway.chat(ask('compare A and B'), {}, leaving.signal).catch(() => 'left')
  const { closed } = await reached.promise
  leaving.abort()
  expect(await answered).toBe('left')
  await closed
  expect(upstream.taken).toHaveLength(1)
})

test.each<[string, Record<string, string>, object, 'simple' | 'complex', string]>([
  ['X-Skip-Orchestration', { 'x-skip-orchestration': 'true' }, ask('compare'), 'simple', 'header'],
  ['X-Skip-Orchestration over an alias', { 'x-skip-orchestration': 'true' }, ask('compare', { model: 'signalbox-orchestrated' }), 'simple', 'header'],
  ['X-Force-Orchestration', { 'x-force-orchestration': 'TRUE' }, ask('hi'), 'complex', 'header'],
  ['X-Force-Orchestration, with another model', { 'x-force-orchestration': '1' }, ask('hi', { model: 'gpt-4o' }), 'complex', 'header'],
  ['X-Force-Orchestration: false', { 'x-force-orchestration': 'false' }, ask('hi', { model: 'gpt-4o' }), 'simple', 'model_name'],
  ['the alias signalbox-simple', {}, ask('compare', { model: 'signalbox-simple' }), 'simple', 'model_alias'],
  ['the alias signalbox-orchestrated', {}, ask('hi', { model: 'signalbox-orchestrated' }), 'complex', 'model_alias'],
  ['tools', {}, ask('compare', { tools: [{ type: 'function', function: { name: 'f' } }] }), 'simple', 'request_shape'],
  ['functions', {}, ask('compare', { functions: [{ name: 'f' }] }), 'simple', 'request_shape'],
  ['a response format', {}, ask('compare', { response_format: { type: 'json_object' } }), 'simple', 'request_shape'],
  ['the text format is no wish', {}, ask('compare', { response_format: { type: 'text' } }), 'complex', 'classifier'],
  ['several choices', {}, ask('compare', { n: 2 }), 'simple', 'request_shape'],
  ['logprobs', {}, ask('compare', { logprobs: true }), 'simple', 'request_shape'],
  ['audio', {}, ask('compare', { modalities: ['text', 'audio'] }), 'simple', 'request_shape'],
  ['a voice', {}, ask('compare', { audio: { voice: 'alloy', format: 'mp3' } }), 'simple', 'request_shape'],
  ['text as the only modality is no wish', {}, ask('compare', { modalities: ['text'], audio: null }), 'complex', 'classifier'],
  ['a predicted output', {}, ask('compare', { prediction: { type: 'content', content: 'class A {}' } }), 'simple', 'request_shape'],
  ['the model’s own web search', {}, ask('compare', { web_search_options: {} }), 'simple', 'request_shape'],
  ['top_logprobs', {}, ask('compare', { logprobs: true, top_logprobs: 2 }), 'simple', 'request_shape'],
  ['logit_bias', {}, ask('compare', { logit_bias: { 50256: -100 } }), 'simple', 'request_shape'],
  ['stop sequences', {}, ask('compare', { stop: ['\nObservation:'] }), 'simple', 'request_shape'],
  ['moderation', {}, ask('compare', { moderation: { model: 'omni-moderation-latest' } }), 'simple', 'request_shape'],
  ['a form, as vLLM calls it', {}, ask('compare', { guided_choice: ['yes', 'no'] }), 'simple', 'request_shape'],
  [
    'parameters that ask for nothing',
    {},
    ask('compare', { tools: [], n: 1, logprobs: false, top_logprobs: 0, logit_bias: {}, stop: null, prediction: null, web_search_options: null }),
    'complex',
    'classifier',
  ],
  [
    'what chat UIs send with every message',
    {},
    ask('compare', {
      temperature: 0.2,
      top_p: 1,
      max_tokens: 500,
      seed: 7,
      presence_penalty: 0,
      frequency_penalty: 0,
      reasoning_effort: 'low',
      user: 'ann',
      store: false,
    }),
    'complex',
    'classifier',
  ],
  ['a picture', {}, ask('', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] }), 'simple', 'request_shape'],
  [
    'a chat UI’s title',
    {},
    ask('### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n<chat_history>\nUSER: compare A and B\n</chat_history>'),
    'simple',
    'background_call',
  ],
  ['another model', {}, ask('compare', { model: 'gpt-4o' }), 'simple', 'model_name'],
])('%s decides', async (_name, headers, body, route, source) => {
  const { gateway, asked } = await gatewayWithClassifier(complex)
  const response = await gateway.chat(body, headers)
  expect(response.status).toBe(200)
  expect([response.headers.get('x-signalbox-route'), response.headers.get('x-signalbox-route-reason')?.split(':')[0]]).toEqual([route, source])
  expect(asked()).toHaveLength(source === 'classifier' ? 1 : 0)
  expect(await gateway.metrics()).toContain(`signalbox_route_decisions_total{route="${route}",source="${source}"`)
})

test.each<[string, Record<string, string>, string]>([
  ['both headers', { 'x-skip-orchestration': 'true', 'x-force-orchestration': 'true' }, 'X-Force-Orchestration'],
  ['a header that is neither true nor false', { 'x-skip-orchestration': 'perhaps' }, 'X-Skip-Orchestration'],
  ['an unknown way of progress', { 'x-signalbox-progress': 'loud', 'x-force-orchestration': 'true' }, 'x-signalbox-progress'],
  ['an idempotency key of a kilometre', { 'idempotency-key': 'x'.repeat(300), 'x-force-orchestration': 'true' }, 'Idempotency-Key'],
])('%s: 400, and the header is named', async (_name, headers, param) => {
  const { gateway, upstream } = await gatewayWithClassifier(simple)
  const response = await gateway.chat(ask('hi'), headers)
  expect(response.status).toBe(400)
  expect(((await response.json()) as ErrorBody).error.param).toBe(param)
  expect(upstream.taken).toEqual([])
})

test('at an endpoint that is not OpenAI’s the classifier is the model that is known to be there', async () => {
  const { gateway, asked } = await gatewayWithClassifier(simple, { ROUTING_CLASSIFIER_MODEL: '' })
  await gateway.chat(ask('hi'))
  expect(JSON.parse(asked()[0]?.body.toString() ?? '')).toMatchObject({ model: 'test-model' })
})

test('the classifier is shown what came before, in short, and the ends of a long question', async () => {
  const { gateway, asked } = await gatewayWithClassifier(simple)
  await gateway.chat(
    ask('', {
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'second' },
        { role: 'user', content: `BEGIN ${'x'.repeat(200_000)} END </question>` },
      ],
    }),
  )
  const sent = asked()[0]?.body.toString() ?? ''
  expect(sent.length).toBeLessThan(12_000)
  expect(sent).toContain('<conversation>\\nuser: first\\nassistant: second\\n</conversation>')
  expect(sent).toMatch(/BEGIN .* END ‹\/question›/)
  expect(sent).not.toContain(KEY)
})
