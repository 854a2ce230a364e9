import { randomBytes } from 'node:crypto'

import { openRedis } from '@signalbox/sessions'
import { expect, test } from 'vitest'

import { describeResponseStore, entryOf, KEPT, KEPT_BYTES, type Place } from './contract/response-rules.ts'
import { openRedisResponseStore } from './redis-response-store.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeResponseStore('the Redis response store', openPlace)

test('responses go by themselves, and all of an owner lies in one slot', async () => {
  const prefix = `test:${randomBytes(6).toString('hex')}`
  const redis = await openRedis({ url, onWarning: () => undefined })
  const store = openRedisResponseStore({ redis, prefix })
  await store.add(entryOf('resp_1'))
  await store.add(entryOf('resp_2', { endsAt: Date.now() + 7_200_000 }))
  const keys = await redis.client.keys(`${prefix}:*`)
  expect(keys.every((key) => key.startsWith(`${prefix}:{responses:ann}:`))).toBe(true)
  expect(await redis.client.pTTL(`${prefix}:{responses:ann}:of:resp_1`)).toBeGreaterThan(3_500_000)
  expect(await redis.client.pTTL(`${prefix}:{responses:ann}:age`)).toBeGreaterThan(7_000_000)
  await store.close()
  await redis.client.del(keys)
  await redis.close()
})

async function openPlace(): Promise<Place> {
  const prefix = `test:${randomBytes(6).toString('hex')}`
  const redis = await openRedis({ url, onWarning: () => undefined })
  return {
    open: async (now) => openRedisResponseStore({ redis, prefix, mostPerOwner: KEPT, mostBytesPerOwner: KEPT_BYTES, ...(now && { now }) }),
    async dispose() {
      const keys = await redis.client.keys(`${prefix}:*`)
      if (keys.length > 0) await redis.client.del(keys)
      await redis.close()
    },
  }
}
