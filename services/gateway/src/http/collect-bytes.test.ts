import fc from 'fast-check'
import { expect, test } from 'vitest'

import { CollectedBytes } from './collect-bytes.ts'

test('bytes come out as they went in, however they were cut', () => {
  const pieces = fc.oneof(fc.array(fc.uint8Array({ maxLength: 4_000 }), { maxLength: 200 }), fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 2_000 }))
  fc.assert(
    fc.property(pieces, (given) => {
      const body = new CollectedBytes()
      for (const piece of given) body.add(Buffer.from(piece))
      const expected = Buffer.concat(given)
      expect(body.size).toBe(expected.length)
      expect(body.whole().equals(expected)).toBe(true)
    }),
  )
})

test('one piece is not copied', () => {
  const body = new CollectedBytes()
  const piece = Buffer.from('{}')
  body.add(piece)
  expect(body.whole()).toBe(piece)
})

test('a body of a megabyte that came byte by byte is held in not much more', () => {
  const body = new CollectedBytes()
  // Cut from one slab, as a parser does; were they kept, each would be an object of its own.
  const slab = Buffer.alloc(1_024, 0x20)
  for (let at = 0; at < 1_048_576; at++) body.add(slab.subarray(at % 1_024, (at % 1_024) + 1))
  expect(body.whole().buffer.byteLength).toBeLessThan(4 * 1_048_576)
  expect(body.whole()).toHaveLength(1_048_576)
})
