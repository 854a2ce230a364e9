import { expect, test } from 'vitest'

import { createSseReader } from './read-sse.ts'

const STREAM = ': keep-alive\n\nid: 1\ndata: {"a":"é日"}\n\nid: 2\r\ndata: one\r\ndata: two\r\n\r\nevent: x\n\ndata:three\n\n'
const MESSAGES = [
  { id: '1', data: '{"a":"é日"}' },
  { id: '2', data: 'one\ntwo' },
  { id: undefined, data: 'three' },
]

test.each([1, 2, 3, 7, 1_000])('a stream that comes in pieces of %i bytes reads the same', (size) => {
  const bytes = new TextEncoder().encode(STREAM)
  const { read } = createSseReader()
  const messages = []
  for (let at = 0; at < bytes.length; at += size) messages.push(...read(bytes.subarray(at, at + size)))
  expect(messages).toEqual(MESSAGES)
})

test('an event without end is refused before it fills the memory', () => {
  const { read } = createSseReader()
  const megabyte = new TextEncoder().encode('x'.repeat(1_048_576))
  expect(() => {
    for (let count = 0; count < 40; count++) read(megabyte)
  }).toThrow('larger')
})
