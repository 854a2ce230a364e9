import { expect, test } from 'vitest'

import { readBehaviour, type MockBehaviour } from './mock-behaviour.ts'

const defaults: MockBehaviour = { delay_ms: 5, fail_times: 0, fail_retryable: true, chunks: 1, chunk_delay_ms: 0, hang: false, garbage: false }

test('a message that says nothing is treated as configured', () => {
  expect(readBehaviour(defaults, undefined)).toBe(defaults)
  expect(readBehaviour(defaults, { skill: 'search' })).toBe(defaults)
})

test('a message changes what it names and nothing else', () => {
  expect(readBehaviour(defaults, { mock: { delay_ms: 0, fail_times: -1 } })).toEqual({ ...defaults, delay_ms: 0, fail_times: -1 })
})

test.each([
  [{ mock: { delay_ms: 'long' } }, 'metadata.mock.delay_ms'],
  [{ mock: { chunks: 0 } }, 'metadata.mock.chunks'],
  [{ mock: { explode: true } }, 'metadata.mock'],
  [{ mock: 'hang' }, 'metadata.mock'],
])('%j is refused by name', (metadata, param) => {
  expect(() => readBehaviour(defaults, metadata)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
})
