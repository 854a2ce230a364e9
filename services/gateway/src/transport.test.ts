import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { HELLO, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { chunkOf, sayCompletion, sayStream, startUpstream, WHOLE_STREAM, type ChatAnswer, type TestUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function gatewayBefore(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<{ gateway: TestGateway; upstream: TestUpstream }> {
  const upstream = await startUpstream(answer)
  open.push(upstream)
  return { gateway: await gatewayAt(upstream.baseUrl, environment), upstream }
}

async function gatewayAt(baseUrl: string, environment: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await startGateway({ LLM_BASE_URL: baseUrl, ...environment })
  open.push(gateway)
  return gateway
}

/** Answers each call as the list says, and all further ones as its last entry. */
const inTurn = (...answers: ChatAnswer[]): ChatAnswer => {
  let calls = 0
  return (response, request) => (answers[Math.min(calls++, answers.length - 1)] as ChatAnswer)(response, request)
}

const hangUp: ChatAnswer = (response) => response.destroy()
const complete: ChatAnswer = (response) => sayCompletion(response)
const busy =
  (status: number, headers: Record<string, string>): ChatAnswer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`{"error":{"message":"busy ${status}"}}`)

async function metric(gateway: TestGateway, series: string): Promise<number> {
  const line = (await gateway.metrics()).split('\n').find((candidate) => candidate.startsWith(series))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const retries = (gateway: TestGateway, reason: string) => metric(gateway, `signalbox_upstream_retries_total{reason="${reason}"}`)

test('a connection that breaks before the reply is made again', async () => {
  const { gateway, upstream } = await gatewayBefore(inTurn(hangUp, hangUp, complete))
  expect((await gateway.chat(HELLO)).status).toBe(200)
  expect(upstream.taken).toHaveLength(3)
  expect(new Set(upstream.taken.map(({ body }) => body.toString())).size).toBe(1)
  expect(await retries(gateway, 'connection')).toBe(2)
})

test('no more often than was configured', async () => {
  const { gateway, upstream } = await gatewayBefore(hangUp, { UPSTREAM_RETRIES: '1' })
  expect((await gateway.chat(HELLO)).status).toBe(502)
  expect(upstream.taken).toHaveLength(2)
})

test('an endpoint that takes no connections at first is reached when it does', async () => {
  const { baseUrl, take } = await endpointThatRefuses()
  const gateway = await gatewayAt(baseUrl, { UPSTREAM_RETRIES: '10' })
  const asking = gateway.chat(HELLO)
  await eventually('a try was made', async () => (await retries(gateway, 'connection')) > 0)
  open.push(await take(complete))
  expect((await asking).status).toBe(200)
})

test('a connection that cannot be made uses up tries like any other', async () => {
  const { baseUrl } = await endpointThatRefuses()
  const gateway = await gatewayAt(baseUrl, { UPSTREAM_RETRIES: '1' })
  expect((await gateway.chat(HELLO)).status).toBe(502)
  expect([await retries(gateway, 'connection'), await retries(gateway, 'stale_connection')]).toEqual([1, 0])
})

test('a kept connection that breaks while its request is worked on was not closed for being idle', async () => {
  const { gateway, upstream } = await gatewayBefore(
    inTurn(complete, (response) => setTimeout(() => response.destroy(), 1_100)),
    { UPSTREAM_RETRIES: '0' },
  )
  await (await gateway.chat(HELLO)).text()
  expect((await gateway.chat(HELLO)).status).toBe(502)
  expect(upstream.taken).toHaveLength(2)
})

test.each([429, 502, 503, 504])('a %i that says to come back soon is tried again, and its caller never sees it', async (status) => {
  const { gateway, upstream } = await gatewayBefore(inTurn(busy(status, { 'retry-after-ms': '5' }), complete))
  expect((await gateway.chat(HELLO)).status).toBe(200)
  expect(upstream.taken).toHaveLength(2)
  expect(await retries(gateway, 'status')).toBe(1)
})

test.each<[string, ChatAnswer, Record<string, string>]>([
  ['says to come back later', busy(503, { 'retry-after': '30' }), {}],
  ['does not say when', busy(503, {}), {}],
  ['names a date', busy(503, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }), {}],
  ['is about the request', busy(400, { 'retry-after-ms': '5' }), {}],
  ['is a failure', busy(500, { 'retry-after-ms': '5' }), {}],
  ['answers what the caller’s own client has tried again', busy(503, { 'retry-after-ms': '5' }), { 'x-stainless-retry-count': '1' }],
])('an error that %s is the caller’s at once, unchanged', async (_name, answer, headers) => {
  const { gateway, upstream } = await gatewayBefore(answer)
  const response = await gateway.chat(HELLO, headers)
  expect(await response.text()).toBe(`{"error":{"message":"busy ${response.status}"}}`)
  expect(upstream.taken).toHaveLength(1)
})

test('an error that stays is told in the upstream’s words once the tries are used up', async () => {
  const { gateway, upstream } = await gatewayBefore(busy(503, { 'retry-after-ms': '5' }))
  const response = await gateway.chat(HELLO)
  expect([response.status, response.headers.get('retry-after-ms')]).toEqual([503, '5'])
  expect(await response.text()).toBe('{"error":{"message":"busy 503"}}')
  expect(upstream.taken).toHaveLength(3)
})

test.each<[string, boolean, ChatAnswer]>([
  [
    'its headers',
    true,
    (response) => (response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(), setTimeout(() => response.destroy(), 20)),
  ],
  [
    'its first event',
    true,
    (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }), () => response.destroy()),
  ],
  [
    'half of it',
    false,
    (response) => response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"a":', () => response.destroy()),
  ],
])('a reply that breaks after %s is not asked for again', async (_name, stream, answer) => {
  const { gateway, upstream } = await gatewayBefore(answer)
  await (await gateway.chat({ ...HELLO, stream })).text()
  expect(upstream.taken).toHaveLength(1)
})

