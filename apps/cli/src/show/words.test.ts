import { expect, test } from 'vitest'

import { toSafeJson } from './safe-json.ts'
import { toPrice, toSpan } from './words.ts'

test.each([
  [0, '0.0 s'],
  [9_940, '9.9 s'],
  [59_000, '59 s'],
  [180_000, '3 m'],
  [7_200_000, '2 h'],
  [3 * 86_400_000, '3 d'],
  [-5, '0.0 s'],
])('%i ms are %s', (milliseconds, span) => {
  expect(toSpan(milliseconds)).toBe(span)
})

test.each([
  [null, 'price unknown'],
  [0, '$0'],
  [0.000123, '$0.00012'],
  [0.5, '$0.5'],
  [12.345, '$12.35'],
])('%d is %s', (usd, text) => {
  expect(toPrice(usd)).toBe(text)
})

test('JSON for a terminal is the same value', () => {
  const value = { text: 'a\u001b[2J\u009b\u202e\u200b\u2028b😀\u{e0001}' }
  const json = toSafeJson(value)
  expect(json).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}/u)
  expect(JSON.parse(json)).toEqual(value)
})
