import type { Json } from '@signalbox/a2a'
import { expect, test } from 'vitest'

import { PLAIN_BEHAVIOUR, type MockBehaviour } from '../core/behaviour.ts'
import { readOrders } from './mock-behaviour.ts'

const defaults: MockBehaviour = { ...PLAIN_BEHAVIOUR, delay_ms: 5 }

test('a message that says nothing is treated as configured', () => {
  expect(orders('apples')).toEqual({ behaviour: defaults, instruction: 'apples' })
  expect(orders('apples', { skill: 'search' }).behaviour).toEqual(defaults)
})

test('a message changes what it names and nothing else', () => {
  expect(orders('apples', { mock: { delay_ms: 0, fail_times: -1 } }).behaviour).toEqual({ ...defaults, delay_ms: 0, fail_times: -1 })
})

test('words in brackets say more than the configuration, and metadata more than they', () => {
  const { behaviour, instruction } = orders('Apples. [delay 70] [say yes]', { mock: { say: 'no' } })
  expect(behaviour).toEqual({ ...defaults, delay_ms: 70, say: 'no' })
  expect(instruction).toBe('Apples.')
})

test.each([
  [{ mock: { delay_ms: 'long' } }, 'metadata.mock.delay_ms'],
  [{ mock: { chunks: 0 } }, 'metadata.mock.chunks'],
  [{ mock: { explode: true } }, 'metadata.mock'],
  [{ mock: 'hang' }, 'metadata.mock'],
])('%j is refused by name', (metadata, param) => {
  expect(() => orders('apples', metadata)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
})

test('a word in brackets that makes no sense is refused', () => {
  expect(() => orders('[delay soon]')).toThrow(expect.objectContaining({ code: 'invalid_request', param: 'message.parts' }))
})

function orders(text: string, metadata: Record<string, Json> = {}) {
  return readOrders(defaults, { parts: [{ kind: 'text', text }], metadata })
}
