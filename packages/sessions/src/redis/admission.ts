import Redlock, { ExecutionError, ResourceLockedError, type Lock, type RedlockClient } from 'redlock'

import type { RedisClient } from './open-redis.ts'

/**
 * Admits one holder to a key at a time, by `redlock` on the one Redis where the session lies. That is
 * efficiency: what protects the session is its fence, because a holder that stands still does not notice that
 * its time is over.
 */
export interface Admission {
  /** Undefined where another holds the key. */
  admit(key: string, leaseMs: number): Promise<Lock | undefined>
}

export function createAdmission(client: RedisClient): Admission {
  const redlock = new Redlock([speakLikeIoredis(client)], { retryCount: 0 })
  return {
    async admit(key, leaseMs) {
      try {
        return await redlock.acquire([key], Math.ceil(leaseMs))
      } catch (error) {
        const cause = await causeOf(error)
        if (cause instanceof ResourceLockedError) return undefined
        throw cause
      }
    },
  }
}

/** What the one Redis said, where redlock says only that there was no quorum. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof ExecutionError)) return error
  const votes = await error.attempts.at(-1)
  return votes?.votesAgainst.values().next().value ?? error
}

function speakLikeIoredis(client: RedisClient): RedlockClient {
  const split = (keyCount: number, args: (string | number)[]): { keys: string[]; arguments: string[] } => ({
    keys: args.slice(0, keyCount).map(String),
    arguments: args.slice(keyCount).map(String),
  })
  return {
    evalsha: (hash, keyCount, args) => client.evalSha(hash, split(keyCount, args)),
    eval: (script, keyCount, args) => client.eval(script, split(keyCount, args)),
  }
}
