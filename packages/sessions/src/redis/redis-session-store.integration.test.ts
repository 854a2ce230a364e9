import { randomBytes } from 'node:crypto'

import type { SessionDocument } from '@signalbox/contracts'
import { createClient } from 'redis'
import { afterEach, expect, test } from 'vitest'

import { CREATED, DEAD_LETTER, nodeThatMade, progress, sampleSession } from '../contract/sample-session.ts'
import { acquired } from '../contract/stores.ts'
import { describeSessionStore, describeSessionStoreAcrossProcesses } from '../contract/index.ts'
import { openRedis, type RedisClient } from './open-redis.ts'
import { openStoreOnRedis } from './open-store-on-redis.ts'
import { openRedisSessionStore } from './redis-session-store.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

describeSessionStore('the Redis session store', async () => openPlace())

describeSessionStoreAcrossProcesses('the Redis session store across processes', async () => {
  const { options, ...place } = openPlace()
  return { ...place, elsewhere: { module: new URL('./open-store-on-redis.ts', import.meta.url).href, open: 'openStoreOnRedis', options } }
})

test('all that belongs to a session lies in one slot, and is gone with it', async () => {
  const { client, prefix, store } = await openBoth()
  const kept = await store.create(sampleSession(), [CREATED])
  const { document } = await store.create(sampleSession({ nodes: { n1: nodeThatMade(100_000) } }), [CREATED])
  const lease = await acquired(store, document.id)
  await store.push(document.id, { type: 'pause' })
  await store.append(lease, [progress('a')])
  const own = (await keysLike(client, `${prefix}:*`)).filter((key) => key.includes(document.id))
  expect(own).toHaveLength(8)
  for (const key of own) expect(key.startsWith(`${prefix}:{${document.id}}:`)).toBe(true)

  await store.delete(document.id)
  const left = (await keysLike(client, `${prefix}:*`)).filter((key) => key.includes(document.id))
  // Only answers that may still be asked for: they go by themselves.
  for (const key of left) expect(await client.ttl(key)).toBeGreaterThan(0)
  for (const list of ['unfinished', 'owner:alice']) expect(await client.zRange(`${prefix}:${list}`, 0, -1)).toEqual([kept.document.id])
})

test('a save after a large output sends and stores little', async () => {
  const { client, prefix, store } = await openBoth()
  const created = await store.create(sampleSession(), [])
  const { id } = created.document
  const lease = await acquired(store, id)
  const document: SessionDocument = { ...created.document, nodes: { n1: nodeThatMade(1_000_000) } }
  const first = await sentBy(client, () => store.save(lease, { ...created, document, events: [] }))
  const next = await sentBy(client, () => store.save(lease, { ...first.answer, events: [progress('a')] }))
  expect(first.bytes).toBeGreaterThan(1_000_000)
  // Others may be at work on the same Redis.
  expect(next.bytes).toBeLessThan(200_000)
  expect(await client.hStrLen(`${prefix}:{${id}}:doc`, 'json')).toBeLessThan(3_000)
})

test('what is in a list and does not belong there is not found by it, and taken out', async () => {
  const { client, prefix, store } = await openBoth()
  const active = (await store.create(sampleSession(), [])).document
  const over = (await store.create(sampleSession({ status: 'completed' }), [])).document
  const foreign = (await store.create(sampleSession({ owner: 'bob' }), [])).document
  const lists = ['unfinished', 'finished', 'owner:alice', 'dead:alice'].map((list) => `${prefix}:${list}`)
  for (const list of lists) {
    for (const id of ['ses_orphan', active.id, over.id, foreign.id]) await client.zAdd(list, { score: 1, value: id })
  }
  expect((await store.unattended(10)).toSorted()).toEqual([active.id, foreign.id].toSorted())
  expect(await store.sweep({ finishedBefore: new Date(2), abandonedBefore: new Date(2) })).toEqual({ removed: 0, expired: 0 })
  expect((await store.list({ owner: 'alice', dead: true, limit: 10 })).sessions).toEqual([])
  const own = [active.id, over.id].toSorted()
  for (const query of [{}, { statuses: ['active' as const, 'completed' as const] }]) {
    const { sessions } = await store.list({ owner: 'alice', limit: 10, ...query })
    expect(sessions.map(({ id }) => id).toSorted()).toEqual(own)
  }
  expect((await store.list({ owner: 'alice', limit: 10 })).total).toBe(2)
  const left = await Promise.all(lists.map((list) => client.zRange(list, 0, -1)))
  expect(left.map((ids) => ids.toSorted())).toEqual([[active.id, foreign.id].toSorted(), [over.id], own, []])
})

