import { expect, test } from 'vitest'

import { createDuplicateGuard, type GuardedRequest } from './duplicate-guard.ts'

const request = (extra: Partial<GuardedRequest> = {}): GuardedRequest => ({
  owner: 'ann',
  body: Buffer.from('{}'),
  givenKey: undefined,
  retryCount: 0,
  ...extra,
})

test('a retry takes the key of the try before it; the same words asked again do not', () => {
  const guard = createDuplicateGuard()
  const first = guard.keyFor(request())
  expect(guard.keyFor(request({ retryCount: 1 }))).toBe(first)
  expect(guard.keyFor(request({ retryCount: 2 }))).toBe(first)
  const second = guard.keyFor(request())
  expect(second).not.toBe(first)
  expect(guard.keyFor(request({ retryCount: 1 }))).toBe(second)
})

test('neither another owner nor another body takes it', () => {
  const guard = createDuplicateGuard()
  const first = guard.keyFor(request())
  expect(guard.keyFor(request({ retryCount: 1, owner: 'bob' }))).not.toBe(first)
  expect(guard.keyFor(request({ retryCount: 1, body: Buffer.from('{ }') }))).not.toBe(first)
})

test('a caller’s own key is taken as it is, for one request only', () => {
  const guard = createDuplicateGuard()
  expect(guard.keyFor(request({ givenKey: 'k' }))).toBe('k')
  expect(guard.keyFor(request({ givenKey: 'k', owner: 'bob', body: Buffer.from('1') }))).toBe('k')
  expect(() => guard.keyFor(request({ givenKey: 'k', body: Buffer.from('2') }))).toThrowError(
    expect.objectContaining({ code: 'idempotency_mismatch', param: 'Idempotency-Key' }) as Error,
  )
})

test('what is too long ago is no retry', () => {
  let now = 0
  const guard = createDuplicateGuard(() => now)
  const first = guard.keyFor(request())
  now = 16 * 60_000
  expect(guard.keyFor(request({ retryCount: 1 }))).not.toBe(first)
})
