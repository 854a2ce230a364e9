import { AppError, type AppErrorOptions } from '@signalbox/errors'

import { A2A_FAULTS, isA2AReason, type A2AReason } from './fault-table.ts'

/** An error that A2A has its own word for; the word rides in `details.reason` and decides how it looks on the wire. */
export function a2aError(reason: A2AReason, message: string, options: Omit<AppErrorOptions, 'details'> = {}): AppError {
  return new AppError(A2A_FAULTS[reason].code, message, { ...options, details: { reason } })
}

/** The same error under one of A2A's words, for an operation that knows what its failure means. */
export function withReason(error: AppError, reason: A2AReason): AppError {
  return new AppError(error.code, error.message, {
    retryable: error.retryable,
    details: { ...error.details, reason },
    cause: error,
    ...(error.param !== undefined && { param: error.param }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  })
}

export function reasonOf(error: AppError): A2AReason | undefined {
  const reason = error.details['reason']
  return isA2AReason(reason) ? reason : undefined
}

/** What to throw when a message comes for a task that has ended, or somebody subscribes to one. On the wire it is `UnsupportedOperationError`. */
export function taskHasEnded(taskId: string, state: string): AppError {
  return new AppError('conflict', `The task ${taskId} has ended (${state}).`)
}
