import { expect, test } from 'vitest'

import { AppError, toAppError } from './app-error.ts'

test('a code knows whether trying again helps, unless the thrower knows better', () => {
  expect(new AppError('upstream_timeout', 'slow').retryable).toBe(true)
  expect(new AppError('invalid_request', 'wrong').retryable).toBe(false)
  expect(new AppError('upstream_failed', 'refused the key', { retryable: false }).retryable).toBe(false)
})

test('what nobody foresaw is hidden behind a general message, and kept as the cause', () => {
  const surprise = new Error('connect ECONNREFUSED postgres://user:secret@db')
  const shown = toAppError(surprise)
  expect(shown.code).toBe('internal')
  expect(shown.message).not.toContain('secret')
  expect(shown.cause).toBe(surprise)
})

test('an aborted wait is canceled; one that timed out passed its deadline', () => {
  expect(toAppError(new DOMException('gone', 'AbortError')).code).toBe('canceled')
  expect(toAppError(new DOMException('late', 'TimeoutError')).code).toBe('deadline_exceeded')
})
