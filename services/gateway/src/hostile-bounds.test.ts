import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { sayCompletion, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

const OPERATOR = 'sbx_adams_admin_key'
const SESSION = 'ses_00000000000000000000000000'
const MESSAGES = [{ role: 'user', content: 'x' }]
const TOOL = { type: 'function', function: { name: 'f' } }

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway
let seed = 0

beforeAll(async () => {
  upstream = await startUpstream((response) => sayCompletion(response))
  orchestrator = await startOrchestrator((session) => session.say({ type: 'session.completed', usage: session.view.usage, citations: [] }))
  gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    SIGNALBOX_OPERATOR_KEYS: `adam:admin:${OPERATOR}`,
  })
})

beforeEach(() => void (upstream.taken.length = 0))

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

const letters = (count: number): string => 'x'.repeat(count)
const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item)
const record = (count: number): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))

describe('of a chat request’s body: the last that is taken, and the first that is not', () => {
  test.each<[param: string, taken: object, refused: object]>([
    ['model', { model: letters(256) }, { model: letters(257) }],
    ['messages', { messages: many(10_000, MESSAGES[0]) }, { messages: many(10_001, MESSAGES[0]) }],
    ['temperature', { temperature: 2 }, { temperature: 2.000001 }],
    ['temperature', { temperature: 0 }, { temperature: -0.000001 }],
    ['top_p', { top_p: 1 }, { top_p: 1.01 }],
    ['n', { n: 128 }, { n: 129 }],
    ['n', { n: 1 }, { n: 0 }],
    ['n', { n: null }, { n: 1.5 }],
    ['max_tokens', { max_tokens: 10_000_000 }, { max_tokens: 10_000_001 }],
    ['max_completion_tokens', { max_completion_tokens: 1 }, { max_completion_tokens: 0 }],
    ['presence_penalty', { presence_penalty: 2 }, { presence_penalty: 2.1 }],
    ['frequency_penalty', { frequency_penalty: -2 }, { frequency_penalty: -2.1 }],
    ['logit_bias.5', { logit_bias: { 5: 100 } }, { logit_bias: { 5: 101 } }],
    ['top_logprobs', { top_logprobs: 20 }, { top_logprobs: 21 }],
    ['stop', { stop: many(16, 'x') }, { stop: many(17, 'x') }],
    ['seed', { seed: 2 ** 53 }, { seed: 1e300 }],
    ['seed', { seed: -(2 ** 63) }, { seed: 0.5 }],
    ['user', { user: letters(1_024) }, { user: letters(1_025) }],
    ['metadata', { metadata: record(16) }, { metadata: record(17) }],
    ['metadata.k', { metadata: { k: letters(512) } }, { metadata: { k: letters(513) } }],
    ['tools', { tools: many(512, TOOL) }, { tools: many(513, TOOL) }],
    [
      'tools[0].function.name',
      { tools: [{ type: 'function', function: { name: letters(256) } }] },
      { tools: [{ type: 'function', function: { name: letters(257) } }] },
    ],
    ['modalities', { modalities: many(8, 'text') }, { modalities: many(9, 'text') }],
    ['reasoning_effort', { reasoning_effort: letters(64) }, { reasoning_effort: letters(65) }],
    [
      'messages[0].content',
      { messages: [{ role: 'user', content: many(2_048, { type: 'text', text: 'x' }) }] },
      { messages: [{ role: 'user', content: many(2_049, { type: 'text', text: 'x' }) }] },
    ],
  ])('%s', async (param, taken, refused) => {
    const body = { model: 'test-model', messages: MESSAGES }
    expect((await gateway.chat({ ...body, ...taken })).status).toBe(200)
    expect(upstream.taken).toHaveLength(1)
    const response = await gateway.chat({ ...body, ...refused })
    expect([response.status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, param])
    expect(upstream.taken).toHaveLength(1)
  })

  test.each<[string, string]>([
    ['a number past every number', '"temperature":1e999'],
    ['the largest number for n', '"n":1.7976931348623157e308'],
    ['a negative infinity', '"seed":-1e999'],
    ['an array that says how long it is', '"tools":{"length":1000000000}'],
    ['a number as text', '"n":"5"'],
    ['a yes as text', '"stream":"true"'],
    ['a big integer in quotes', '"max_tokens":"99999999999999999999"'],
    ['depth 65', `"x":${'['.repeat(64)}${']'.repeat(64)}`],
  ])('%s: 400', async (_name, field) => {
    const response = await gateway.chat(`{"model":"test-model","messages":[{"role":"user","content":"x"}],${field}}`)
    expect(response.status).toBe(400)
    expect(upstream.taken).toEqual([])
  })

  test('a schema with a regular expression or a circle in it is the model’s business: nothing of it is run or followed', async () => {
    const parameters = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(a+)+$' }, b: { $ref: '#/properties/b' } },
      $defs: { c: { $ref: '#/$defs/c' } },
    }
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: parameters } }
    expect(
      (
        await gateway.chat({
          model: 'test-model',
          messages: MESSAGES,
          tools: [{ type: 'function', function: { name: 'f', parameters } }],
          response_format: format,
        })
      ).status,
    ).toBe(200)
  })
})

