import { AppError } from '@signalbox/errors'
import { DelegateBackoff, handleWhen, retry, type IRetryBackoffContext } from 'cockatiel'

export interface RetryOptions {
  /** Tries beyond the first. */
  retries: number
  /** The first wait; it doubles each time, with jitter. */
  baseMs: number
}

/** Longer waits are the caller's to decide on. */
const LONGEST_WAIT_MS = 5_000

export type Retry = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>

/**
 * The one place where model calls are repeated; the client's own retries are off. What is repeated
 * has given nothing to anybody yet: connections that failed, 429, 5xx. A timeout is not repeated,
 * because it has used the time there was.
 */
export function createRetry(options: RetryOptions): Retry {
  const policy = retry(handleWhen(isWorthRepeating), {
    maxAttempts: options.retries,
    backoff: new DelegateBackoff((context: IRetryBackoffContext<unknown>) => waitFor(context, options.baseMs)),
  }).dangerouslyUnref()
  return (work, signal) => orAborted(policy.execute(work, signal), signal)
}

function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof AppError) || !error.retryable) return false
  return (error.code === 'upstream_failed' || error.code === 'rate_limited') && (error.retryAfterMs ?? 0) <= LONGEST_WAIT_MS
}

function waitFor({ attempt, result }: IRetryBackoffContext<unknown>, baseMs: number): number {
  const asked = 'error' in result && result.error instanceof AppError ? result.error.retryAfterMs : undefined
  return asked ?? baseMs * 2 ** (attempt - 1) * (0.5 + Math.random())
}

/** The policy sleeps through an abort between two tries; whoever waits for it need not. */
function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
