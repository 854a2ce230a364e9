import { expect, test } from 'vitest'

import { cutLong } from './cut-long.ts'

test('a text that is not long stays whole', () => {
  expect(cutLong('a word '.repeat(10), 100)).toBe('a word '.repeat(10))
  expect(cutLong('x'.repeat(130), 100)).toBe('x'.repeat(130))
})

test('a long one ends with a paragraph, else with a line, else within neither word’s half', () => {
  expect(cutLong(`${'a'.repeat(80)}\n\n${'b'.repeat(400)}`, 100)).toBe('a'.repeat(80))
  expect(cutLong(`${'a'.repeat(80)}\n${'b'.repeat(400)}`, 100)).toBe('a'.repeat(80))
  expect(cutLong(`${'a'.repeat(99)}😀${'b'.repeat(400)}`, 100)).toBe('a'.repeat(99))
})
