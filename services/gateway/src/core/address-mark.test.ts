import { expect, test } from 'vitest'

import { createAddressMark } from './address-mark.ts'

test('an address has the same mark wherever the same secret is, and another elsewhere', () => {
  const mark = createAddressMark('a secret')
  expect(mark('192.0.2.7')).toMatch(/^[0-9a-f]{16}$/)
  expect(createAddressMark('a secret')('192.0.2.7')).toBe(mark('192.0.2.7'))
  expect(createAddressMark('another')('192.0.2.7')).not.toBe(mark('192.0.2.7'))
  expect(createAddressMark(undefined)('192.0.2.7')).not.toBe(createAddressMark(undefined)('192.0.2.7'))
  expect(mark('192.0.2.8')).not.toBe(mark('192.0.2.7'))
})

test('an address is the same whichever family it is written in, and nowhere is no address', () => {
  const mark = createAddressMark('a secret')
  expect(mark('::ffff:192.0.2.7')).toBe(mark('192.0.2.7'))
  expect(mark(undefined)).toBeUndefined()
})
