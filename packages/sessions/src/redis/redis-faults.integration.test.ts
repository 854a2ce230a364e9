import { setTimeout as pause } from 'node:timers/promises'

import type { AppError } from '@signalbox/errors'
import { eventually, startRedis } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { CREATED, nodeThatMade, progress, sampleSession } from '../contract/sample-session.ts'
import { acquired, codeOf, collect, reasonOf, seqsOf, upTo } from '../contract/stores.ts'
import type { InboxMessage, SessionChange, SessionStore, StoredSession } from '../session-store.ts'
import { openFaultyWire } from './faulty-wire.ts'
import { openStoreOnRedis } from './open-store-on-redis.ts'

const UNAVAILABLE_WITHIN_MS = 2_500

test('Redis killed three times under twenty writers: nothing that was acknowledged is lost, and nothing is there twice', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const [first, ...others] = [await stores.open(), await stores.open(), await stores.open(), await stores.open()] as [SessionStore, ...SessionStore[]]
  const writers = Array.from({ length: 20 }, (_, index) => createWriter([first, ...others][index % 4] as SessionStore, `w${index}`))
  const running = writers.map((writer) => writer.run())
  for (let round = 1; round <= 3; round += 1) {
    await eventually('all have written', () => writers.every(({ acknowledged }) => acknowledged.length >= 10 * round), 30_000)
    await server.kill('SIGKILL')
    await server.restart()
  }
  await eventually('all have written again', () => writers.every(({ acknowledged }) => acknowledged.length >= 40), 30_000)
  for (const writer of writers) writer.stop()
  await Promise.all(running)

  for (const { id, acknowledged, pushed } of writers) {
    const { document, rev } = (await first.load(id())) as StoredSession
    expect(document.goal.split(' ').filter(Boolean)).toEqual(acknowledged)
    expect(rev).toBe(1 + acknowledged.length)
    const events = await first.events(id(), 0, 100_000)
    expect(seqsOf(events)).toEqual(upTo(document.last_seq))
    expect(events.flatMap((event) => (event.type === 'node.progress' ? [event.text] : []))).toEqual(acknowledged)
    expect((await first.inbox(id())).map(reasonOf)).toEqual(pushed)
  }
  // Every one is found by who looks for what is left lying, and by its owner.
  expect(await first.unattended(100)).toHaveLength(20)
  expect((await first.list({ owner: 'alice', limit: 100 })).sessions).toHaveLength(20)
})

test('while Redis is away every call says so soon, and works when it is back', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const store = await stores.open()
  const created = await store.create(sampleSession(), [CREATED])
  const { id } = created.document
  const lease = await acquired(store, id)
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => store.create(sampleSession(), []),
    load: () => store.load(id),
    list: () => store.list({ owner: 'alice', limit: 1 }),
    acquire: () => store.acquire(id, { holder: 'b', leaseMs: 1_000 }),
    renew: () => store.renew(lease, 60_000),
    save: () => store.save(lease, { ...created, events: [] }),
    append: () => store.append(lease, [progress('a')]),
    park: () => store.park(lease, { ...created, events: [] }),
    push: () => store.push(id, { type: 'cancel' }),
    inbox: () => store.inbox(id),
    events: () => store.events(id, 0, 1),
    follow: () => collect(store.follow(id, 5, AbortSignal.timeout(10_000))),
    unattended: () => store.unattended(1),
    ping: () => store.ping(AbortSignal.timeout(10_000)),
    sweep: () => store.sweep({ finishedBefore: new Date(), abandonedBefore: new Date(0) }),
    release: () => store.release(lease),
    delete: () => store.delete(id),
  }
  await server.kill()
  // The first ones wait whether it comes back; the last ones know that it is away.
  for (const patience of [UNAVAILABLE_WITHIN_MS, 500]) {
    const failures = await Promise.all(Object.entries(calls).map(async ([name, call]) => ({ name, ...(await timed(call)) })))
    for (const { name, error, took } of failures) {
      expect({ name, error }).toMatchObject({ name, error: { code: 'unavailable', retryable: true, retryAfterMs: expect.any(Number) } })
      expect(took, name).toBeLessThan(patience)
    }
  }
  await server.restart()
  await eventually('it is back', async () => (await codeOf(store.ping(AbortSignal.timeout(1_000)))) === 'no error')
  expect(await store.load(id)).toEqual(created)
  expect((await store.save(lease, { ...created, events: [progress('b')] })).rev).toBe(2)
})

