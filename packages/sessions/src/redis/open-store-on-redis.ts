import type { SessionStore } from '../session-store.ts'
import { openRedis } from './open-redis.ts'
import { openRedisSessionStore } from './redis-session-store.ts'

/** A store with a connection of its own, as a process of its own has it: for tests. */
export async function openStoreOnRedis({ url, prefix }: { url: string; prefix: string }): Promise<SessionStore> {
  const redis = await openRedis({ url, onWarning: () => undefined })
  const store = openRedisSessionStore({ redis, prefix })
  return {
    ...store,
    async close() {
      await store.close()
      await redis.close()
    },
  }
}
