import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'

import { NO_USAGE } from '@signalbox/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HELLO, KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { sayCompletion, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startUpstream((response) => sayCompletion(response))
  orchestrator = await startOrchestrator()
  gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, CORS_ORIGINS: 'https://chat.example.com' })
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

describe('keys', () => {
  test.each<[string, Record<string, string>]>([
    ['no key', { authorization: '' }],
    ['a wrong key', { authorization: 'Bearer sbx_wrong' }],
    ['a key that is nearly right', { authorization: `Bearer ${KEY}x` }],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['no scheme', { authorization: KEY }],
    ['two keys in one', { authorization: `Bearer ${KEY}, Bearer ${KEY}` }],
    ['SQL', { authorization: "Bearer ' OR pg_sleep(8)--" }],
  ])('%s: 401 in OpenAI’s shape', async (_name, headers) => {
    const response = await gateway.chat(HELLO, headers)
    expect(response.status).toBe(401)
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key', param: 'Authorization' })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('two Authorization headers: 401, though both are right', async () => {
    const head = `GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nAuthorization: Bearer ${KEY}\r\nConnection: close\r\n\r\n`
    expect(await rawExchange(head)).toMatch(/^HTTP\/1.1 401 /)
  })

  test('a key is needed for everything under /v1, and for nothing else', async () => {
    const bare = (path: string): Promise<Response> => fetch(`${gateway.url}${path}`)
    expect((await bare('/healthz')).status).toBe(200)
    expect((await bare('/v1/models')).status).toBe(401)
    expect((await bare('/v1/sessions')).status).toBe(401)
    expect((await bare('/v1/whatever')).status).toBe(401)
  })
})

