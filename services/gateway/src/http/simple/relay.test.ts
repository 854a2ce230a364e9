import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import type { ModelUpstream, ReplyReceiver, UpstreamRequest } from '../../adapters/model-upstream.ts'
import { createStopBell } from '../../core/stop-bell.ts'
import { watchCaller } from '../caller-presence.ts'
import { relay, relayHeld } from './relay.ts'

const REQUEST: UpstreamRequest = { path: '/chat/completions', body: Buffer.alloc(0), stream: true, requestId: 'r', isRetry: false }
const PIECE = Buffer.from(`data: ${'x'.repeat(64_000)}\n\n`)

const open: { close(): void }[] = []
afterEach(() => {
  for (const thing of open.splice(0)) thing.close()
})

test('a caller that does not read pauses the upstream, and one that reads again lets it go on', async () => {
  const { outgoing, readAll } = await callerThatDoesNotRead()
  const upstream = createPuppetUpstream()
  const relayed = relay(upstream, REQUEST, { outgoing, presence: watchCaller(outgoing), stopBell: createStopBell(), says: { addTo: () => undefined } })
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

test('a reply that was held is not waited for by a caller that has left before it was let through', async () => {
  const { outgoing } = await callerThatDoesNotRead()
  const upstream = createPuppetUpstream()
  const held = relayHeld(upstream, REQUEST, { outgoing, presence: watchCaller(outgoing), stopBell: createStopBell(), says: { addTo: () => undefined } })
  upstream.begin({ 'content-type': 'text/event-stream' })
  outgoing.destroy()
  await once(outgoing, 'close')
  await expect(held.release()).rejects.toMatchObject({ code: 'canceled' })
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
function createPuppetUpstream() {
  let receiver: ReplyReceiver | undefined
  let paused = false
  let wake = Promise.withResolvers<void>()
  const upstream: ModelUpstream = {
    host: 'upstream',
    send: (_request, given) => {
      receiver = given
      return {
        stop: () => undefined,
        pause: () => void (paused = true),
        resume: () => {
          paused = false
          wake.resolve()
        },
      }
    },
    get: async () => ({ status: 404, json: undefined }),
    load: () => ({ used: 0, waiting: 0 }),
    close: async () => undefined,
  }
  return {
    ...upstream,
    paused: () => paused,
    resumed: () => {
      wake = Promise.withResolvers()
      return wake.promise
    },
    begin: (headers: Record<string, string>) => receiver?.onReply(200, headers),
    give: (piece: Buffer) => receiver?.onBytes(piece),
    end: () => receiver?.onEnd(),
  }
}
