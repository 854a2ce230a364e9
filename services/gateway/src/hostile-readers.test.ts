import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { NO_USAGE } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { HELLO, startGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator } from './fixtures/orchestrator.ts'
import { AUTHORIZED, chatOf, headOf, openSocket } from './fixtures/raw-http.ts'
import { chunkOf, startUpstream } from './fixtures/upstream.ts'
import { openEventWriter } from './http/event-writer.ts'

const open: (AsyncDisposable | { [Symbol.asyncDispose](): Promise<void> })[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const LARGE = 'x'.repeat(16_384)

test('a follower of events that takes none is let go, and until then holds one event and no more', async () => {
  const outgoing = await callerThatDoesNotRead()
  const writer = openEventWriter(outgoing, { headers: {}, keepAliveMs: 5, stallMs: 100 })
  let held = 0
  const telling = (async () => {
    // Far more than any system takes off our hands.
    for (let index = 0; index < 4_000; index++) {
      await writer.send({ text: LARGE })
      held = Math.max(held, outgoing.writableLength)
    }
  })()
  await expect(telling).rejects.toMatchObject({ code: 'canceled' })
  expect(outgoing.destroyed).toBe(true)
  // What is written without asking for room first is one event; keep-alives add nothing to what is not taken.
  expect(held).toBeLessThan(4 * LARGE.length + outgoing.writableHighWaterMark)
})

test('a follower that takes its time, and takes something, keeps its line', async () => {
  const { outgoing, socket } = await callerWithSocket()
  const writer = openEventWriter(outgoing, { headers: {}, keepAliveMs: 1_000, stallMs: 3_000 })
  let taken = 0
  socket.on('data', (piece) => {
    taken += piece.length
    socket.pause()
    setTimeout(() => socket.resume(), 2)
  })
  for (let index = 0; index < 300; index++) await writer.send({ text: LARGE })
  writer.done()
  await eventually('all of it', () => taken > 300 * LARGE.length)
})

test('callers of every stream that read nothing keep nobody else from reading, and are gone when they go', async () => {
  const upstream = await startUpstream((response, { body }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (!body.includes('"flood"')) return response.end(`${chunkOf({ content: 'hi' })}${chunkOf({}, 'stop')}data: [DONE]\n\n`)
    const pour = (): void => {
      while (!response.destroyed && response.write(chunkOf({ content: LARGE })));
    }
    return (pour(), response.on('drain', pour))
  })
  const orchestrator = await startOrchestrator((session) => {
    for (let index = 0; index < 200; index++) session.say({ type: 'answer.delta', node: 'a', agent: 'rag', offset: index * LARGE.length, text: LARGE })
    session.say({ type: 'session.completed', usage: NO_USAGE, citations: [] })
  })
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, KEEP_ALIVE_MS: '10' })
  open.push(upstream, orchestrator, gateway)

  const flood = chatOf(JSON.stringify({ ...HELLO, stream: true, user: 'flood' }))
  const session = chatOf(JSON.stringify({ ...HELLO, model: 'signalbox-orchestrated', stream: true }))
  const first = await gateway.chat({ ...HELLO, model: 'signalbox-orchestrated', stream: true })
  const id = first.headers.get('x-session-id') ?? ''
  await first.body?.cancel()
  const events = Buffer.from(`${headOf(`GET /v1/sessions/${id}/events`, AUTHORIZED)}\r\n`)
  const silent = [flood, flood, session, session, events].map((bytes) => {
    const socket = openSocket(gateway.url)
    socket.pause().write(bytes)
    return socket
  })
  await eventually('the floods have begun', () => upstream.taken.filter(({ body }) => body.includes('"flood"')).length === 2)
  for (let round = 0; round < 5; round++) expect(await (await gateway.chat({ ...HELLO, stream: true })).text()).toContain('[DONE]')
  for (const socket of silent) socket.destroy()
  await Promise.all(upstream.taken.map(({ closed }) => closed))
  expect(gateway.lines().filter(({ level }) => level === 'error')).toEqual([])
})

async function callerThatDoesNotRead(): Promise<ServerResponse> {
  const { outgoing, socket } = await callerWithSocket()
  socket.pause()
  return outgoing
}

async function callerWithSocket(): Promise<{ outgoing: ServerResponse; socket: ReturnType<typeof openSocket> }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = openSocket(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  open.push({
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  const asked = once(server, 'request')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [, outgoing] = (await asked) as [unknown, ServerResponse]
  return { outgoing, socket }
}
