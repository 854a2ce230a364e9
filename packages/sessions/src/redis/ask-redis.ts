import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import { TimeoutError } from 'redis'

import type { Redis } from './open-redis.ts'
import { isAway, toRedisError } from './redis-error.ts'

export interface Asker {
  /** Asks until Redis answers. @throws AppError `unavailable` when it does not in time. */
  ask<Answer>(work: () => Promise<Answer>): Promise<Answer>
  /**
   * Has Redis do something once, however often it must be told: each time under the same id. A call that
   * ended as `unavailable` may have been done or not; made again with the same `subject`, it is the same call.
   */
  once<Answer>(subject: object, work: (op: string) => Promise<Answer>): Promise<Answer>
  /** Nothing is asked any more. */
  close(): void
}

/** How long an answer is waited for, through connections that break, milliseconds. */
const PATIENCE_MS = 2_000
const AGAIN_MS = 25

/** Asks Redis, and asks again where the connection broke. One that has been away for longer is not waited for. `name` is what errors call what is kept there. */
export function createAsker(redis: Redis, name: string): Asker {
  const uncertain = new WeakMap<object, string>()
  let closed = false

  async function ask<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const since = performance.now()
    for (;;) {
      if (closed) throw new AppError('unavailable', `The ${name} is closed.`, { retryable: false })
      try {
        return await within(Math.max(1, since + PATIENCE_MS - performance.now()), work())
      } catch (error) {
        const until = Math.min(since, redis.awaySince ?? since) + PATIENCE_MS
        if (!isAway(error) || performance.now() + AGAIN_MS > until) throw toRedisError(error, name)
        await pause(AGAIN_MS)
      }
    }
  }

  return {
    ask,
    async once(subject, work) {
      const op = uncertain.get(subject) ?? randomBytes(12).toString('base64url')
      try {
        const answer = await ask(() => work(op))
        uncertain.delete(subject)
        return answer
      } catch (error) {
        if (error instanceof AppError && error.code === 'unavailable') uncertain.set(subject, op)
        throw error
      }
    },
    close: () => (closed = true),
  }
}

/** A Redis that stands still breaks no connection, and answers nothing. */
async function within<Answer>(milliseconds: number, answer: Promise<Answer>): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TimeoutError(`no answer within ${PATIENCE_MS} ms`)), milliseconds)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
