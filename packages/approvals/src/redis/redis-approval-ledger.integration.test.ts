import { randomBytes } from 'node:crypto'

import { openRedis } from '@signalbox/sessions'
import type { RedisClient } from '@signalbox/sessions/redis'
import { createClient } from 'redis'
import { expect, test } from 'vitest'

import { describeApprovalLedger, describeApprovalLedgerAcrossProcesses, type LedgerPlace, type Tamper } from '../contract/index.ts'
import { decided, NOTHING_ELSE, sampleApproval, sampleDelivery, sampleNote, taken } from '../contract/sample-approval.ts'
import { openLedgerOnRedis } from './open-ledger-on-redis.ts'
import { openRedisApprovalLedger } from './redis-approval-ledger.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeApprovalLedger('the Redis approval ledger', async () => openPlace())

describeApprovalLedgerAcrossProcesses('the Redis approval ledger across processes', async () => {
  const place = openPlace()
  const options = { url, prefix: place.prefix }
  return { ...place, elsewhere: { module: new URL('./open-ledger-on-redis.ts', import.meta.url).href, open: 'openLedgerOnRedis', options } }
})

test('all keys of the ledger lie in one slot, and what is swept leaves none of its own behind', async () => {
  const { open, prefix, dispose } = openPlace()
  const ledger = await open()
  const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
  const message = sampleDelivery({ approval_id: opened.id })
  await ledger.change(decided(opened), 1, { notes: [sampleNote()], deliveries: [message], undelivered: true })
  await ledger.delivered(opened.id)
  const [claimed] = await ledger.claim(new Date(), 1, 60_000)
  if (claimed) await ledger.settle(taken(claimed))
  await ledger.useOnce('token', new Date())
  const keys = await keysOf(prefix)
  expect(keys.length).toBeGreaterThan(15)
  for (const key of keys) expect(key.startsWith(`${prefix}:{approvals}:`)).toBe(true)

  expect(await ledger.sweep(new Date(Date.now() + 1_000))).toEqual({ removed: 2 })
  const left = (await keysOf(prefix)).map((key) => key.slice(`${prefix}:{approvals}:`.length)).filter((key) => !/^(op|used):/.test(key))
  expect(left.toSorted()).toEqual(['audit', 'audit:about:apr_1', 'audit:about:ses_1', 'audit:about:user:bob', 'audit:kind:approval.viewed', 'head'])
  await ledger.close()
  await dispose()
})

test('an entry that was put between two others is found', async () => {
  const { open, prefix, dispose } = openPlace()
  const ledger = await open()
  for (let count = 0; count < 3; count += 1) await ledger.note(sampleNote())
  await withClient(async (client) => {
    const audit = `${prefix}:{approvals}:audit`
    const entries = (await client.xRange(audit, '-', '+')) ?? []
    await client.del(audit)
    for (const { id, message } of entries) {
      await client.xAdd(audit, id, message)
      if (id === '2-0') await client.xAdd(audit, '2-1', message)
    }
  })
  expect(await ledger.verify()).toMatchObject({ ok: false, entries: 2, broken: { seq: 3, why: 'Something was put in before entry 3, at 2-1.' } })
  await ledger.close()
  await dispose()
})

test('a ledger that was closed leaves the connection to its owner', async () => {
  const redis = await openRedis({ url, onWarning: () => undefined })
  const ledger = openRedisApprovalLedger({ redis, prefix: openPlace().prefix })
  await ledger.close()
  await expect(ledger.get('apr_1')).rejects.toMatchObject({ code: 'unavailable', retryable: false })
  expect(await redis.client.ping()).toBe('PONG')
  await redis.close()
})

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
  const keys = await keysOf(prefix)
  if (keys.length > 0) await withClient((client) => client.unlink(keys))
}

async function keysOf(prefix: string): Promise<string[]> {
  return withClient(async (client) => {
    const found: string[] = []
    for await (const keys of client.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1_000 })) found.push(...keys)
    return found
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
