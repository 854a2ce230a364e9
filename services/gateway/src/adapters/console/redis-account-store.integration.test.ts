import { randomBytes } from 'node:crypto'

import { openRedis, type Redis } from '@signalbox/sessions'
import { expect, test } from 'vitest'

import { describeAccountStore, userOf, type Place } from './contract/account-rules.ts'
import { openRedisAccountStore } from './redis-account-store.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeAccountStore('the Redis account store', openPlace)

test('sessions go by themselves, and all that is kept lies in one slot', async () => {
  const { prefix, redis, ...place } = await openPlace()
  const store = await place.open()
  await store.add(userOf('ann', { role: 'admin', subject: 's' }))
  const now = Date.now()
  await store.beginSession({ hash: 'h', userId: 'user:ann', generation: 'g', createdAt: now, seenAt: now, endsAt: now + 3_600_000 })
  const keys = await redis.client.keys(`${prefix}:*`)
  expect(keys.every((key) => key.startsWith(`${prefix}:{console}:`))).toBe(true)
  expect(await redis.client.pTTL(`${prefix}:{console}:session:h`)).toBeGreaterThan(3_500_000)
  await store.touchSession('h', now + 1_000)
  expect(await redis.client.pTTL(`${prefix}:{console}:session:h`)).toBeLessThanOrEqual(3_600_000)
  await store.close()
  await place.dispose()
})

async function openPlace(): Promise<Place & { prefix: string; redis: Redis }> {
  const prefix = `test:${randomBytes(6).toString('hex')}`
  const redis = await openRedis({ url, onWarning: () => undefined })
  return {
    prefix,
    redis,
    open: async () => openRedisAccountStore({ redis, prefix }),
    async dispose() {
      const keys = await redis.client.keys(`${prefix}:*`)
      if (keys.length > 0) await redis.client.del(keys)
      await redis.close()
    },
  }
}
