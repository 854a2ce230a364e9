import type { Asker } from './ask-redis.ts'
import type { RedisClient } from './open-redis.ts'

/** Settles when Redis answers. @throws AppError `unavailable`, or the reason of `signal`. */
export async function pingRedis(ask: Asker['ask'], client: RedisClient, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([ask(() => client.ping()), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