describe('of headers', () => {
  test.each<[header: string, taken: string, refused: string]>([
    ['idempotency-key', letters(255), letters(256)],
    ['x-signalbox-budget-tokens', '1000000000', '1000000001'],
    ['x-signalbox-budget-tokens', '1', '0'],
    ['x-signalbox-budget-tokens', '5', '5.5'],
    ['x-signalbox-budget-tokens', '5', '1e3'],
    ['x-signalbox-budget-usd', '1000000', '1000000.01'],
    ['x-signalbox-budget-usd', '0.000000001', '0'],
    ['x-signalbox-budget-usd', '0.5', '-0.5'],
    ['x-signalbox-budget-usd', '1', 'Infinity'],
    ['x-signalbox-deadline-s', '86400', '86401'],
    ['x-signalbox-deadline-s', '0.001', '0'],
    ['x-signalbox-progress', 'none', 'all'],
    ['x-signalbox-approval', 'return', 'skip'],
    ['x-signalbox-on-disconnect', 'cancel', 'explode'],
  ])('%s: the last that is taken, and the first that is not', async (header, taken, refused) => {
    const ask = (value: string): Promise<Response> => gateway.chat({ model: 'signalbox-orchestrated', messages: MESSAGES, seed: ++seed }, { [header]: value })
    expect((await ask(taken)).status).toBe(200)
    const response = await ask(refused)
    expect([response.status, ((await response.json()) as ErrorBody).error.param?.toLowerCase()]).toEqual([400, header])
  })

  test.each([
    ['prefer', 'wait=999999999'],
    ['prefer', 'wait=-1'],
    ['prefer', 'wait=1e9'],
    ['x-stainless-retry-count', '99999999999'],
    ['traceparent', `00-${letters(32)}-${letters(16)}-01`],
    ['tracestate', letters(10_000)],
    ['x-request-id', letters(129)],
    ['x-stainless-timeout', '1e999'],
  ])('%s: %s means nothing, and harms nothing', async (header, value) => {
    const response = await gateway.chat({ model: 'signalbox-orchestrated', messages: MESSAGES, seed: ++seed }, { [header]: value })
    expect(response.status).toBe(200)
    expect((response.headers.get('x-request-id') ?? '').length).toBeLessThan(64)
  })
})

