import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { createRetry } from './retry.ts'

test.each([
  ['upstream_failed', {}, 3],
  ['rate_limited', { retryAfterMs: 1 }, 3],
  ['rate_limited', { retryAfterMs: 60_000 }, 1],
  ['upstream_failed', { retryable: false }, 1],
  ['upstream_timeout', {}, 1],
  ['upstream_invalid', {}, 1],
] as const)('%s with %o is tried %d times', async (code, options, tries) => {
  let calls = 0
  const work = createRetry({ retries: 2, baseMs: 1 })(() => {
    calls++
    return Promise.reject(new AppError(code, 'no', options))
  }, AbortSignal.timeout(10_000))
  await expect(work).rejects.toMatchObject({ code })
  expect(calls).toBe(tries)
})

test('does not keep a caller waiting who leaves between two tries, and tries no more', async () => {
  const caller = new AbortController()
  let calls = 0
  const work = createRetry({ retries: 2, baseMs: 600_000 })(() => {
    calls++
    setImmediate(() => caller.abort(new Error('gone')))
    return Promise.reject(new AppError('upstream_failed', 'no'))
  }, caller.signal)
  await expect(work).rejects.toThrow('gone')
  expect(calls).toBe(1)
})
