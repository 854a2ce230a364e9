import { IncomingMessage, ServerResponse, type IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import type { ModelUpstream, ReplyReceiver, UpstreamRequest } from '../../adapters/model-upstream.ts'
import { createStopBell } from '../../core/stop-bell.ts'
import { chunkOf } from '../../fixtures/upstream.ts'
import { watchCaller } from '../caller-presence.ts'
import { relay, relayHeld, type Caller, type RelayOutcome } from './relay.ts'

const USAGE = 'data: {"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
const STREAM =
  chunkOf({ role: 'assistant', content: '' }) +
  ': OPENROUTER PROCESSING\n\n' +
  chunkOf({ content: 'Hé"}\\n\u2028' }).replace('"created"', '"obfuscation":"x7Q",  "created"') +
  chunkOf({}, 'stop') +
  USAGE +
  'data: [DONE]\n\n'

const STREAMS: [string, string][] = [
  ['as OpenAI writes it', STREAM],
  ['with CRLF', STREAM.replaceAll('\n', '\r\n')],
  ['with names for its events', STREAM.replaceAll(/^data/gm, 'event: message\nid: 7\ndata')],
  ['that ends in an error of its own', `${chunkOf({ content: 'Hel' })}event: error\ndata: {"error":{"message":"overloaded","code":"x"}}\n\n`],
]
const WHOLE = JSON.stringify({ object: 'chat.completion', choices: [{ message: { content: 'a "}{" \\ ü' }, logprobs: { content: [{}] } }], usage: {} })

const BROKE = new AppError('upstream_failed', 'The connection broke.')

test.each(STREAMS)('a stream %s comes through unchanged, wherever its bytes are cut in two', async (_name, text) => {
  const bytes = Buffer.from(text)
  for (let at = 0; at <= bytes.length; at++) {
    const { body } = await told({ stream: true, pieces: [bytes.subarray(0, at), bytes.subarray(at)], inTurns: at % 8 === 0 })
    if (body !== text) expect({ at, body }).toEqual({ at, body: text })
  }
})

test('and so it does when it was held back, and released with any part of it there', async () => {
  const bytes = Buffer.from(STREAM)
  for (let at = 0; at <= bytes.length; at++) {
    const { body } = await told({ stream: true, pieces: [bytes.subarray(0, at), bytes.subarray(at)], releaseAfter: at % 4 })
    if (body !== STREAM) expect({ at, body }).toEqual({ at, body: STREAM })
  }
})

test.each(STREAMS.flatMap(([name, text]) => [true, false].map((politely) => ({ name, text, politely }))))(
  'a stream $name that ends too early is told by an error that can be read, at whichever byte (politely: $politely)',
  async ({ text, politely }) => {
    const bytes = Buffer.from(text)
    const isDone = /data: \[DONE\]|"error"/
    for (let at = 0; at < bytes.length; at++) {
      const sent = bytes.subarray(0, at).toString('latin1')
      const { body, fault } = await told({ stream: true, pieces: [bytes.subarray(0, at)], breaks: !politely, inTurns: at % 8 === 0 })
      if (body === undefined) {
        // Nothing was sent: it becomes a status.
        expect(fault?.code).toBe('upstream_failed')
        continue
      }
      const events = readEvents(body)
      const last = events.at(-1)
      const hasEnded = politely && (isDone.test(sent) || sent.includes('"finish_reason":"stop"'))
      if (!hasEnded && !JSON.stringify(last).includes('"error"')) expect({ at, last }).toEqual({ at, last: 'an error' })
      if (!sent.includes('"finish_reason":"stop"')) expect(body).not.toContain('"finish_reason":"stop"')
      if (!sent.includes('[DONE]')) expect(body).not.toContain('[DONE]')
    }
  },
)

test.each([true, false])('a whole reply that ends too early never looks whole, at whichever byte (politely: %s)', async (politely) => {
  const bytes = Buffer.from(WHOLE)
  for (let at = 0; at < bytes.length; at++) {
    const { body, fault } = await told({ stream: false, pieces: [bytes.subarray(0, at)], breaks: !politely })
    if (body !== undefined || fault === undefined) expect({ at, body }).toEqual({ at, body: undefined })
  }
})

test('a whole reply comes through unchanged, wherever its bytes are cut in two', async () => {
  const bytes = Buffer.from(WHOLE)
  for (let at = 0; at <= bytes.length; at++) {
    const { body } = await told({ stream: false, pieces: [bytes.subarray(0, at), bytes.subarray(at)] })
    if (body !== WHOLE) expect({ at, body }).toEqual({ at, body: WHOLE })
  }
})

test.each([65_535, 65_536, 65_537, 100_000])('a large reply that breaks after %i bytes breaks for the caller too', async (at) => {
  const bytes = Buffer.from(`{"a":"${'x'.repeat(200_000)}"}`)
  const { body, fault, destroyed } = await told({ stream: false, pieces: [bytes.subarray(0, at)], breaks: true, headers: { 'content-length': '200008' } })
  if (at > 65_536) expect(destroyed).toBe(true)
  else expect([body, fault?.code]).toEqual([undefined, 'upstream_failed'])
})

test('a line that never ends is sent on in pieces, and held no longer than it must be', async () => {
  const line = `data: {"a":"${'x'.repeat(3_000_000)}"}\n\n${chunkOf({}, 'stop')}data: [DONE]\n\n`
  const bytes = Buffer.from(line)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_, index) => bytes.subarray(index * 50_000, (index + 1) * 50_000))
  const { body } = await told({ stream: true, pieces })
  expect(body === line).toBe(true)
})

