import { DelegateBackoff, handleWhen, retry } from 'cockatiel'
import { toAppError } from '@signalbox/errors'

import type { RetryPolicy } from '../core/run-node.ts'

/**
 * 1 s, 2 s, 4 s and so on, each a quarter more or less, and never sooner than the agent asked for.
 * Only faults whose thrower said that trying again can help are tried again.
 */
export function createRetryPolicy(options: { baseMs: number; random?: () => number }): RetryPolicy {
  const random = options.random ?? Math.random
  return (attempts, work, onRetry, signal) => {
    const backoff = new DelegateBackoff<{ attempt: number; result: unknown }>(({ attempt, result }) => {
      const asked = toAppError((result as { error?: unknown }).error).retryAfterMs ?? 0
      return Math.max(asked, options.baseMs * 2 ** (attempt - 1) * (0.75 + random() * 0.5))
    })
    const policy = retry(
      handleWhen((error) => !signal.aborted && toAppError(error).retryable),
      { maxAttempts: attempts, backoff },
    )
    policy.onRetry((facts) => {
      if ('error' in facts) onRetry({ attempt: facts.attempt, delayMs: facts.delay, error: toAppError(facts.error) })
    })
    return policy.execute(({ attempt }) => work(attempt + 1), signal)
  }
}
