import { toAppError } from '@signalbox/errors'
import { DelegateBackoff, handleWhen, retry } from 'cockatiel'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 1_000

/** Does what a store that is away for a while keeps from being done, until it is done or the signal aborts. */
export function patiently<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const backoff = new DelegateBackoff<{ attempt: number }>(({ attempt }) => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)))
  const isAway = (error: unknown): boolean => !signal.aborted && toAppError(error).code === 'unavailable' && toAppError(error).retryable
  return retry(handleWhen(isAway), { maxAttempts: Number.POSITIVE_INFINITY, backoff }).execute(() => {
    signal.throwIfAborted()
    return work()
  }, signal)
}