test('a Redis that is started again within a second fails nobody', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const store = await stores.open()
  const created = await store.create(sampleSession(), [CREATED])
  const lease = await acquired(store, created.document.id)
  await server.kill()
  const saved = store.save(lease, { ...created, events: [progress('a')] })
  await server.restart()
  expect((await saved).rev).toBe(2)
})

test('a Redis that stands still is away soon; what was asked meanwhile and is asked again happens once', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const store = await stores.open()
  const created = await store.create(sampleSession(), [CREATED])
  const { id } = created.document
  const lease = await acquired(store, id)
  const change: SessionChange = { ...created, events: [progress('saved')] }
  const events = [progress('appended')]
  const message: InboxMessage = { type: 'cancel', reason: 'once' }
  const document = sampleSession()
  const repeated = (): Promise<unknown>[] => [
    store.save(lease, change),
    store.append(lease, events),
    store.push(id, message),
    store.create(document, [CREATED]),
  ]

  await server.kill('SIGSTOP')
  for (const { error, took } of await Promise.all(repeated().map((call) => timed(() => call)))) {
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(took).toBeLessThan(UNAVAILABLE_WITHIN_MS)
  }
  await server.kill('SIGCONT')
  await eventually('it goes on', async () => (await codeOf(store.ping(AbortSignal.timeout(1_000)))) === 'no error')
  const [saved, appended, , made] = await Promise.all(repeated())
  expect(saved).toMatchObject({ rev: 2 })
  expect(appended).toMatchObject([{ text: 'appended' }])
  expect(made).toEqual({ document: { ...document, last_seq: 1 }, rev: 1 })
  expect(await store.load(id)).toMatchObject({ rev: 2, document: { last_seq: 3 } })
  expect((await store.events(id, 0, 10)).flatMap((event) => (event.type === 'node.progress' ? [event.text] : [])).toSorted()).toEqual(['appended', 'saved'])
  expect((await store.inbox(id)).map(reasonOf)).toEqual(['once'])
})

test('a write whose answer was lost is answered as if it had not been, and happened once', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using wire = await openFaultyWire(server.port)
  await using stores = openStores(`redis://127.0.0.1:${wire.port}`)
  const store = await stores.open()

  let lost = wire.loseAnswerTo('lost-create')
  const created = await store.create(sampleSession({ goal: 'lost-create' }), [CREATED])
  await lost
  const { id } = created.document
  expect(await store.load(id)).toEqual(created)
  const lease = await acquired(store, id)

  lost = wire.loseAnswerTo('lost-save')
  const nodes = { n1: nodeThatMade(100_000) }
  const saved = await store.save(lease, { document: { ...created.document, goal: 'lost-save', nodes }, rev: created.rev, events: [progress('saved')] })
  await lost
  expect(saved.rev).toBe(2)
  expect(await store.load(id)).toEqual(saved)

  lost = wire.loseAnswerTo('lost-append')
  expect(seqsOf(await store.append(lease, [progress('lost-append')]))).toEqual([3])
  await lost
  lost = wire.loseAnswerTo('lost-push')
  await store.push(id, { type: 'cancel', reason: 'lost-push' })
  await lost
  expect((await store.inbox(id)).map(({ position, ...entry }) => [position, reasonOf({ position, ...entry })])).toEqual([[1, 'lost-push']])

  lost = wire.loseAnswerTo('lost-park')
  const parked = {
    document: { ...saved.document, goal: 'lost-park', status: 'waiting_approval' as const },
    rev: saved.rev,
    events: [progress('parked')],
    consumed: 1,
  }
  expect(await store.park(lease, parked)).toBe(true)
  await lost
  expect(await store.load(id)).toMatchObject({ rev: 3, document: { status: 'waiting_approval', last_seq: 4 } })
  expect(seqsOf(await store.events(id, 0, 10))).toEqual([1, 2, 3, 4])
  expect(await store.acquire(id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
})

test('a save that another overtook is still refused, lost answers or not', async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const store = await stores.open()
  const created = await store.create(sampleSession(), [])
  const lease = await acquired(store, created.document.id)
  const change = { ...created, events: [] }
  await store.save(lease, change)
  expect(await codeOf(store.save(lease, { ...change }))).toBe('conflict')
})

