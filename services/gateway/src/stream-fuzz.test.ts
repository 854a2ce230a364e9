import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { AppError } from '@signalbox/errors'
import { fuzzParameters, openCorpus, readOpenAIStream, readSse } from '@signalbox/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { chunkOf, WHOLE_STREAM } from './fixtures/upstream.ts'
import { openEventWriter } from './http/event-writer.ts'
import { createStreamSink } from './http/simple/stream-sink.ts'

const corpus = openCorpus(new URL('./fixtures/corpus/streams', import.meta.url))
const fault = new AppError('upstream_failed', 'The connection broke.')

let url: string
let answer: (outgoing: ServerResponse) => void
// A connection that is closed just as it is used again would be a failure of nobody's.
const server = createServer({ keepAliveTimeout: 600_000 }, (_incoming, outgoing) => answer(outgoing))

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

/** An upstream's bytes, how they were cut, and how they ended. */
interface Upstream {
  bytes: Buffer
  cuts: readonly number[]
  ending: 'politely' | 'broken'
}

test.each(corpus.entries().map(({ name, bytes }) => [name, bytes] as const))(
  'a stream that went wrong once, or nearly, goes well: %s',
  async (_name, bytes) => {
    for (const ending of ['politely', 'broken'] as const)
      for (const cuts of [[], [1], Array.from({ length: bytes.length }, (_, index) => index)]) await requireSound({ bytes, cuts, ending })
  },
)

test.each(['politely', 'broken'] as const)('a stream that ends %s at any byte is told as far as its lines are whole, and its end is said', async (ending) => {
  const bytes = Buffer.from(WHOLE_STREAM)
  for (let length = 0; length <= bytes.length; length++) await requireSound({ bytes: bytes.subarray(0, length), cuts: [length >> 1], ending })
})

test('any bytes, cut anywhere, end in a way that can be read', async () => {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: 'binary' }).map((content) => chunkOf({ content })) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        chunkOf({}, 'stop'),
        'data: [DONE]\n\n',
        ': a comment\n\n',
        'data:\n',
        '\r\n',
        '\n',
        'event: error\n',
        'data: {"error":{"message":"no"}}\n\n',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
  const bytes = fc.oneof(
    { weight: 5, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw)) },
  )
  const upstream = fc.record({ bytes, cuts: fc.array(fc.nat(2_000), { maxLength: 20 }), ending: fc.constantFrom('politely' as const, 'broken' as const) })
  const run = await fc.check(fc.asyncProperty(upstream, requireSound), fuzzParameters(120))
  if (run.failed) throw new Error(`${fc.defaultReportMessage(run) ?? 'it failed'}\n\n${corpus.keep(run.counterexample?.[0].bytes ?? Buffer.alloc(0))}`)
}, 600_000)

test('whatever we say in an event comes out as it went in, however it is cut on its way', async () => {
  const values = fc.array(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constantFrom('a\nb', '\r\n\r\n', 'data: x', '\u2028\u2029', '\u0000')), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(values, async (said) => {
      answer = async (outgoing) => {
        const writer = openEventWriter(outgoing, { headers: {}, keepAliveMs: 60_000 })
        for (const [index, value] of said.entries()) await writer.send({ value }, { id: index })
        writer.done()
      }
      const response = await fetch(url)
      const events = []
      for await (const event of readSse(response)) events.push(event)
      expect(events.pop()?.data).toBe('[DONE]')
      expect(events.map(({ id, data }) => [id, JSON.parse(data ?? '')])).toEqual(
        said.map((value, index) => [String(index), JSON.parse(JSON.stringify({ value }))]),
      )
    }),
    fuzzParameters(40),
  )
}, 600_000)

/** What must hold of every stream that is passed on. */
async function requireSound({ bytes, cuts, ending }: Upstream): Promise<void> {
  const { status, body } = await relay({ bytes, cuts, ending })
  if (status !== 200) return
  const { passed, error } = takeApart(body, bytes)
  // Byte for byte, up to the end of a line; a last line may lack its end where the upstream ended politely.
  expect(bytes.subarray(0, passed.length).equals(passed)).toBe(true)
  const isAll = passed.length === bytes.length
  expect(isAll || passed.at(-1) === 0x0a).toBe(true)
  if (!isAll) expect(bytes.subarray(passed.length).includes(0x0a)).toBe(false)
  if (error === undefined) {
    expect(ending).toBe('politely')
    expect(passed.toString('latin1')).toMatch(/\[DONE\]|finish_reason|error/)
    return
  }
  expect(error).toEqual({ message: expect.any(String) as string, type: 'server_error', param: null, code: 'upstream_failed' })
  if (!WHOLE_STREAM.startsWith(bytes.toString())) return
  // Of a stream that was good as far as it went, a client reads every chunk, and then the error.
  const { chunks, done } = await readOpenAIStream(new Response(new Uint8Array(body)))
  expect(chunks.at(-1)).toHaveProperty('error')
  expect(done).toBe(passed.includes('[DONE]'))
}

/** Sends bytes through the sink, and reads what a caller gets of them. The status is the error's where there is one to be told yet. */
async function relay({ bytes, cuts, ending }: Upstream): Promise<{ status: number; body: Buffer }> {
  answer = (outgoing) => {
    const sink = createStreamSink(outgoing, { headers: [], host: 'upstream' })
    const refuse = (): void => void outgoing.writeHead(502).end()
    try {
      for (const piece of cut(bytes, cuts)) sink.write(piece)
    } catch (error) {
      expect(error).toMatchObject({ code: 'upstream_invalid' })
      return refuse()
    }
    if (ending === 'politely') {
      if (sink.end()) refuse()
    } else if (!sink.cut(fault)) refuse()
  }
  const response = await fetch(url)
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
}

/** What came of the upstream's bytes, and the error of ours behind them, which stands apart by a blank line. */
function takeApart(body: Buffer, bytes: Buffer): { passed: Buffer; error?: unknown } {
  const start = body.lastIndexOf('data: {"error":{"message":"The ')
  if (start === -1) return { passed: body }
  const { error } = JSON.parse(body.toString('utf8', start + 'data: '.length)) as { error: unknown }
  const before = body.subarray(0, start)
  const gap = [0, 1, 2].find((size) => bytes.subarray(0, before.length - size).equals(before.subarray(0, before.length - size))) ?? 0
  return { passed: before.subarray(0, before.length - gap), error }
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((place) => place < bytes.length).toSorted((one, other) => one - other), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}
