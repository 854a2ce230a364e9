import { randomUUID } from 'node:crypto'

import { createClient } from 'redis'

import { describeDoorbell } from '../contract/index.ts'
import { createBullDoorbell } from './bull-doorbell.ts'

const url = process.env['TEST_REDIS_URL']
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeDoorbell('BullMQ doorbell', async ({ onError }) => {
  const client = createClient({ url })
  client.on('error', (error) => onError(error))
  await client.connect()
  const prefix = `test-${randomUUID()}`
  return {
    doorbell: createBullDoorbell({ client, prefix, onError }),
    async dispose() {
      for (const key of await client.keys(`${prefix}:*`)) await client.del(key)
      await client.close()
    },
  }
})