describe('of queries', () => {
  test.each<[path: string, param: string, taken: string, refused: string]>([
    ['/v1/sessions', 'limit', '100', '101'],
    ['/v1/sessions', 'limit', '1', '0'],
    ['/v1/sessions', 'limit', '1', '1.5'],
    ['/v1/sessions', 'cursor', letters(512), letters(513)],
    ['/v1/sessions', 'q', letters(200), letters(201)],
    ['/v1/dead-letters', 'limit', '100', '1e3'],
    ['/v1/approvals', 'limit', '100', '101'],
    ['/v1/approvals', 'q', letters(200), letters(201)],
    ['/v1/audit', 'limit', '1', 'many'],
    ['/v1/deliveries', 'limit', '1', '-1'],
    [`/v1/sessions/${SESSION}/events`, 'after', '999999999999999', '1000000000000000'],
    [`/v1/sessions/${SESSION}/events`, 'after', '0', '-1'],
  ])('%s?%s: the last that is taken, and the first that is not', async (path, param, taken, refused) => {
    const ask = (value: string): Promise<Response> => gateway.get(`${path}?${param}=${value}`, { headers: { authorization: `Bearer ${OPERATOR}` } })
    expect([200, 404]).toContain((await ask(taken)).status)
    const response = await ask(refused)
    expect([response.status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, param])
  })

  test.each(['x', '-1', '1000000000000000', '1.5'])('a Last-Event-ID of %s is refused', async (id) => {
    const response = await gateway.get(`/v1/sessions/${SESSION}/events`, { headers: { 'last-event-id': id } })
    expect(response.status).toBe(400)
  })
})

describe('of what people decide', () => {
  test.each<[path: string, param: string, refused: object]>([
    ['/v1/approvals/apr_1/decision', 'reason', { decision: 'reject', reason: letters(100_000) }],
    ['/v1/approvals/apr_1/decision', 'args_sha256', { decision: 'approve', args_sha256: letters(64) }],
    ['/v1/approvals/apr_1/extend', 'seconds', { seconds: 7 * 86_400 + 1 }],
    ['/v1/approvals/apr_1/extend', 'seconds', { seconds: 0 }],
    ['/v1/approvals/apr_1/extend', 'seconds', { seconds: 1e308 }],
    ['/v1/approvals/decisions', 'items', { decision: 'reject', items: many(1_000, { id: 'apr_1', version: 1 }) }],
    ['/v1/approvals/decisions', 'items[0].version', { decision: 'reject', items: [{ id: 'apr_1', version: 2 ** 60 }] }],
    [`/v1/sessions/${SESSION}/input`, 'text', { text: letters(20_001) }],
    [`/v1/sessions/${SESSION}/input`, 'key', { text: 'x', key: letters(301) }],
    [`/v1/dead-letters/${SESSION}/redrive`, 'budget.tokens', { budget: { tokens: 1e10 } }],
    [`/v1/dead-letters/${SESSION}/redrive`, 'budget.usd', { budget: { usd: -1 } }],
    [`/v1/dead-letters/${SESSION}/redrive`, 'node', { node: letters(65) }],
  ])('%s: %s', async (path, param, body) => {
    const response = await gateway.get(path, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${OPERATOR}`, 'content-type': 'application/json', 'if-match': '"1"' },
      body: JSON.stringify(body),
    })
    const { status } = response
    // Larger than any such body needs to be is refused before it is read.
    if (status === 413) return
    expect([status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, param])
  })
})

test('a caller cannot choose where the gateway calls', async () => {
  const before = upstream.taken.length
  for (const more of [
    { base_url: 'http://127.0.0.1:9' },
    { api_base: 'http://127.0.0.1:9' },
    { callback_url: 'http://127.0.0.1:9' },
    { webhook: 'http://127.0.0.1:9' },
  ])
    expect((await gateway.chat({ model: 'test-model', messages: MESSAGES, ...more })).status).toBe(200)
  for (const header of [
    'x-upstream-url',
    'x-portkey-custom-host',
    'x-forwarded-host',
    'forwarded',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
  ])
    expect((await gateway.chat({ model: 'test-model', messages: MESSAGES }, { [header]: 'http://127.0.0.1:9/metrics' })).status).toBe(200)
  expect(upstream.taken).toHaveLength(before + 11)
  expect(new Set(upstream.taken.map(({ headers }) => headers.host)).size).toBe(1)
  expect(JSON.stringify(upstream.taken.map(({ headers }) => headers))).not.toContain(KEY)
})
