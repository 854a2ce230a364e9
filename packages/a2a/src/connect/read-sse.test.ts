import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createSseReader, type SseMessage } from './read-sse.ts'

test('reads data and ids, joins lines, drops comments and what it does not know', () => {
  expect(readAll(': hb\n\nid: 1\ndata: a\n\nevent: error\nretry: 3\ndata:b\ndata: c\n\ndata\n\nid: 9\n\ndata: unfinished')).toEqual([
    { id: '1', data: 'a' },
    { id: undefined, data: 'b\nc' },
    { id: undefined, data: '' },
  ])
})

test('takes either kind of line end, and bytes cut anywhere, in the middle of a letter too', () => {
  const text = fc.array(
    fc.record({ id: fc.option(fc.nat().map(String), { nil: undefined }), data: fc.string({ unit: 'binary' }).filter((data) => !/[\r\n]/.test(data)) }),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(text, fc.constantFrom('\n', '\r\n'), fc.array(fc.nat(200), { maxLength: 20 }), (messages, lineEnd, cuts) => {
      const body = messages.map(({ id, data }) => `: hb${lineEnd}${id === undefined ? '' : `id: ${id}${lineEnd}`}data: ${data}${lineEnd}${lineEnd}`).join('')
      const expected = readAll(body)
      expect(expected.map(({ id }) => id)).toEqual(messages.map(({ id }) => id))
      expect(readCut(new TextEncoder().encode(body), cuts)).toEqual(expected)
    }),
  )
})

test('refuses an event without end', () => {
  const { read } = createSseReader()
  const mebibyte = new TextEncoder().encode('x'.repeat(1_024 * 1_024))
  read(new TextEncoder().encode('data: '))
  expect(() => {
    for (let index = 0; index < 20; index += 1) read(mebibyte)
  }).toThrow(AppError)
  const lines = createSseReader()
  expect(() => {
    for (let index = 0; index < 20; index += 1) lines.read(new TextEncoder().encode(`data: ${'x'.repeat(1_024 * 1_024)}\n`))
  }).toThrow(AppError)
})

function readAll(body: string): SseMessage[] {
  return createSseReader().read(new TextEncoder().encode(body))
}

function readCut(bytes: Uint8Array, cuts: readonly number[]): SseMessage[] {
  const { read } = createSseReader()
  const places = [0, ...cuts.filter((place) => place < bytes.length).toSorted((one, other) => one - other), bytes.length]
  return places.slice(1).flatMap((end, index) => read(bytes.subarray(places[index], end)))
}