test('what an older version wrote is found by all that is looked for today', async () => {
  const { client, prefix, store } = await openBoth()
  const made: SessionDocument[] = []
  const parent = sampleSession({ goal: 'Grüße ÜBERALL', request_id: 'req_old', dead_letters: [DEAD_LETTER], status: 'failed' })
  for (const document of [parent, sampleSession({ lineage: ['ses_outer', parent.id] }), sampleSession({ goal: 'other' })]) {
    await store.create(document, [])
    made.push(document)
    // As it was before: these fields and lists were not there.
    await client.hDel(`${prefix}:{${document.id}}:doc`, ['goal', 'parent', 'request_id'])
  }
  const [, child, other] = made as [SessionDocument, SessionDocument, SessionDocument]
  await client.del(['all', 'roots', 'dead', `children:${parent.id}`].map((list) => `${prefix}:${list}`))
  const ids = async (query: object) => (await store.list({ limit: 9, ...query })).sessions.map(({ id }) => id).toSorted()
  expect(await ids({})).toEqual(made.map(({ id }) => id).toSorted())
  expect(await ids({ roots: true })).toEqual([parent.id, other.id].toSorted())
  expect(await ids({ roots: true, owner: 'alice', text: 'überall' })).toEqual([parent.id])
  expect(await ids({ of: parent.id })).toEqual([child.id])
  expect(await ids({ text: 'req_old' })).toEqual([parent.id])
  expect(await ids({ dead: true })).toEqual([parent.id])
  const finished = { ...(await store.load(other.id))!, events: [] }
  await store.save(await acquired(store, other.id), { ...finished, document: { ...finished.document, status: 'completed' } })
  expect((await ids({})).length).toBe(3)
  await store.delete(child.id)
  expect(await ids({ of: parent.id })).toEqual([])
})

test('a session that was driven again is looked for again, and one that finished no more', async () => {
  const { client, prefix, store } = await openBoth()
  let stored = await store.create(sampleSession(), [])
  const { id } = stored.document
  const lease = await acquired(store, id)
  for (const status of ['failed', 'active', 'completed', 'active'] as const) {
    stored = await store.save(lease, { ...stored, document: { ...stored.document, status }, events: [] })
    const lists = await Promise.all(['unfinished', 'finished'].map((list) => client.zRange(`${prefix}:${list}`, 0, -1)))
    expect(lists).toEqual(status === 'active' ? [[id], []] : [[], [id]])
  }
})

test('a lock that another has just taken is neither prolonged nor taken away by the holder before', async () => {
  const { client, prefix, store } = await openBoth()
  const { document } = await store.create(sampleSession(), [])
  const lock = `${prefix}:{${document.id}}:lock`
  const lease = await acquired(store, document.id)
  // The lock of the first one ran out; the second one has the lock, and is about to raise the fence.
  await client.set(lock, 'of another', { PX: 30_000 })
  expect(await store.renew(lease, 60_000)).toBe(false)
  await store.release(lease)
  expect(await client.get(lock)).toBe('of another')
  expect(await client.pTTL(lock)).toBeLessThanOrEqual(30_000)
})

test('a document that is not one any more is not handed out, and does not keep others from being swept', async () => {
  const { client, prefix, store } = await openBoth()
  const old = '2020-01-01T00:00:00.000Z'
  for (const json of ['{"schema":7}', '{', undefined]) {
    const { document } = await store.create(sampleSession({ updated_at: old }), [])
    if (json === undefined) continue
    await client.hSet(`${prefix}:{${document.id}}:doc`, 'json', json)
    await expect(store.load(document.id)).rejects.toThrow()
  }
  expect(await store.sweep({ finishedBefore: new Date(0), abandonedBefore: new Date('2021-01-01') })).toEqual({ removed: 0, expired: 3 })
})

test('a store that was closed says so, and leaves the connection to its owner', async () => {
  const { prefix } = openPlace().options
  const redis = await openRedis({ url, onWarning: () => undefined })
  const store = openRedisSessionStore({ redis, prefix })
  await store.close()
  await expect(store.load('ses_1')).rejects.toMatchObject({ code: 'unavailable', retryable: false })
  expect(await redis.client.ping()).toBe('PONG')
  await redis.close()
})

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
})

/** A store, and a client that looks at what it does. */
async function openBoth() {
  const { open, options, dispose } = openPlace()
  const store = await open()
  const client = createClient({ url })
  await client.connect()
  closings.push(
    dispose,
    () => store.close(),
    () => client.close(),
  )
  return { store, client, prefix: options.prefix }
}

/** What Redis was sent, by anybody, while `work` was done. */
async function sentBy<Answer>(client: RedisClient, work: () => Promise<Answer>): Promise<{ answer: Answer; bytes: number }> {
  const received = async (): Promise<number> => Number(/total_net_input_bytes:(\d+)/.exec(await client.info('stats'))?.[1])
  const before = await received()
  const answer = await work()
  return { answer, bytes: (await received()) - before }
}

async function keysLike(client: RedisClient, pattern: string): Promise<string[]> {
  const found: string[] = []
  for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) found.push(...keys)
  return found
}

/** A store's place: keys of its own, which are gone when it is forgotten. */
function openPlace() {
  const prefix = `test:${randomBytes(8).toString('hex')}`
  const options = { url, prefix }
  return { options, open: () => openStoreOnRedis(options), dispose: () => removeKeys(prefix) }
}

async function removeKeys(prefix: string): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  const keys = await keysLike(client, `${prefix}:*`)
  if (keys.length > 0) await client.unlink(keys)
  await client.close()
}
