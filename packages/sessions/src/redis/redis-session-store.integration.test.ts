import { randomBytes } from 'node:crypto'

import { createClient } from 'redis'

import { describeSessionStore, describeSessionStoreAcrossProcesses } from '../contract/index.ts'
import { openStoreOnRedis } from './open-store-on-redis.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeSessionStore('the Redis session store', async () => openPlace())

describeSessionStoreAcrossProcesses('the Redis session store across processes', async () => {
  const { options, ...place } = openPlace()
  return { ...place, elsewhere: { module: new URL('./open-store-on-redis.ts', import.meta.url).href, open: 'openStoreOnRedis', options } }
})

/** A store's place: keys of its own, which are gone when it is forgotten. */
function openPlace() {
  const prefix = `test:${randomBytes(8).toString('hex')}`
  const options = { url, prefix }
  return { options, open: () => openStoreOnRedis(options), dispose: () => removeKeys(prefix) }
}

async function removeKeys(prefix: string): Promise<void> {
  const client = await createClient({ url }).connect()
  for await (const keys of client.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1_000 })) if (keys.length > 0) await client.unlink(keys)
  await client.close()
}