test('who heeds and who follows miss nothing and hear nothing twice, though Redis is killed again and again', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const [here, there] = [await stores.open(), await stores.open()]
  const created = await here.create(sampleSession(), [CREATED])
  const { id } = created.document
  const lease = await acquired(here, id)
  const heeded = collect(there.heed(id, AbortSignal.timeout(50_000)), 60)
  const followed = collectPatiently(there, id, 61)
  for (let count = 1; count <= 60; count += 1) {
    const message: InboxMessage = { type: 'cancel', reason: `${count}` }
    const events = [progress(`${count}`)]
    await untilDone(() => here.push(id, message))
    await untilDone(() => here.append(lease, events))
    if (count % 15 === 0) {
      await server.kill()
      if (count === 30) await eventually('it is away for longer', async () => (await timed(() => there.load(id))).took < 500)
      await server.restart()
    }
  }
  expect((await heeded).map(reasonOf)).toEqual(upTo(60).map(String))
  expect(seqsOf(await followed)).toEqual(upTo(61))
})

test('what is pushed or written in one process is heard in another long before the next look', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const [here, there] = [await stores.open(), await stores.open()]
  const created = await here.create(sampleSession(), [])
  const { id } = created.document
  const lease = await acquired(here, id)
  const messages = there.heed(id, AbortSignal.timeout(50_000))[Symbol.asyncIterator]()
  const events = there.follow(id, 0, AbortSignal.timeout(50_000))[Symbol.asyncIterator]()
  let { rev } = created
  const ways: Record<string, () => Promise<unknown>> = {
    push: () => Promise.all([messages.next(), here.push(id, { type: 'pause' })]),
    append: () => Promise.all([events.next(), here.append(lease, [progress('x')])]),
    save: async () => {
      const next = events.next()
      ;({ rev } = await here.save(lease, { ...created, rev, events: [progress('x')] }))
      await next
    },
  }
  for (const [way, heard] of Object.entries(ways)) {
    const delays: number[] = []
    for (let round = 0; round < 20; round += 1) delays.push((await timed(heard)).took)
    // The next look is half a second away, on average.
    expect(delays.toSorted((a, b) => a - b)[10], way).toBeLessThan(100)
  }
  await Promise.all([messages.return?.(), events.return?.()])
})

test('scripts that Redis forgot are told to it again', async () => {
  await using server = await startRedis()
  await using stores = openStores(server.url)
  const store = await stores.open()
  const created = await store.create(sampleSession(), [])
  await server.restart()
  const lease = await acquired(store, created.document.id)
  expect((await store.save(lease, { ...created, events: [] })).rev).toBe(2)
})

interface Writer {
  id: () => string
  acknowledged: string[]
  pushed: string[]
  run(): Promise<void>
  stop(): void
}

/** Writes notes to a session of its own, one after the other; what is not acknowledged it tries again. */
function createWriter(store: SessionStore, name: string): Writer {
  const acknowledged: string[] = []
  const pushed: string[] = []
  const made = sampleSession({ goal: '' })
  let stopped = false

  async function run(): Promise<void> {
    let stored = await untilDone(() => store.create(made, []))
    for (let count = 0; !stopped; count += 1) {
      const note = `${name}.${count}`
      const lease = await untilDone(() => eventually('the lease of the last round is over', () => store.acquire(made.id, { holder: name, leaseMs: 500 })))
      const change = { document: { ...stored.document, goal: `${stored.document.goal} ${note}` }, rev: stored.rev, events: [progress(note)] }
      stored = await untilDone(() => store.save(lease, change))
      acknowledged.push(note)
      const message: InboxMessage = { type: 'cancel', reason: note }
      await untilDone(() => store.push(made.id, message))
      pushed.push(note)
      await untilDone(() => store.release(lease))
    }
  }

  return { id: () => made.id, acknowledged, pushed, run, stop: () => (stopped = true) }
}

/** Tries again what could not be done because the store was away. */
async function untilDone<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if ((error as AppError).code !== 'unavailable') throw error
      await pause(20)
    }
  }
}

/** Follows again, from where it was, whenever the store was away. */
async function collectPatiently(store: SessionStore, id: string, count: number): Promise<Awaited<ReturnType<SessionStore['events']>>> {
  const events: Awaited<ReturnType<SessionStore['events']>> = []
  await untilDone(async () => {
    for await (const event of store.follow(id, events.length, AbortSignal.timeout(50_000))) if (events.push(event) >= count) break
  })
  return events
}

async function timed(call: () => Promise<unknown>): Promise<{ error: unknown; took: number }> {
  const since = performance.now()
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, took: performance.now() - since }
}

/** Stores with connections of their own, on one server. */
function openStores(url: string): { open(): Promise<SessionStore> } & AsyncDisposable {
  const stores: SessionStore[] = []
  return {
    async open() {
      const store = await openStoreOnRedis({ url, prefix: 'test' })
      stores.push(store)
      return store
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close()
    },
  }
}
