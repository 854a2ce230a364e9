import { RETRYABLE_BY_DEFAULT, type ErrorCode } from './codes.ts'

export interface AppErrorOptions {
  /** The field the caller must mend, in the caller's words: `messages[0].role`. */
  param?: string
  /** Whether trying again can help; the code's default when absent. */
  retryable?: boolean
  /** How long to wait before trying again, milliseconds. */
  retryAfterMs?: number
  /** Machine-readable facts that are safe to show. Never secrets, never prompts. */
  details?: Record<string, unknown>
  cause?: unknown
}

/**
 * An error whose message was written for whoever meets it. Anything else that is thrown is a
 * surprise: it is logged whole and shown to nobody (`toAppError` turns it into `internal`).
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.param = options.param
    this.retryable = options.retryable ?? RETRYABLE_BY_DEFAULT[code]
    this.retryAfterMs = options.retryAfterMs
    this.details = options.details ?? {}
  }
}

/** What we did not expect never reaches a client in its own words: it becomes `internal`, cause kept. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isAbortError(error)) {
    return isTimeoutError(error)
      ? new AppError('deadline_exceeded', 'The deadline passed before the work was done.', { cause: error })
      : new AppError('canceled', 'The work was canceled.', { cause: error })
  }
  return new AppError('internal', 'Something went wrong on our side.', { cause: error })
}

/** True for what `AbortSignal`s throw: an `AbortError` or a `TimeoutError`. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
}

function isTimeoutError(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}
