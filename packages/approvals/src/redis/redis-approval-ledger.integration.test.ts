import { randomBytes } from 'node:crypto'

import type { RedisClient } from '@signalbox/sessions/redis'
import { createClient } from 'redis'

import { describeApprovalLedger, type LedgerPlace, type Tamper } from '../contract/index.ts'
import { openLedgerOnRedis } from './open-ledger-on-redis.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeApprovalLedger('the Redis approval ledger', async () => openPlace())

/** A ledger's place: keys of its own, which are gone when it is forgotten. */
function openPlace(): LedgerPlace & { prefix: string } {
  const prefix = `test:${randomBytes(8).toString('hex')}`
  return { prefix, open: () => openLedgerOnRedis({ url, prefix }), tamper: tamperWith(prefix), dispose: () => removeKeys(prefix) }
}

/** A stream's entry cannot be changed: the stream is written anew, as somebody who meddles would. */
function tamperWith(prefix: string): Tamper {
  const audit = `${prefix}:{approvals}:audit`

  async function rewrite(change: (entries: Map<number, string>) => void): Promise<void> {
    await withClient(async (client) => {
      const found = (await client.xRange(audit, '-', '+')) ?? []
      const entries = new Map(found.map(({ id, message }) => [Number.parseInt(id, 10), message['json'] ?? '']))
      change(entries)
      await client.del(audit)
      for (const [seq, json] of [...entries].toSorted(([a], [b]) => a - b)) await client.xAdd(audit, `${seq}-0`, { json })
    })
  }

  return {
    overwrite: (seq, json) => rewrite((entries) => entries.set(seq, json)),
    remove: (seq) => withClient(async (client) => void (await client.xDel(audit, `${seq}-0`))),
    append: (json) => rewrite((entries) => entries.set(Math.max(...entries.keys()) + 1, json)),
    read: (seq) => withClient(async (client) => (await client.xRange(audit, `${seq}-0`, `${seq}-0`))?.[0]?.message['json'] ?? ''),
    spoil: (id) => withClient(async (client) => void (await client.hSet(`${prefix}:{approvals}:approval:${id}`, 'json', '{"schema":7}'))),
  }
}

async function removeKeys(prefix: string): Promise<void> {
  await withClient(async (client) => {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1_000 })) if (keys.length > 0) await client.unlink(keys)
  })
}

async function withClient<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
  const client = createClient({ url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}
