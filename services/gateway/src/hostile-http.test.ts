import { eventually } from '@signalbox/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { HELLO, KEY, startGateway, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { AUTHORIZED, chatOf, exchange, headOf, JSON_BODY, openSocket } from './fixtures/raw-http.ts'
import { chunkOf, sayCompletion, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startUpstream((response, { body }) => {
    if (!body.includes('"endless"')) return sayCompletion(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return response.write(chunkOf({ content: 'on and on' }))
  })
  orchestrator = await startOrchestrator()
  gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    HTTP_HEADERS_TIMEOUT_MS: '150',
    HTTP_REQUEST_TIMEOUT_MS: '300',
  })
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

const hello = JSON.stringify(HELLO)

describe('what two readers could read differently is refused', () => {
  test.each<[string, string]>([
    ['a length and chunks', `${AUTHORIZED}${JSON_BODY}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${AUTHORIZED}${JSON_BODY}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`],
    ['two lengths in one', `${AUTHORIZED}${JSON_BODY}Content-Length: 2, 2\r\n\r\n{}`],
    ['a negative length', `${AUTHORIZED}${JSON_BODY}Content-Length: -1\r\n\r\n`],
    ['a length past every number', `${AUTHORIZED}${JSON_BODY}Content-Length: 99999999999999999999999\r\n\r\n`],
    ['a length in hexadecimal', `${AUTHORIZED}${JSON_BODY}Content-Length: 0x2\r\n\r\n{}`],
    ['chunks that are not the last coding', `${AUTHORIZED}${JSON_BODY}Transfer-Encoding: chunked, gzip\r\n\r\n`],
    ['nearly chunks', `${AUTHORIZED}${JSON_BODY}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a chunk whose size is no number', `${AUTHORIZED}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`],
    ['a chunk longer than it says', `${AUTHORIZED}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`],
    ['a header folded over two lines', `${AUTHORIZED}X-Folded: a\r\n b\r\n\r\n`],
    ['a blank before a colon', `Authorization : Bearer ${KEY}\r\n\r\n`],
    ['a NUL in a header', `${AUTHORIZED}X-Nul: a\0b\r\n\r\n`],
    ['a bare CR in a header', `${AUTHORIZED}X-Cr: a\rb\r\n\r\n`],
    ['a header without a name', `${AUTHORIZED}: b\r\n\r\n`],
  ])('%s', async (_name, rest) => {
    const answer = await exchange(gateway.url, `POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n${rest}`)
    expect(answer.status).toBe(400)
    expect(answer.headers['connection']).toMatch(/close/i)
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(answer.error()).toMatchObject({ type: 'invalid_request_error', code: 'invalid_http' })
  })

  test('a coding under the chunks is a 415, and nothing of it is unpacked', async () => {
    const answer = await exchange(
      gateway.url,
      `${headOf('POST /v1/chat/completions')}${JSON_BODY}Connection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(answer.status).toBe(415)
    expect(answer.error().param).toBe('Transfer-Encoding')
  })

  test('lines that end in LF alone', async () => {
    expect((await exchange(gateway.url, `GET /v1/models HTTP/1.1\nHost: gateway\nAuthorization: Bearer ${KEY}\n\n`)).status).toBe(400)
  })

  test.each<[string, string]>([
    ['none', ''],
    ['two', 'Host: a\r\nHost: b\r\n'],
    ['an empty one', 'Host: \r\n'],
    ['a path', 'Host: a/b\r\n'],
    ['a user', 'Host: a@b\r\n'],
    ['half an IPv6 address', 'Host: [::1\r\n'],
    ['a blank', 'Host: a b\r\n'],
    ['a port past the last', 'Host: a:99999\r\n'],
    ['a fragment', 'Host: a#b\r\n'],
  ])('of hosts: %s', async (_name, host) => {
    for (const line of ['GET /v1/models', 'POST /v1/chat/completions']) {
      const answer = await exchange(gateway.url, `${line} HTTP/1.1\r\n${host}${AUTHORIZED}Connection: close\r\n\r\n`)
      expect(answer.status).toBe(400)
      expect(answer.error().code).toBe('invalid_http')
    }
  })

  test.each([
    'PRI * HTTP/2.0',
    'GET /v1/models HTTP/3.0',
    'BREW /v1/models HTTP/1.1',
    '\u0016\u0003\u0001\u0002',
    'GET /v1/models HTTP',
    '{"model":"x"}',
    '\r\n\r\nx',
  ])('a first line that is none: %j', async (line) => {
    const answer = await exchange(gateway.url, `${line}\r\nHost: gateway\r\n\r\n`)
    expect(answer.status).toBe(400)
    expect(answer.error().code).toBe('invalid_http')
  })
})

describe('paths', () => {
  test.each(['//v1/models', '//evil.example/v1/models', '/v1//models', '/v1%2fmodels', '/V1/models', '/v1/models/../../x', '/v1;/models', '/v1/.%00/models'])(
    '%s is not there, with the key or without',
    async (path) => {
      for (const headers of [AUTHORIZED, '']) {
        const { status } = await exchange(gateway.url, `${headOf(`GET ${path}`, headers)}Connection: close\r\n\r\n`)
        expect([401, 404]).toContain(status)
        if (headers !== '') expect(status).toBe(404)
      }
    },
  )

  test.each([
    '/healthz/../v1/models',
    '/healthz/%2e%2e/v1/models',
    '/metrics/..%2fv1/models',
    '/./v1/models',
    '/v1/./models',
    '/console/../v1/sessions',
    '/v1/models?x=/healthz',
    '/v1/models#/healthz',
    'http://evil.example/v1/models',
    'http://gateway/healthz/../v1/models',
    '/v1/models/',
  ])('%s leads past no key check', async (path) => {
    const { status } = await exchange(gateway.url, `${headOf(`GET ${path}`, '')}Connection: close\r\n\r\n`)
    expect([400, 401, 404]).toContain(status)
  })

  test.each(['/healthz\\..\\v1\\models', '/v1/models\u00ff', '*', 'gateway:443'])('%s is no path', async (path) => {
    const { status } = await exchange(gateway.url, `${headOf(`GET ${path}`)}Connection: close\r\n\r\n`)
    expect([400, 404]).toContain(status)
  })

  test.each([
    '/v1/sessions/%ff',
    '/v1/sessions/%zz',
    '/v1/sessions/%00',
    '/v1/models/%2e%2e%2fsessions',
    '/v1/models/%ff%fe',
    '/v1/models/%00',
    `/v1/models/${'x'.repeat(20_000)}`,
  ])('an id that nobody can read is nobody’s: %s', async (path) => {
    const answer = await exchange(gateway.url, `${headOf(`GET ${path}`)}Connection: close\r\n\r\n`)
    expect(answer.status).toBe(404)
    expect(answer.text.length).toBeLessThan(1_000)
  })

  test.each([
    'limit=%zz',
    'limit=1&limit=x',
    'limit[]=1',
    'limit[$gt]=1',
    '__proto__[x]=1&limit=x',
    'after=%00',
    'after=',
    `after=${'x'.repeat(513)}`,
    'limit=1e999',
    'limit=-0',
    'limit=0x10f',
  ])('a query of %s is the caller’s fault, or means nothing', async (query) => {
    const { status } = await gateway.get(`/v1/sessions?${query}`)
    expect([200, 400]).toContain(status)
  })

  test.each(['CONNECT gateway:443', 'TRACE /v1/models', 'OPTIONS *', 'PROPFIND /v1/models', 'PUT /v1/models'])('%s does nothing', async (line) => {
    const { status, text } = await exchange(gateway.url, `${headOf(line)}Connection: close\r\n\r\n`)
    expect([0, 400, 405]).toContain(status)
    expect(text).not.toContain(KEY)
  })

  test('a connection is upgraded to nothing', async () => {
    const answer = await exchange(
      gateway.url,
      `${headOf('GET /v1/models')}Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    expect(answer.status).toBe(200)
  })
})

describe('slow and idle callers', () => {
  test.each<[string, string]>([
    ['headers that never end', 'POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nX-Slow: '],
    ['a body that never ends', `${headOf('POST /v1/chat/completions')}${JSON_BODY}Content-Length: 1000\r\n\r\n{"model":`],
    ['chunks that never end', `${headOf('POST /v1/chat/completions')}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\n`],
    ['nothing', ''],
  ])('%s: told so and closed, and nobody else waits', async (_name, bytes) => {
    const waiting = exchange(gateway.url, bytes)
    expect((await gateway.chat(HELLO)).status).toBe(200)
    const answer = await waiting
    expect(answer.status).toBe(408)
    expect(answer.error().code).toBe('request_timeout')
  })

  test('a body that drips in, byte after byte, gets no more time by it', async () => {
    const socket = openSocket(gateway.url)
    socket.write(`${headOf('POST /v1/chat/completions')}${JSON_BODY}Content-Length: 100000\r\n\r\n`)
    const drip = setInterval(() => socket.write(' '), 20)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await closed
    clearInterval(drip)
  })

  test('five hundred idle connections leave everybody else their place', async () => {
    const idle = Array.from({ length: 500 }, () => openSocket(gateway.url))
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    expect((await gateway.chat(HELLO)).status).toBe(200)
    await Promise.all(idle.map((socket) => new Promise((resolve) => (socket.closed ? resolve(0) : socket.resume().once('close', resolve)))))
  })

  test('a limit on how long a request takes to arrive is none on how long its answer does', async () => {
    const leave = new AbortController()
    const response = await gateway.chat({ ...HELLO, stream: true, user: 'endless' }, {}, leave.signal)
    const reader = response.body?.getReader()
    await reader?.read()
    const silent = Symbol('silent')
    const more = await Promise.race([reader?.read(), new Promise((resolve) => setTimeout(() => resolve(silent), 600))])
    expect(more).toBe(silent)
    leave.abort()
    await upstream.taken.at(-1)?.closed
  })
})

describe('connections', () => {
  test('requests sent all at once are answered one after the other, in their order', async () => {
    const chat = `${headOf('POST /v1/chat/completions')}${JSON_BODY}Content-Length: ${hello.length}\r\n\r\n${hello}`
    const answer = await exchange(
      gateway.url,
      `${headOf('GET /v1/models')}\r\n${chat}${headOf('GET /v1/nothing')}\r\n${chat}${headOf('GET /healthz')}Connection: close\r\n\r\n`,
    )
    expect([...answer.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['200', '200', '404', '200', '200'])
  })

  test('what follows a refused request on its connection is never taken for another', async () => {
    const smuggled = 'GET /v1/sessions HTTP/1.1\r\nHost: gateway\r\n\r\n'
    const answer = await exchange(
      gateway.url,
      `${headOf('POST /v1/chat/completions')}${JSON_BODY}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    )
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  test.each([1, 40, 200, 300])('a caller that leaves after %i bytes harms nobody', async (length) => {
    const socket = openSocket(gateway.url)
    socket.write(chatOf(hello).subarray(0, length), () => socket.destroy())
    await new Promise((resolve) => socket.once('close', resolve))
    expect((await gateway.chat(HELLO)).status).toBe(200)
    expect(gateway.lines().filter(({ level }) => level === 'error' || Number(level) >= 50)).toEqual([])
  })

  test('a caller that closes its half of the connection has left, and its upstream call is stopped', async () => {
    const socket = openSocket(gateway.url)
    socket.resume().write(chatOf(JSON.stringify({ ...HELLO, stream: true, user: 'endless' })))
    await new Promise((resolve) => socket.once('data', resolve))
    const call = upstream.taken.at(-1)
    socket.end()
    await call?.closed
  })

  test('asked to go on, the gateway says so before the body, and refuses what is too large instead', async () => {
    const ask = `${headOf('POST /v1/chat/completions')}${JSON_BODY}Connection: close\r\nExpect: 100-continue\r\n`
    const answer = await exchange(gateway.url, `${ask}Content-Length: ${hello.length}\r\n\r\n`, (socket, soFar) => {
      if (soFar === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(hello)
    })
    expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  })

  test('a stream whose reader vanishes without a word is let go', async () => {
    const socket = openSocket(gateway.url)
    socket.write(chatOf(JSON.stringify({ ...HELLO, stream: true, user: 'endless' })))
    await new Promise((resolve) => socket.once('data', resolve))
    const call = upstream.taken.at(-1)
    socket.resetAndDestroy()
    await call?.closed
    await eventually('the request’s line', () => gateway.lines().some(({ disconnected }) => disconnected === true))
  })
})