test('a timeout is not tried again: it has used the time there was', async () => {
  const { gateway, upstream } = await gatewayBefore(() => undefined, { UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '60' })
  expect((await gateway.chat(HELLO)).status).toBe(504)
  expect(upstream.taken).toHaveLength(1)
})

test('retries never become the storm: an endpoint that is down is soon called but once for each request', async () => {
  const { gateway, upstream } = await gatewayBefore(hangUp)
  const requests = 60
  for (let sent = 0; sent < requests; sent += 20) await Promise.all(Array.from({ length: 20 }, () => gateway.chat(HELLO)))
  // Twenty are saved up, and every request earns a tenth of one.
  expect(upstream.taken.length).toBeLessThanOrEqual(requests + 20 + requests / 10)
})

test('a connection that was closed while it was idle is replaced at once, and no try is counted', async () => {
  const endpoint = await endpointThatClosesWhenAskedAgain()
  const gateway = await gatewayAt(endpoint.baseUrl, { UPSTREAM_RETRIES: '0' })
  for (let asked = 0; asked < 3; asked++) expect((await gateway.chat(HELLO)).status).toBe(200)
  expect(endpoint.answered()).toBe(3)
  expect(endpoint.slammed()).toBeGreaterThan(0)
  expect(await retries(gateway, 'stale_connection')).toBe(endpoint.slammed())
  expect(await retries(gateway, 'connection')).toBe(0)
})

test('who finds all connections taken waits for one; who finds the line full is told to come back', async () => {
  const held: Parameters<ChatAnswer>[0][] = []
  const { gateway, upstream } = await gatewayBefore((response) => held.push(response), { UPSTREAM_CONNECTIONS: '1', UPSTREAM_QUEUE: '1' })
  const first = gateway.chat(HELLO)
  await eventually('the first is under way', () => held.length === 1)
  const second = gateway.chat(HELLO)
  await eventually('the second waits', async () => (await metric(gateway, 'signalbox_upstream_calls{state="waiting"}')) === 1)
  const third = await gateway.chat(HELLO)
  expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
  expect(((await third.json()) as ErrorBody).error).toMatchObject({ type: 'server_error', code: 'unavailable' })
  expect(upstream.taken).toHaveLength(1)

  sayCompletion(held[0] as never)
  expect((await first).status).toBe(200)
  await eventually('the second is under way', () => held.length === 2)
  sayCompletion(held[1] as never)
  expect((await second).status).toBe(200)
  await eventually('all is given back', async () => (await metric(gateway, 'signalbox_upstream_calls{state="active"}')) === 0)
})

test('nobody waits in line for ever', async () => {
  const { gateway, upstream } = await gatewayBefore(() => undefined, { UPSTREAM_CONNECTIONS: '1', UPSTREAM_QUEUE_TIMEOUT_MS: '50' })
  const leaving = new AbortController()
  const first = gateway.chat(HELLO, {}, leaving.signal).catch(() => 'left')
  await eventually('the first is under way', () => upstream.taken.length === 1)
  expect((await gateway.chat(HELLO)).status).toBe(503)
  leaving.abort()
  await first
})

test('who leaves the line frees its place in it, and is never sent upstream', async () => {
  const held: Parameters<ChatAnswer>[0][] = []
  const { gateway, upstream } = await gatewayBefore((response) => held.push(response), { UPSTREAM_CONNECTIONS: '1', UPSTREAM_QUEUE: '1' })
  const first = gateway.chat(HELLO)
  await eventually('the first is under way', () => held.length === 1)
  const waiting = () => metric(gateway, 'signalbox_upstream_calls{state="waiting"}')
  const leaving = new AbortController()
  const second = gateway.chat(HELLO, {}, leaving.signal).catch(() => 'left')
  await eventually('the second waits', async () => (await waiting()) === 1)
  leaving.abort()
  expect(await second).toBe('left')
  await eventually('it is out of the line', async () => (await waiting()) === 0)
  sayCompletion(held[0] as never)
  expect((await first).status).toBe(200)
  const next = gateway.chat(HELLO)
  await eventually('the next is under way', () => held.length === 2)
  sayCompletion(held[1] as never)
  await next
  expect(upstream.taken).toHaveLength(2)
})

