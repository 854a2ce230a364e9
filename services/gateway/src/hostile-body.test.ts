import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { approvalOf } from './fixtures/approval.ts'
import { HELLO, KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { AUTHORIZED, chatOf, exchange, headOf, JSON_BODY } from './fixtures/raw-http.ts'
import { isClassifierRequest, sayCompletion, sayVerdict, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

const OPERATOR = 'sbx_adams_admin_key'
const SESSION = 'ses_00000000000000000000000000'
const LIMIT = 65_536

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startUpstream((response, request) =>
    isClassifierRequest(request) ? sayVerdict(response, { needs_orchestration: false, reason: 'small' }) : sayCompletion(response),
  )
  orchestrator = await startOrchestrator((session) => session.say({ type: 'session.completed', usage: session.view.usage, citations: [] }))
  gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    SIGNALBOX_OPERATOR_KEYS: `adam:admin:${OPERATOR}`,
    MAX_BODY_BYTES: String(LIMIT),
  })
})

beforeEach(() => {
  upstream.taken.length = 0
  orchestrator.sessions.clear()
  orchestrator.approvals.set('apr_1', approvalOf({ id: 'apr_1', requested_by: 'ann' }))
})

afterAll(async () => {
  // Whatever was sent, nothing surprised anybody.
  const failures = gateway?.lines().filter(({ level, status }) => level === 'error' || Number(level) >= 50 || Number(status) >= 500)
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
  expect(failures).toEqual([])
})

const DOORS = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/route',
  `/v1/dead-letters/${SESSION}/redrive`,
  `/v1/sessions/${SESSION}/input`,
  '/v1/approvals/decisions',
  '/v1/approvals/apr_1/decision',
  '/v1/approvals/apr_1/extend',
] as const