interface Telling {
  stream: boolean
  pieces: Buffer[]
  /** The connection breaks behind the pieces, in the place of an end. */
  breaks?: boolean
  headers?: IncomingHttpHeaders
  /** Holds the reply back until so many of its happenings (headers, pieces, end) are there. */
  releaseAfter?: number
  /** Each happening in a turn of the event loop of its own. */
  inTurns?: boolean
}

/** What a caller was told when the upstream said all this. The body is undefined where nothing was sent. */
async function told({
  stream,
  pieces,
  breaks = false,
  headers = {},
  releaseAfter,
  inTurns = false,
}: Telling): Promise<{ body?: string; fault?: AppError; destroyed: boolean }> {
  const { outgoing, written, isDestroyed } = responseInMemory()
  const caller: Caller = { outgoing, presence: watchCaller(outgoing), stopBell: createStopBell(), says: { addTo: () => undefined } }
  let receiver: ReplyReceiver | undefined
  const upstream: ModelUpstream = {
    host: 'upstream',
    send: (_request, given) => ((receiver = given), { stop: () => undefined, pause: () => undefined, resume: () => undefined }),
    get: async () => ({ status: 404, json: undefined }),
    load: () => ({ used: 0, waiting: 0 }),
    close: async () => undefined,
  }
  const request: UpstreamRequest = { path: '/chat/completions', body: Buffer.alloc(0), stream, requestId: 'r', isRetry: false }
  const happenings = [
    () => receiver?.onReply(200, { 'content-type': stream ? 'text/event-stream' : 'application/json', ...headers }),
    ...pieces.filter(({ length }) => length > 0).map((piece) => () => receiver?.onBytes(piece)),
    () => (breaks ? receiver?.onFailure(BROKE) : receiver?.onEnd()),
  ]
  const held = releaseAfter === undefined ? undefined : relayHeld(upstream, request, caller)
  let outcome = held ? undefined : toFault(relay(upstream, request, caller))
  for (const [index, happen] of happenings.entries()) {
    if (index === releaseAfter) outcome = held && toFault(held.release())
    happen()
    if (inTurns) await nextTurn()
  }
  outcome ??= held && toFault(held.release())
  const fault = await outcome
  const body = readBody(Buffer.concat(written))
  return { ...(body !== undefined && { body }), ...(fault && { fault }), destroyed: isDestroyed() }
}

function toFault(outcome: Promise<RelayOutcome>): Promise<AppError | undefined> {
  return outcome.then(
    ({ fault }) => fault,
    (error: unknown) => error as AppError,
  )
}

/** A real response that writes into memory. */
function responseInMemory(): { outgoing: ServerResponse; written: Buffer[]; isDestroyed: () => boolean } {
  const written: Buffer[] = []
  const socket = new Writable({ write: (piece, _encoding, done) => (written.push(piece as Buffer), done()) })
  const incoming = new IncomingMessage(new Socket())
  incoming.method = 'POST'
  incoming.httpVersionMajor = 1
  incoming.httpVersionMinor = 1
  const outgoing = new ServerResponse(incoming)
  outgoing.assignSocket(socket as Socket)
  return { outgoing, written, isDestroyed: () => socket.destroyed }
}

/** The body of what was written; undefined where nothing was. */
function readBody(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return undefined
  const end = bytes.indexOf('\r\n\r\n')
  const rest = bytes.subarray(end + 4)
  if (!bytes.toString('latin1', 0, end).toLowerCase().includes('transfer-encoding: chunked')) return rest.toString()
  const pieces: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at)
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) return Buffer.concat(pieces).toString()
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 4 + size
  }
}

/** Every event's data, which must be JSON or `[DONE]`, as a client reads it: what no blank line ends is no event. */
function readEvents(body: string): unknown[] {
  return body
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .map((line) => (line === 'data: [DONE]' ? line : JSON.parse(line.slice(5))))
}
