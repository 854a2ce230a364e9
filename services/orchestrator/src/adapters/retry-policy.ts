import { DelegateBackoff, handleWhen, retry } from 'cockatiel'
import { toAppError } from '@signalbox/errors'

import type { RetryPolicy } from '../core/run-node.ts'

/** An agent that asks for more time than this is not waited for. */
const LONGEST_WAIT_MS = 60_000

/**
 * 1 s, 2 s, 4 s and so on, each a quarter more or less, and never sooner than the agent asked for.
 * Only faults whose thrower said that trying again can help are tried again. Who calls the work off
 * is heard at once, in a pause too.
 */
export function createRetryPolicy(options: { baseMs: number; random?: () => number }): RetryPolicy {
  const random = options.random ?? Math.random
  return async (attempts, work, onRetry, signal) => {
    const backoff = new DelegateBackoff<{ attempt: number; result: unknown }>(({ attempt, result }) => {
      const asked = toAppError((result as { error?: unknown }).error).retryAfterMs ?? 0
      return Math.max(asked, options.baseMs * 2 ** (attempt - 1) * (0.75 + random() * 0.5))
    })
    const policy = retry(
      handleWhen((error) => !signal.aborted && toAppError(error).retryable && (toAppError(error).retryAfterMs ?? 0) <= LONGEST_WAIT_MS),
      { maxAttempts: attempts, backoff },
    )
    policy.onRetry((facts) => {
      if ('error' in facts && !signal.aborted) onRetry({ attempt: facts.attempt, delayMs: facts.delay, error: toAppError(facts.error) })
    })
    signal.throwIfAborted()
    const off = Promise.withResolvers<never>()
    const onAbort = (): void => off.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const trying = policy.execute(({ attempt }) => {
      // The pause before a try does not end early; the try is not begun after it.
      signal.throwIfAborted()
      return work(attempt + 1)
    }, signal)
    trying.catch(() => undefined)
    try {
      return await Promise.race([trying, off.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