const nested = (open: string, close: string, levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`

describe.each(DOORS)('%s', (path) => {
  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['blanks', ' \n\t '],
    ['half an object', '{"model":'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"model":"m",}'],
    ['single quotes', "{'model':'m'}"],
    ['a comment', '{/* */"model":"m"}'],
    ['NaN', '{"model":NaN}'],
    ['a number', '7'],
    ['a string', '"hello"'],
    ['null', 'null'],
    ['true', 'true'],
    ['an array', '[]'],
    ['an array of requests', `[${JSON.stringify(HELLO)}]`],
    ['an empty object with a NUL behind it', '{}\0'],
    ['UTF-16', Buffer.from('\ufeff{"model":"m"}', 'utf16le')],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])],
    ['an overlong coding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d])],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d])],
    ['arrays 20,000 deep', nested('[', ']', 20_000)],
    ['objects 8,000 deep', nested('{"a":', '}', 8_000)],
    ['objects 8,000 deep that do not end', '{"a":'.repeat(8_000)],
    ['a key of 60 kB', `{"${'x'.repeat(60_000)}":1}`],
    ['8,000 keys', `{${Array.from({ length: 8_000 }, (_, index) => `"${index}":1`).join()}}`],
    ['160,000 keys', `{${Array.from({ length: 160_000 }, (_, index) => `"${index}":1`).join()}}`],
    ['a prototype', '{"__proto__":{"model":"m","messages":[]},"constructor":{"prototype":{"polluted":1}}}'],
  ])('%s: a 4xx in OpenAI’s shape', async (_name, body) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${OPERATOR}`, 'content-type': 'application/json', 'if-match': '"1"' },
      body: body as string,
    })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    const { error } = (await response.json()) as ErrorBody
    expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type'])
    expect(error.message.length).toBeLessThan(500)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(upstream.taken).toEqual([])
  })

  test.each<[string, Record<string, string>]>([
    ['no type', { 'content-type': '' }],
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['nearly JSON', { 'content-type': 'application/jsonp' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['gzip after all', { 'content-encoding': 'identity, gzip' }],
    ['br', { 'content-encoding': 'BR' }],
  ])('a body that is %s is refused before it is read', async (_name, headers) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${OPERATOR}`, 'content-type': 'application/json', 'if-match': '"1"', ...headers },
      body: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
    })
    expect([404, 405, 415]).toContain(response.status)
  })
})

describe('what two readers could read differently', () => {
  test('a key said twice: the last counts here, and the upstream is sent both with our choice of model in each', async () => {
    const body = `{"model":"signalbox-simple","messages":[{"role":"user","content":"first"}],"model":"signalbox-simple","messages":[{"role":"user","content":"last"}]}`
    expect((await gateway.chat(body)).status).toBe(200)
    expect(upstream.taken[0]?.body.toString()).toBe(body.replaceAll('signalbox-simple', 'test-model'))
  })

  test.each(['signalbox-simple', 'gpt-4o-mini'])('of two models the last, %s, is judged, and no upstream reads the first', async (last) => {
    await gateway.chat(`{"model":"gpt-99-expensive","messages":[{"role":"user","content":"x"}],"model":"${last}"}`, { 'x-skip-orchestration': 'true' })
    const sent = upstream.taken[0]?.body.toString() ?? ''
    expect([...sent.matchAll(/"model":"([^"]*)"/g)].map(([, model]) => model)).toEqual(last === 'gpt-4o-mini' ? [last, last] : ['test-model', 'test-model'])
  })

  test('a key in escapes is the same key', async () => {
    const body = String.raw`{"\u006dodel":"signalbox-simple","messages":[{"role":"user","content":"x"}]}`
    expect((await gateway.chat(body)).status).toBe(200)
    expect(JSON.parse(upstream.taken[0]?.body.toString() ?? '')).toMatchObject({ model: 'test-model' })
  })

  test('a prototype goes upstream as it came, and changes nothing here', async () => {
    const body = '{"model":"signalbox-simple","__proto__":{"stream":true,"n":5},"messages":[{"role":"user","content":"x","__proto__":{"role":"system"}}]}'
    const response = await gateway.chat(body)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(upstream.taken[0]?.body.toString()).toBe(body.replace('signalbox-simple', 'test-model'))
  })

  test('a byte order mark is taken off', async () => {
    expect((await gateway.chat(`\ufeff${JSON.stringify(HELLO)}`)).status).toBe(200)
    expect(upstream.taken[0]?.body[0]).toBe(0x7b)
  })
})

describe('text that not everybody can keep', () => {
  const odd = String.raw`a\u0000b\ud800c\udc00\ud83d\ude00\uffff\u202e\u2028`

  test('goes the simple way byte for byte', async () => {
    const body = `{"model":"signalbox-simple","messages":[{"role":"user","content":"${odd}"}],"user":"${odd}"}`
    expect((await gateway.chat(body)).status).toBe(200)
    expect(upstream.taken[0]?.body.toString()).toBe(body.replace('signalbox-simple', 'test-model'))
  })

  test('goes to a classifier and back without a fault', async () => {
    const body = `{"model":"signalbox-auto","messages":[{"role":"system","content":"${odd}"},{"role":"user","content":"${odd} which of the two?"}]}`
    expect((await gateway.chat(body)).status).toBe(200)
  })

  test('is cleaned before it goes the complex way, in every turn', async () => {
    const turns = ['system', 'user', 'assistant', 'user'].map((role) => `{"role":"${role}","content":[{"type":"text","text":"${odd}"}]}`)
    expect((await gateway.chat(`{"model":"signalbox-orchestrated","messages":[${turns.join()}]}`)).status).toBe(200)
    const [session] = orchestrator.sessions.values()
    const sent = JSON.stringify(session?.message.parts)
    expect(sent).not.toMatch(/\\u0000|\\ud800(?!\\u)/)
    expect(session?.message.parts[0]).toEqual({ kind: 'text', text: 'ab\ufffdc\ufffd😀\uffff\u202e\u2028' })
  })

  test('in what a person decides, answers or redrives it is refused by name: what is kept must be what was said', async () => {
    const post = async (path: string, body: string): Promise<[number, string | null]> => {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'authorization': `Bearer ${OPERATOR}`, 'content-type': 'application/json', 'if-match': '"1"' },
        body,
      })
      return [response.status, ((await response.json()) as ErrorBody).error.param]
    }
    expect(await post('/v1/approvals/apr_1/decision', String.raw`{"decision":"reject","reason":"no\u0000"}`)).toEqual([400, 'reason'])
    expect(await post('/v1/approvals/apr_1/decision', String.raw`{"decision":"edit","reason":"so","edited_args":{"a":[1,{"b":"x\ud800"}]}}`)).toEqual([
      400,
      'edited_args.a[1].b',
    ])
    expect(await post('/v1/approvals/apr_1/decision', String.raw`{"decision":"edit","reason":"so","edited_args":{"a\u0000":1}}`)).toEqual([400, 'edited_args'])
    expect(await post(`/v1/sessions/${SESSION}/input`, String.raw`{"text":"\udc00"}`)).toEqual([400, 'text'])
    expect(await post(`/v1/dead-letters/${SESSION}/redrive`, String.raw`{"node":"a","instruction":"x\u0000"}`)).toEqual([400, 'instruction'])
  })

  test('a NUL in a query is the caller’s fault', async () => {
    const response = await gateway.get('/v1/sessions?q=a%00b', { headers: { authorization: `Bearer ${OPERATOR}` } })
    expect([response.status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, 'q'])
  })
})

describe('size', () => {
  const padded = (size: number): string => {
    const head = '{"model":"signalbox-simple","messages":[{"role":"user","content":"'
    const tail = '"}]}'
    return `${head}${'x'.repeat(size - head.length - tail.length)}${tail}`
  }

  test('the largest body that is taken is taken, and one byte more is not', async () => {
    expect((await gateway.chat(padded(LIMIT))).status).toBe(200)
    const answer = await exchange(gateway.url, chatOf(padded(LIMIT + 1)))
    expect(answer.status).toBe(413)
    expect(answer.headers['connection']).toBe('close')
    expect(answer.error()).toMatchObject({ code: 'payload_too_large', param: null })
  })

  test.each<[string, (body: Buffer) => Buffer[]]>([
    ['in one chunk', (body) => [body]],
    ['in chunks of 1 kB', (body) => Array.from({ length: Math.ceil(body.length / 1_024) }, (_, index) => body.subarray(index * 1_024, (index + 1) * 1_024))],
    ['in chunks of a byte', (body) => [...body].map((byte) => Buffer.from([byte]))],
  ])('the same without a length, %s', async (_name, cut) => {
    const send = (body: string): Promise<{ status: number; headers: Record<string, string> }> => {
      const chunks = cut(Buffer.from(body)).map((chunk) => Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]))
      const head = Buffer.from(`${headOf('POST /v1/chat/completions')}${JSON_BODY}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`)
      return exchange(gateway.url, Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')]))
    }
    expect((await send(padded(LIMIT))).status).toBe(200)
    expect(upstream.taken[0]?.body.toString()).toBe(padded(LIMIT).replace('signalbox-simple', 'test-model'))
    const refused = await send(padded(LIMIT + 1))
    expect([refused.status, refused.headers['connection']]).toEqual([413, 'close'])
  })

  test('the next request of a client that keeps its connections is not hurt by a refusal', async () => {
    for (let round = 0; round < 10; round++) {
      expect((await gateway.chat(padded(LIMIT * 4))).status).toBe(413)
      expect((await gateway.chat(HELLO)).status).toBe(200)
    }
  })

  test('trailers behind the chunks set nothing', async () => {
    const chunk = JSON.stringify(HELLO)
    const answer = await exchange(
      gateway.url,
      `${headOf('POST /v1/chat/completions', JSON_BODY)}Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n${AUTHORIZED}\r\n`,
    )
    expect(answer.status).toBe(401)
    expect(answer.text).not.toContain(KEY)
  })
})
