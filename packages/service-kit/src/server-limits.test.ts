import { connect } from 'node:net'

import { openTelemetry } from '@signalbox/telemetry'
import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { createHttpApp } from './http-app.ts'
import { listen, type Listening } from './run-service.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './server-limits.ts'

/** More than any system takes off our hands at once. */
const LARGE = 32 * 1_024 * 1_024
const largeAnswers = { left: 0 }

const open: Listening[] = []
afterEach(async () => {
  for (const listening of open.splice(0)) await listening.stop(0)
})

test.each([
  ['headers that do not end', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: '],
  ['a body that does not come', 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'],
  ['a chunked body that does not end', 'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ['nothing at all', ''],
])('a connection that sends %s is told so, and closed', async (_name, bytes) => {
  const said = await exchange(await serviceWith({ headersMs: 40, requestMs: 80 }), bytes)
  expect(said).toMatch(/^HTTP\/1\.1 408 /)
  expect(faultIn(said)).toMatchObject({ type: 'invalid_request_error', code: 'request_timeout', param: null })
})

test('a caller that drips its headers, byte after byte, gets no more time by it', async () => {
  const listening = await serviceWith({ headersMs: 60, requestMs: 80 })
  const socket = connect(Number(new URL(listening.url).port), '127.0.0.1').on('error', () => undefined)
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  const drip = setInterval(() => socket.write('x'), 10)
  const said = await readAll(socket)
  clearInterval(drip)
  expect(said).toMatch(/^HTTP\/1\.1 408 /)
})

test('more connections than there may be are closed; when one has gone another has its place', async () => {
  const listening = await serviceWith({ maxConnections: 2 })
  const port = Number(new URL(listening.url).port)
  const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const ask = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'
  for (const socket of held) {
    socket.write(ask)
    await new Promise((resolve) => socket.once('data', resolve))
  }
  expect(await exchange(listening, ask)).toBe('')
  held[0]?.destroy()
  await eventually('its place', async () =>
    (await exchange(listening, 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).startsWith('HTTP/1.1 200 '),
  )
  held[1]?.destroy()
})

test('a caller that asks for much and takes nothing of it is let go; one that takes its time is not', async () => {
  const listening = await serviceWith({ idleMs: 1_000 })
  const ask = 'GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const socket = connect(Number(new URL(listening.url).port), '127.0.0.1').on('error', () => undefined)
  socket.pause().write(ask)
  await eventually('it is let go', () => largeAnswers.left === 1)

  let taken = 0
  const slow = connect(Number(new URL(listening.url).port), '127.0.0.1')
  slow.write(ask)
  for await (const piece of slow) {
    taken += (piece as Buffer).length
    if (taken < 2_000_000) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(taken).toBeGreaterThan(LARGE)
  socket.destroy()
})

test('a connection is closed after so many requests, and says so with the last', async () => {
  const listening = await serviceWith({ requestsPerConnection: 3 })
  const said = await exchange(listening, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3))
  expect(said.match(/HTTP\/1\.1 200 /g)).toHaveLength(3)
  expect(said.match(/Connection: close/gi)).toHaveLength(1)
})

test.each<[string, string, number, string]>([
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400, 'invalid_http'],
  ['a length and chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'invalid_http'],
  ['lines that end in LF alone', 'GET / HTTP/1.1\nHost: a\n\n', 400, 'invalid_http'],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'invalid_http'],
  ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'invalid_http'],
  ['a Host that is a path', 'GET /healthz HTTP/1.1\r\nHost: a/b@c\r\n\r\n', 400, 'invalid_http'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid_http'],
  ['headers of 100 kB', `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431, 'headers_too_large'],
])('%s: refused with words that a client can show, and the connection is closed', async (_name, bytes, status, code) => {
  const said = await exchange(await serviceWith({}), bytes)
  expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(said).toMatch(/\r\nconnection: close\r\n/i)
  expect(faultIn(said).code).toBe(code)
})

test('what is no HTTP in the middle of an answer is not answered into it', async () => {
  const listening = await serviceWith({})
  const said = await exchange(listening, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n', (socket, soFar) => {
    if (soFar.includes('first')) socket.write('\x00\x01 nonsense\r\n\r\n')
  })
  expect(said.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(said).not.toContain('invalid_http')
})

test('a path that is not there is repeated in part only', async () => {
  const listening = await serviceWith({})
  const text = await (await fetch(`${listening.url}/${'x'.repeat(20_000)}`)).text()
  expect(text.length).toBeLessThan(400)
})

async function serviceWith(limits: Partial<ServerLimits>): Promise<Listening> {
  const telemetry = openTelemetry({ service: 'test', level: 'silent' })
  const app = createHttpApp({ telemetry, renderError: (error) => Response.json({ error: (error as Error).message }, { status: 404 }) })
  app.post('/echo', async (c) => c.text(await c.req.text()))
  app.get('/slow', (c) => c.body(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('first')) })))
  app.get('/large', (c) => {
    c.env.outgoing.once('close', () => c.env.outgoing.writableFinished || largeAnswers.left++)
    return c.body(new Uint8Array(LARGE))
  })
  const listening = await listen(
    { name: 'test', app, telemetry, limits: { ...DEFAULT_LIMITS, ...limits }, close: async () => undefined },
    { host: '127.0.0.1', port: 0, guarded: false },
  )
  open.push(listening)
  return listening
}

function exchange({ url }: Listening, bytes: string, onData?: (socket: ReturnType<typeof connect>, soFar: string) => void): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
  const said = readAll(socket, onData && ((soFar) => onData(socket, soFar)))
  if (bytes !== '') socket.write(Buffer.from(bytes, 'latin1'))
  return said
}

function readAll(socket: ReturnType<typeof connect>, onData: (soFar: string) => void = () => undefined): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    socket.on('data', (piece) => {
      said += piece.toString('latin1')
      onData(said)
    })
    socket.once('close', () => resolve(said))
  })
}

function faultIn(said: string): { type: string; code: string; param: null } {
  return (JSON.parse(said.slice(said.indexOf('\r\n\r\n') + 4)) as { error: { type: string; code: string; param: null } }).error
}
