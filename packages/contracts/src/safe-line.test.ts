import fc from 'fast-check'
import { expect, test } from 'vitest'

import { toSafeLine, toSafeText } from './safe-line.ts'

const ANYTHING = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2_000 }),
  fc.string({ unit: fc.constantFrom('😀', 'a', '\n', '\r', '\u202e', '<', '\ud800', '\u001b', '\u001b[', '\u009b', '31m', '\u200d'), maxLength: 600 }),
)

test('what agents say becomes one harmless line', () => {
  expect(toSafeLine('a\r\n\u001b[31mred\u001b[0m\u202e \u200bhidden\u0000 ![x](http://evil) <img src=x> `code`')).toBe(
    "a red hidden ![x] (http://evil) ‹img src=x› 'code'",
  )
})

test('a link or a window title of a terminal goes whole', () => {
  expect(toSafeLine('see \u001b]8;;http://evil\u0007here\u001b]8;;\u0007, \u001b]0;title\u001b\\now\u009b2J')).toBe('see here, now')
})

test('any text at all is one line of well-formed characters, as long as was said at most', () => {
  fc.assert(
    fc.property(ANYTHING, fc.integer({ min: 1, max: 300 }), (text, longest) => {
      const line = toSafeLine(text, longest)
      expect(line.length).toBeLessThanOrEqual(longest)
      expect(line.isWellFormed()).toBe(true)
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]/u)
    }),
  )
})

test('a text keeps its lines and its emoji, and loses what would work on a terminal', () => {
  expect(toSafeText('one\r\n\ttwo \u001b[2Jthree\u202e\u2028four \u{1f469}\u200d\u{1f4bb} <b>')).toBe('one\n\ttwo three\nfour \u{1f469}\u200d\u{1f4bb} <b>')
  fc.assert(
    fc.property(ANYTHING, (text) => {
      const safe = toSafeText(text)
      expect(safe.isWellFormed()).toBe(true)
      expect(safe.replaceAll('\u200d', '')).not.toMatch(/(?![\n\t])\p{Cc}|[\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
  )
})
