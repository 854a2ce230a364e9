import type { SessionEvent } from '@signalbox/contracts'
import type { AppError, ErrorCode } from '@signalbox/errors'
import { eventually } from '@signalbox/testing'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'

import { holdLease } from '../lease.ts'
import type { Lease, SessionStore, StoredSession } from '../session-store.ts'
import { COMPLETED, CREATED, progress, sampleSession } from './sample-session.ts'

/**
 * What every session store does. Each adapter runs this file; the rules are those of the port.
 * `open` opens the same store again, as another process would; `dispose` forgets it.
 */
export function describeSessionStore(name: string, setUp: () => Promise<{ open: () => Promise<SessionStore>; dispose: () => Promise<void> }>): void {
  describe(name, () => {
    const opened: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of opened.splice(0).toReversed()) await close()
    })

    async function twoStores(): Promise<[SessionStore, SessionStore]> {
      const { open, dispose } = await setUp()
      opened.push(dispose)
      const stores: [SessionStore, SessionStore] = [await open(), await open()]
      opened.push(...stores.map((store) => () => store.close()))
      return stores
    }
    const oneStore = async (): Promise<SessionStore> => (await twoStores())[0]

    test('a session is there once it was created, for every process; its id is taken', async () => {
      const [here, there] = await twoStores()
      const { document } = await here.create(sampleSession(), [CREATED])
      expect((await there.load(document.id))?.document).toEqual(document)
      expect(document.last_seq).toBe(1)
      expect(await codeOf(there.create(document, []))).toBe('conflict')
      expect(await there.load('ses_none')).toBeUndefined()
    })

    test('one driver is admitted; the next one when it has released, or its lease ran out', async () => {
      const [here, there] = await twoStores()
      const { document } = await here.create(sampleSession(), [])
      const first = await acquired(here, document.id)
      expect(await there.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeUndefined()
      await here.release(first)
      const second = await acquired(there, document.id, { holder: 'b', leaseMs: 1 })
      expect(second.fence).toBeGreaterThan(first.fence)
      const third = await eventually('the lease runs out', () => here.acquire(document.id, { holder: 'c', leaseMs: 60_000 }))
      expect(third.fence).toBeGreaterThan(second.fence)
    })

    test('a holder that was thought dead can write nothing, not even before the new holder has saved', async () => {
      const [here, there] = await twoStores()
      const stored = await here.create(sampleSession(), [CREATED])
      const stale = await acquired(here, stored.document.id, { holder: 'a', leaseMs: 1 })
      const current = await eventually('the lease runs out', () => there.acquire(stored.document.id, { holder: 'b', leaseMs: 60_000 }))

      expect(await codeOf(here.save(stale, { ...stored, events: [] }))).toBe('stale_lease')
      expect(await codeOf(here.append(stale, [progress('late')]))).toBe('stale_lease')
      expect(await codeOf(here.park(stale, { ...stored, events: [] }))).toBe('stale_lease')
      expect(await here.renew(stale, 60_000)).toBe(false)
      await here.release(stale)
      expect(await there.renew(current, 60_000)).toBe(true)
      expect((await there.load(stored.document.id))?.rev).toBe(1)
      expect(await there.events(stored.document.id, 0, 10)).toHaveLength(1)
    })

    test('a save made from an older revision is refused, and leaves nothing behind', async () => {
      const store = await oneStore()
      const stored = await store.create(sampleSession(), [CREATED])
      const lease = await acquired(store, stored.document.id)
      const next = await store.save(lease, { ...stored, document: { ...stored.document, goal: 'first' }, events: [progress('one')] })
      await store.push(stored.document.id, { type: 'cancel' })

      expect(await codeOf(store.save(lease, { ...stored, document: { ...stored.document, goal: 'second' }, events: [progress('two')], consumed: 1 }))).toBe('conflict')
      const now = (await store.load(stored.document.id)) as StoredSession
      expect(now).toEqual(next)
      expect(now.document.goal).toBe('first')
      expect(await store.events(stored.document.id, 0, 10)).toHaveLength(2)
      expect(await store.inbox(stored.document.id)).toHaveLength(1)
    })

    test('events are numbered from 1 without gaps, whoever adds them, and the document knows the last', async () => {
      const store = await oneStore()
      let stored = await store.create(sampleSession(), [CREATED])
      const lease = await acquired(store, stored.document.id)
      await store.append(lease, [progress('a'), progress('b')])
      stored = await store.save(lease, { ...stored, events: [progress('c')] })
      expect(stored.document.last_seq).toBe(4)
      const events = await store.events(stored.document.id, 0, 10)
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
      expect((await store.events(stored.document.id, 2, 1)).map(({ seq }) => seq)).toEqual([3])
    })

    test('inbox messages wait for the holder, and are consumed with the save that used them, once', async () => {
      const [here, there] = await twoStores()
      const stored = await here.create(sampleSession(), [])
      const lease = await acquired(here, stored.document.id)
      await there.push(stored.document.id, { type: 'cancel', reason: 'one' })
      const [first] = await here.inbox(stored.document.id)
      await there.push(stored.document.id, { type: 'cancel', reason: 'two' })
      await here.save(lease, { ...stored, events: [], consumed: first?.position as number })
      expect((await here.inbox(stored.document.id)).map(({ message }) => message)).toEqual([{ type: 'cancel', reason: 'two' }])
      expect(await codeOf(here.push('ses_none', { type: 'cancel' }))).toBe('not_found')
    })

    test('a session never parks over an unread message, however the two race', async () => {
      const [here, there] = await twoStores()
      for (let round = 0; round < 100; round += 1) {
        const stored = await here.create(sampleSession(), [])
        const { id } = stored.document
        const lease = await acquired(here, id)
        const waiting = { ...stored.document, status: 'waiting_approval' as const }
        const [parked] = await Promise.all([here.park(lease, { ...stored, document: waiting, events: [] }), there.push(id, { type: 'cancel' })])
        const unread = (await here.inbox(id)).length
        if (parked) {
          expect((await here.load(id))?.document.status).toBe('waiting_approval')
          expect(await here.unattended(1_000)).toContain(id)
        } else {
          expect(unread).toBe(1)
          expect((await here.load(id))?.document.status).toBe('active')
          expect(await here.renew(lease, 60_000)).toBe(true)
        }
      }
    })

    test('who follows gets what was and what comes, each event once, and an end at the end', async () => {
      const [here, there] = await twoStores()
      let stored = await here.create(sampleSession(), [CREATED])
      const lease = await acquired(here, stored.document.id)
      const near = collect(here.follow(stored.document.id, 0, AbortSignal.timeout(10_000)))
      const far = collect(there.follow(stored.document.id, 0, AbortSignal.timeout(10_000)))
      for (let index = 0; index < 300; index += 1) await here.append(lease, [progress(`${index}`)])
      stored = (await here.load(stored.document.id)) as StoredSession
      const late = collect(there.follow(stored.document.id, 200, AbortSignal.timeout(10_000)))
      await here.save(lease, { ...stored, document: { ...stored.document, status: 'completed' }, events: [COMPLETED] })
      const whole = Array.from({ length: 302 }, (_, index) => index + 1)
      expect((await near).map(({ seq }) => seq)).toEqual(whole)
      expect((await far).map(({ seq }) => seq)).toEqual(whole)
      expect((await late).map(({ seq }) => seq)).toEqual(whole.slice(200))
    })

    test('a follower that is told to stop stops', async () => {
      const store = await oneStore()
      const { document } = await store.create(sampleSession(), [CREATED])
      const stop = new AbortController()
      const seen: number[] = []
      for await (const { seq } of store.follow(document.id, 0, stop.signal)) {
        seen.push(seq)
        stop.abort()
      }
      expect(seen).toEqual([1])
    })

    test('pages are newest first, of one owner, and stay right while sessions come', async () => {
      const store = await oneStore()
      const made: string[] = []
      for (let index = 0; index < 7; index += 1) {
        const { document } = await store.create(sampleSession({ created_at: new Date(1_000 * index).toISOString() }), [])
        made.unshift(document.id)
      }
      await store.create(sampleSession({ owner: 'bob' }), [])
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.list({ owner: 'alice', limit: 3, ...(cursor && { cursor }) })
        seen.push(...page.sessions.map(({ id }) => id))
        expect(page.total).toBeGreaterThanOrEqual(7)
        cursor = page.nextCursor
        await store.create(sampleSession(), [])
      } while (cursor)
      expect(seen).toEqual(made)
      expect((await store.list({ owner: 'alice', statuses: ['failed'], limit: 3 })).sessions).toEqual([])
      expect(await codeOf(store.list({ owner: 'alice', limit: 3, cursor: '!' }))).toBe('invalid_request')
    })

    test('unattended are the active ones that nobody holds, and the waiting ones with a message', async () => {
      const store = await oneStore()
      const free = (await store.create(sampleSession(), [])).document.id
      const held = (await store.create(sampleSession(), [])).document.id
      await acquired(store, held)
      const parked = (await store.create(sampleSession({ status: 'waiting_approval' }), [])).document.id
      await store.create(sampleSession({ status: 'completed' }), [])
      expect(await store.unattended(10)).toEqual([free])
      await store.push(parked, { type: 'cancel' })
      expect((await store.unattended(10)).toSorted()).toEqual([free, parked].toSorted())
    })

    test('the sweep forgets finished sessions, marks abandoned ones expired, and touches nothing that is held', async () => {
      const store = await oneStore()
      const old = '2020-01-01T00:00:00.000Z'
      const finished = await store.create(sampleSession({ status: 'completed', updated_at: old }), [CREATED])
      const abandoned = await store.create(sampleSession({ updated_at: old }), [])
      const held = await store.create(sampleSession({ updated_at: old }), [])
      await acquired(store, held.document.id)
      const fresh = await store.create(sampleSession({ status: 'completed' }), [])
      const cutoff = new Date('2021-01-01')
      expect(await store.sweep({ finishedBefore: cutoff, abandonedBefore: cutoff })).toEqual({ removed: 1, expired: 1 })
      expect(await store.load(finished.document.id)).toBeUndefined()
      expect(await store.events(finished.document.id, 0, 10)).toEqual([])
      expect((await store.load(abandoned.document.id))?.document.status).toBe('expired')
      expect((await store.load(held.document.id))?.document.status).toBe('active')
      expect(await store.load(fresh.document.id)).toBeDefined()
    })

    test('a held lease outlives its length by its heartbeat; a lost one tells the work to stop', async () => {
      const [here, there] = await twoStores()
      const { document } = await here.create(sampleSession(), [])
      const kept = await holdLease(here, document.id, { holder: 'a', leaseMs: 120 }, async (lease, signal) => {
        const until = lease.expiresAt
        await eventually('the heartbeat has prolonged the lease', () => lease.expiresAt > until + 60)
        expect(await there.acquire(document.id, { holder: 'b', leaseMs: 10 })).toBeUndefined()
        return signal.aborted
      })
      expect(kept).toEqual({ result: false })

      await holdLease(here, document.id, { holder: 'a', leaseMs: 150 }, async (lease, signal) => {
        await there.release({ ...lease })
        await acquired(there, document.id, { holder: 'b', leaseMs: 60_000 })
        await eventually('the holder is told', () => signal.aborted)
        expect(signal.reason).toMatchObject({ code: 'stale_lease' })
      })
      expect(await holdLease(here, document.id, { holder: 'a', leaseMs: 150 }, async () => 'never')).toBeUndefined()
    })

    test('whatever the drivers do, no acknowledged save is lost and no refused one is kept', async () => {
      const stores = await twoStores()
      await fc.assert(
        fc.asyncProperty(fc.array(fc.record({ who: fc.nat(1), what: fc.constantFrom('take', 'drop', 'save', 'append', 'read') }), { maxLength: 40 }), async (steps) => {
          const created = await stores[0].create(sampleSession({ goal: '' }), [])
          const { id } = created.document
          const drivers = stores.map((store, index) => ({ store, holder: `d${index}`, lease: undefined as Lease | undefined, known: created }))
          let goal = ''
          let appended = 0
          for (const { who, what } of steps) {
            const driver = drivers[who] as (typeof drivers)[number]
            if (what === 'take') driver.lease = (await driver.store.acquire(id, { holder: driver.holder, leaseMs: 60_000 })) ?? driver.lease
            if (what === 'read') driver.known = (await driver.store.load(id)) as StoredSession
            if (!driver.lease) continue
            if (what === 'drop') await driver.store.release(driver.lease)
            if (what === 'append' && (await codeOf(driver.store.append(driver.lease, [progress('x')]))) === 'no error') appended += 1
            if (what === 'save') {
              const document = { ...driver.known.document, goal: `${driver.known.document.goal}${who}` }
              const code = await codeOf(driver.store.save(driver.lease, { document, rev: driver.known.rev, events: [] }))
              if (code === 'no error') {
                expect(driver.known.document.goal).toBe(goal)
                goal = document.goal
                driver.known = (await driver.store.load(id)) as StoredSession
              } else expect(['stale_lease', 'conflict']).toContain(code)
            }
          }
          const final = (await stores[0].load(id)) as StoredSession
          expect(final.document.goal).toBe(goal)
          expect((await stores[0].events(id, 0, 100)).map(({ seq }) => seq)).toEqual(Array.from({ length: appended }, (_, index) => index + 1))
        }),
        { numRuns: 50 },
      )
    })
  })
}

async function acquired(store: SessionStore, id: string, options = { holder: 'a', leaseMs: 60_000 }): Promise<Lease> {
  const lease = await store.acquire(id, options)
  if (!lease) throw new Error('the lease is held')
  return lease
}

async function collect(events: AsyncIterable<SessionEvent>): Promise<SessionEvent[]> {
  const all: SessionEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return work.then(
    () => 'no error' as const,
    (error: AppError) => error.code,
  )
}
