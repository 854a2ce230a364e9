import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Dispatcher } from 'undici'
import { afterEach, expect, test } from 'vitest'

import type { ModelUpstream } from '../../adapters/model-upstream.ts'
import { createStopBell } from '../../core/stop-bell.ts'
import { watchCaller } from '../caller-presence.ts'
import { relayChat } from './relay-chat.ts'

const PIECE = Buffer.from(`data: ${'x'.repeat(64_000)}\n\n`)

const open: { close(): void }[] = []
afterEach(() => {
  for (const thing of open.splice(0)) thing.close()
})

test('a caller that does not read pauses the upstream, and one that reads again lets it go on', async () => {
  const { outgoing, readAll } = await callerThatDoesNotRead()
  const upstream = createPuppetUpstream()
  const relayed = relayChat(
    upstream,
    { body: Buffer.alloc(0), stream: true, requestId: 'r' },
    { outgoing, presence: watchCaller(outgoing), stopBell: createStopBell(), headers: {} },
  )
  upstream.begin({ 'content-type': 'text/event-stream' })
  let pieces = 0
  while (!upstream.paused() && pieces < 10_000) {
    upstream.give(PIECE)
    pieces++
  }
  expect(upstream.paused()).toBe(true)

  const resumed = upstream.resumed()
  const read = readAll()
  await resumed
  upstream.give(Buffer.from('data: [DONE]\n\n'))
  upstream.end()
  expect(await relayed).toMatchObject({ bytes: pieces * PIECE.length + 14 })
  expect(await read).toBe(pieces * PIECE.length + 14)
})

test('a caller that left while the connection was being made stops the upstream as soon as it is', async () => {
  const { outgoing } = await callerThatDoesNotRead()
  const upstream = createPuppetUpstream({ connected: false })
  const relayed = relayChat(
    upstream,
    { body: Buffer.alloc(0), stream: true, requestId: 'r' },
    { outgoing, presence: watchCaller(outgoing), stopBell: createStopBell(), headers: {} },
  )
  outgoing.destroy()
  await expect(relayed).rejects.toMatchObject({ code: 'canceled' })
  expect(upstream.aborted()).toBe(false)
  upstream.connect()
  expect(upstream.aborted()).toBe(true)
})

/** A real response whose reader has read its headers at most. */
async function callerThatDoesNotRead(): Promise<{ outgoing: ServerResponse; readAll: () => Promise<number> }> {
  const server = createServer()
  open.push({ close: () => (server.closeAllConnections(), server.close()) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => undefined)
  const answered = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
  const [, outgoing] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return {
    outgoing,
    async readAll() {
      let size = 0
      for await (const piece of await answered) size += (piece as Buffer).length
      return size
    },
  }
}

/** The port to the upstream, moved by hand. */
function createPuppetUpstream({ connected = true } = {}) {
  let aborted = false
  let handler: Dispatcher.DispatchHandler = {}
  let paused = false
  let wake = Promise.withResolvers<void>()
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    get paused() {
      return paused
    },
    reason: null,
    abort: () => void (aborted = true),
    pause: () => void (paused = true),
    resume: () => {
      paused = false
      wake.resolve()
    },
  }
  const upstream: ModelUpstream = {
    host: 'upstream',
    chat: (_request, given) => {
      handler = given
      if (connected) given.onRequestStart?.(controller, null)
    },
    get: async () => ({ status: 404, json: undefined }),
    close: async () => undefined,
  }
  return {
    ...upstream,
    paused: () => paused,
    aborted: () => aborted,
    connect: () => handler.onRequestStart?.(controller, null),
    resumed: () => {
      wake = Promise.withResolvers()
      return wake.promise
    },
    begin: (headers: Record<string, string>) => handler.onResponseStart?.(controller, 200, headers),
    give: (piece: Buffer) => handler.onResponseData?.(controller, piece),
    end: () => handler.onResponseEnd?.(controller, {}),
  }
}
