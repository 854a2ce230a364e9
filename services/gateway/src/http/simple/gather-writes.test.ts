import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { gatherWrites } from './gather-writes.ts'

test('what comes in one turn leaves as one chunk, in order, and nothing waits for the next turn', async () => {
  const answer = await answerOf(async (outgoing) => {
    const writes = gatherWrites(outgoing)
    for (const piece of ['one ', 'two ', 'three']) writes.write(Buffer.from(piece))
    await new Promise((resolve) => setImmediate(resolve))
    writes.write(Buffer.from('four'))
    await new Promise((resolve) => setImmediate(resolve))
    writes.end()
  })
  expect(chunksOf(answer)).toEqual(['one two three', 'four', ''])
})

test('an answer’s end leaves with what was gathered before it, and its last words behind', async () => {
  const answer = await answerOf((outgoing) => {
    const writes = gatherWrites(outgoing)
    writes.write(Buffer.from('one '))
    writes.end('two')
  })
  expect(chunksOf(answer).join('')).toBe('one two')
})

test('a caller that takes nothing is noticed before its bytes are written, and wants more when it has taken them', async () => {
  const drained = Promise.withResolvers<void>()
  const answer = await answerOf(async (outgoing) => {
    const writes = gatherWrites(outgoing)
    const piece = Buffer.alloc(1_024, 'a')
    let pieces = 1
    while (writes.write(piece)) pieces++
    expect(pieces * piece.length).toBeLessThanOrEqual(outgoing.writableHighWaterMark)
    outgoing.once('drain', () => drained.resolve())
    await drained.promise
    writes.end()
  })
  expect(chunksOf(answer)[0]?.length).toBeGreaterThan(1_024)
})

/** The bytes of an answer as they travel, chunks and all. */
async function answerOf(answer: (outgoing: ServerResponse) => unknown): Promise<string> {
  const server = createServer((_incoming, outgoing) => void answer(outgoing))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const answered = await text(socket)
  server.close()
  return answered
}

function chunksOf(answer: string): string[] {
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  return body
    .split(/(?:^|\r\n)[0-9a-f]+\r\n/)
    .slice(1)
    .map((chunk) => chunk.replace(/\r\n\r\n$|\r\n$/, ''))
}