describe('bad input', () => {
  const nested = `{"model":"signalbox-auto","messages":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
  test.each<[string, string | Uint8Array, Record<string, string>, number, string | null]>([
    ['malformed JSON', '{"model": "signalbox-auto", ', {}, 400, null],
    ['an empty body', '', {}, 400, null],
    ['a body that is an array', '[]', {}, 400, null],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, null],
    ['wrong types', '{"model":"signalbox-auto","messages":"hello"}', {}, 400, 'messages'],
    [
      'a wrong type far inside',
      '{"model":"signalbox-auto","messages":[{"role":"user","content":[{"type":"text","text":5}]}]}',
      {},
      400,
      'messages[0].content[0].text',
    ],
    ['empty messages', '{"model":"signalbox-auto","messages":[]}', {}, 400, 'messages'],
    ['an unknown role', '{"model":"signalbox-auto","messages":[{"role":"king","content":"x"}]}', {}, 400, 'messages[0].role'],
    ['an unknown model of ours', '{"model":"signalbox-atuo","messages":[{"role":"user","content":"x"}]}', {}, 404, 'model'],
    ['a depth of 10,000', nested, {}, 400, 'messages'],
    ['a form', 'model=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'Content-Type'],
    ['a compressed body', 'x', { 'content-encoding': 'gzip' }, 415, 'Content-Encoding'],
    ['10 MB', new Uint8Array(10_000_000).fill(0x20), {}, 413, null],
  ])('%s: a 4xx that names the field, at once', async (_name, body, headers, status, param) => {
    await gateway.chat('{}')
    const startedAt = performance.now()
    const response = await gateway.chat(body, headers)
    const milliseconds = performance.now() - startedAt
    expect(response.status).toBe(status)
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ type: 'invalid_request_error', param })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    // The promise is 50 ms; the rest is for a busy machine.
    expect(milliseconds).toBeLessThan(300)
    expect((await gateway.chat(HELLO)).status).toBe(200)
  })

  test('a body that says it is too large is refused before any of it is there', async () => {
    expect(await rawExchange(`${toPostHead('/v1/chat/completions')}Content-Length: 10000000\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /)
  })

  test.each(['/v1/chat/completions', '/v1/dead-letters/ses_00000000000000000000000000/redrive'])(
    'a caller that sends all of its 10 MB to %s before it listens still hears why it was refused',
    async (path) => {
      const body = Buffer.alloc(10_000_000, 0x20)
      const answer = await rawExchange(Buffer.concat([Buffer.from(`${toPostHead(path)}Content-Length: ${body.length}\r\n\r\n`), body]))
      expect(answer).toMatch(/^HTTP\/1.1 413 /)
      expect(answer).toContain('connection: close')
      expect(answer).toContain('payload_too_large')
    },
  )

  test('a body without end is refused when it has become too large', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, 0x20)
      })(),
    )
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        `${gateway.url}/v1/chat/completions`,
        { method: 'POST', headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json' } },
        (response) => {
          resolve(response.statusCode)
          request.destroy()
        },
      )
      request.once('error', reject)
      endless.pipe(request)
    })
    expect(status).toBe(413)
  })

  test('a caller that leaves in the middle of its body harms nobody', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.end(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"model"`,
    )
    await new Promise((resolve) => socket.once('close', resolve).resume())
    expect((await gateway.chat(HELLO)).status).toBe(200)
  })

  test('a header’s odd bytes reach no header of ours', async () => {
    const response = await gateway.chat(HELLO, { 'x-request-id': 'a b"\u00fc' })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })
})

describe('paths and methods', () => {
  test('what is not there is a 404, what is not allowed a 405 that says what is', async () => {
    const missing = await gateway.get('/v1/whatever')
    expect(missing.status).toBe(404)
    expect(((await missing.json()) as ErrorBody).error).toMatchObject({ code: 'not_found' })
    for (const [path, method, allow] of [
      ['/v1/chat/completions', 'GET', 'POST, OPTIONS'],
      ['/v1/models', 'POST', 'GET, HEAD, OPTIONS'],
      ['/v1/sessions/x', 'PUT', 'GET, HEAD, DELETE, OPTIONS'],
    ] as const) {
      const response = await gateway.get(path, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
      expect(((await response.json()) as ErrorBody).error.code).toBe('method_not_allowed')
    }
    expect((await gateway.get('/v1/models', { method: 'HEAD' })).status).toBe(200)
  })

  test('a page of a configured origin may ask; no other may', async () => {
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-session-id' },
      })
    const allowed = await preflight('https://chat.example.com')
    expect(allowed.status).toBe(204)
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://chat.example.com',
      'access-control-allow-headers': 'authorization,x-session-id',
      'vary': 'origin',
    })
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    const answer = await gateway.chat(HELLO, { origin: 'https://chat.example.com' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://chat.example.com')
  })
})

describe('models', () => {
  test('the list is the aliases, then the upstream’s, and the official client reads it', async () => {
    const models = await gateway.client.models.list()
    expect(models.data.map(({ id }) => id)).toEqual(['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated', 'test-model', 'org/other'])
    expect(await gateway.client.models.retrieve('test-model')).toEqual({ id: 'test-model', object: 'model', created: 7, owned_by: 'them' })
    expect((await gateway.get('/v1/models/org/other')).status).toBe(200)
    const missing = await gateway.get('/v1/models/gpt-99')
    expect([missing.status, ((await missing.json()) as ErrorBody).error.code]).toEqual([404, 'model_not_found'])
  })

  test('an upstream without a list leaves the aliases and the configured model', async () => {
    await using alone = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1' })
    const { data } = (await (await alone.get('/v1/models')).json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['signalbox-auto', 'signalbox-simple', 'signalbox-orchestrated', 'test-model'])
  })
})

describe('sessions', () => {
  test('its owner can list, read and cancel a session; for others there is none', async () => {
    const begun: string[] = []
    for (const content of ['one', 'two', 'three']) {
      const response = await gateway.chat({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content }] })
      begun.push(response.headers.get('x-session-id') as string)
      await response.body?.cancel()
    }
    const json = async (path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> => {
      const response = await gateway.get(path, init)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const first = await json('/v1/sessions?limit=2')
    expect(first.body).toMatchObject({ object: 'list', has_more: true, first_id: begun[2], last_id: begun[1] })
    const second = await json(`/v1/sessions?limit=2&after=${String(first.body['next'])}`)
    expect((second.body['data'] as { id: string }[])[0]?.id).toBe(begun[0])

    const id = begun[0] as string
    expect((await json(`/v1/sessions/${id}`)).body).toMatchObject({ object: 'session', id, status: 'active' })
    expect((await json(`/v1/sessions/${id}`)).body).not.toHaveProperty('conversation')
    const bob = { headers: { authorization: 'Bearer sbx_bobs_key' } }
    expect((await json(`/v1/sessions/${id}`, bob)).status).toBe(404)
    expect((await json(`/v1/sessions/${id}`, { ...bob, method: 'DELETE' })).status).toBe(404)
    expect((await json('/v1/sessions', bob)).body['data']).toEqual([])

    expect(await json(`/v1/sessions/${id}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: { status: 'canceled' } })
    expect(await json(`/v1/sessions/${id}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: { status: 'canceled' } })
    orchestrator.sessions.get(begun[1] as string)?.say({ type: 'session.completed', usage: NO_USAGE, citations: [] })
    expect((await json(`/v1/sessions/${begun[1]}`, { method: 'DELETE' })).status).toBe(409)
  })

  test.each([
    ['/v1/sessions?limit=0', 400],
    ['/v1/sessions?limit=101', 400],
    ['/v1/sessions?limit=many', 400],
    ['/v1/sessions/ses_nonsense', 404],
    ['/v1/sessions/..%2f..%2fetc', 404],
  ])('%s: %i', async (path, status) => {
    expect((await gateway.get(path)).status).toBe(status)
  })
})

test('readiness says what of the things behind the gateway is there', async () => {
  const ready = await fetch(`${gateway.url}/readyz`)
  expect([ready.status, await ready.json()]).toMatchObject([200, { checks: { upstream: 'ok', orchestrator: 'ok' } }])
  await using alone = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1' })
  const not = await fetch(`${alone.url}/readyz`)
  expect([not.status, await not.json()]).toMatchObject([503, { checks: { upstream: 'unreachable', orchestrator: 'unreachable' } }])
})

const toPostHead = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`

function rawExchange(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (piece) => (answer += piece.toString('latin1')))
    socket.once('error', reject).once('close', () => resolve(answer))
    socket.write(bytes)
  })
}