test('with hedging a second call is made when the first is slow, the first answer wins, and the other call is closed', async () => {
  const { gateway, upstream } = await gatewayBefore(
    inTurn(
      () => undefined,
      (response) => sayStream(response),
    ),
    { UPSTREAM_HEDGE_AFTER_MS: '30' },
  )
  expect(await (await gateway.chat({ ...HELLO, stream: true })).text()).toBe(WHOLE_STREAM)
  expect(upstream.taken).toHaveLength(2)
  await upstream.taken[0]?.closed
  expect(await metric(gateway, 'signalbox_upstream_hedges_total{outcome="started"}')).toBe(1)
  expect(await metric(gateway, 'signalbox_upstream_hedges_total{outcome="won"}')).toBe(1)
})

test.each([
  ['first', 0],
  ['second', 1],
])('a caller that leaves closes the call that won, also where it was the %s', async (_name, winner) => {
  const stream: ChatAnswer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
  const second = Promise.withResolvers<void>()
  let calls = 0
  const { gateway, upstream } = await gatewayBefore(
    (response, request) => {
      const number = calls++
      if (number === 1) second.resolve()
      if (number === winner) void second.promise.then(() => stream(response, request))
    },
    { UPSTREAM_HEDGE_AFTER_MS: '30' },
  )
  const leaving = new AbortController()
  const response = await gateway.chat({ ...HELLO, stream: true }, {}, leaving.signal)
  await response.body?.getReader().read()
  leaving.abort()
  await Promise.all(upstream.taken.map(({ closed }) => closed))
  await eventually('no call is under way', async () => (await metric(gateway, 'signalbox_upstream_calls{state="active"}')) === 0)
})

test.each<[string, ChatAnswer]>([
  ['breaks', hangUp],
  ['says not now', busy(503, {})],
])('of two calls one that %s leaves the answer to the other', async (_name, answer) => {
  const second = Promise.withResolvers<void>()
  const { gateway } = await gatewayBefore(
    inTurn(
      (response) => void second.promise.then(() => setTimeout(() => sayStream(response), 20)),
      (response, request) => (second.resolve(), answer(response, request)),
    ),
    { UPSTREAM_HEDGE_AFTER_MS: '30' },
  )
  expect(await (await gateway.chat({ ...HELLO, stream: true })).text()).toBe(WHOLE_STREAM)
})

test.each<[string, object]>([
  ['without hedging', { ...HELLO, stream: true }],
  ['for a reply in one piece, which a second call would only pay for twice', HELLO],
])('no second call is made %s', async (name, body) => {
  const { gateway, upstream } = await gatewayBefore(
    (response) => setTimeout(() => ('stream' in body ? sayStream(response) : sayCompletion(response)), 80),
    name === 'without hedging' ? {} : { UPSTREAM_HEDGE_AFTER_MS: '20' },
  )
  await (await gateway.chat(body)).text()
  expect(upstream.taken).toHaveLength(1)
})

test('a caller that leaves between two tries is not tried for again', async () => {
  const { gateway, upstream } = await gatewayBefore(busy(503, { 'retry-after-ms': '1500' }))
  const leaving = new AbortController()
  const asking = gateway.chat(HELLO, {}, leaving.signal).catch(() => 'left')
  await eventually('a try is put off', async () => (await retries(gateway, 'status')) === 1)
  leaving.abort()
  expect(await asking).toBe('left')
  await eventually('the request is logged', () => gateway.lines().some(({ disconnected }) => disconnected === true))
  expect(upstream.taken).toHaveLength(1)
})

/** A port on which nobody listens yet. */
async function endpointThatRefuses(): Promise<{ baseUrl: string; take: (answer: ChatAnswer) => Promise<TestUpstream> }> {
  const placeholder = await startUpstream(() => undefined)
  const port = Number(new URL(placeholder.baseUrl).port)
  await placeholder[Symbol.asyncDispose]()
  return { baseUrl: placeholder.baseUrl, take: (answer) => startUpstream(answer, port) }
}

/** Keeps connections, and closes each without a word when it is used for a second time: what a request meets that crosses the other side's closing. */
async function endpointThatClosesWhenAskedAgain(): Promise<{ baseUrl: string; answered: () => number; slammed: () => number }> {
  let answered = 0
  let slammed = 0
  const body = '{"object":"chat.completion","choices":[]}'
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let used = false
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (piece) => {
      text += piece.toString()
      if (!text.endsWith('}')) return
      text = ''
      if (used) {
        slammed++
        socket.resetAndDestroy()
        return
      }
      used = true
      answered++
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: keep-alive\r\n\r\n${body}`)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push({
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, answered: () => answered, slammed: () => slammed }
}
