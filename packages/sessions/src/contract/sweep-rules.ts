import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import type { StoredSession } from '../session-store.ts'
import { CREATED, DEAD_LETTER, sampleSession } from './sample-session.ts'
import { acquired, codeOf, type Stores } from './stores.ts'

const OLD = '2020-01-01T00:00:00.000Z'
const CUTOFF = new Date('2021-01-01')
const CUTOFFS = { finishedBefore: CUTOFF, abandonedBefore: CUTOFF }

export function sweepRules(stores: Stores): void {
  describe('what is left lying', () => {
    test('unattended are the active ones that nobody holds, and the waiting and paused ones with a message', async () => {
      const store = await stores.one()
      const free = (await store.create(sampleSession(), [])).document.id
      const held = (await store.create(sampleSession(), [])).document.id
      const waiting = (await store.create(sampleSession({ status: 'waiting_approval' }), [])).document.id
      const paused = (await store.create(sampleSession({ status: 'paused' }), [])).document.id
      const finished = (await store.create(sampleSession({ status: 'completed' }), [])).document.id
      await acquired(store, held)
      expect(await store.unattended(10)).toEqual([free])
      for (const id of [held, waiting, paused, finished]) await store.push(id, { type: 'cancel' })
      expect((await store.unattended(10)).toSorted()).toEqual([free, waiting, paused].toSorted())
      expect(await store.unattended(1)).toHaveLength(1)
    })

    test('a session is unattended again once its holder has let go or was not heard of', async () => {
      const store = await stores.one()
      const released = (await store.create(sampleSession(), [])).document.id
      const dead = (await store.create(sampleSession(), [])).document.id
      const lease = await acquired(store, released)
      await acquired(store, dead, { leaseMs: 1 })
      await store.release(lease)
      await eventually('the lease runs out', async () => (await store.unattended(10)).includes(dead))
      expect((await store.unattended(10)).toSorted()).toEqual([released, dead].toSorted())
    })

    test('a session that nobody holds is unattended from the moment that it wants to wake, unless it is over', async () => {
      const store = await stores.one()
      const inAWhile = new Date(Date.now() + 60_000).toISOString()
      const due = (await store.create(sampleSession({ status: 'waiting_approval', wake_at: OLD }), [])).document.id
      await store.create(sampleSession({ status: 'waiting_approval', wake_at: inAWhile }), [])
      await store.create(sampleSession({ status: 'failed', wake_at: OLD }), [])
      const soon = await store.create(sampleSession({ status: 'active' }), [])
      const lease = await acquired(store, soon.document.id)
      const wakeAt = new Date(Date.now() + 20).toISOString()
      await store.park(lease, { ...soon, document: { ...soon.document, status: 'paused', wake_at: wakeAt }, events: [] })
      await eventually('the moment comes', async () => (await store.unattended(10)).includes(soon.document.id))
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(wakeAt))
      expect((await store.unattended(10)).toSorted()).toEqual([due, soon.document.id].toSorted())

      const again = await acquired(store, soon.document.id)
      const stored = (await store.load(soon.document.id)) as StoredSession
      await store.park(again, { ...stored, document: { ...stored.document, wake_at: null }, events: [] })
      expect(await store.unattended(10)).toEqual([due])
    })

    test('the sweep keeps what has dead letters, however long ago it finished, until they are dropped', async () => {
      const store = await stores.one()
      const failed = await store.create(sampleSession({ status: 'failed', updated_at: OLD, finished_at: OLD, dead_letters: [DEAD_LETTER] }), [CREATED])
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 0, expired: 0 })
      expect(await store.load(failed.document.id)).toEqual(failed)

      const lease = await acquired(store, failed.document.id)
      await store.park(lease, { ...failed, document: { ...failed.document, dead_letters: [] }, events: [] })
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 1, expired: 0 })
      expect(await store.load(failed.document.id)).toBeUndefined()
    })

    test('the sweep forgets sessions that finished long ago, with all that belonged to them', async () => {
      const store = await stores.one()
      const old = await store.create(sampleSession({ status: 'completed', updated_at: OLD, finished_at: OLD }), [CREATED])
      await store.push(old.document.id, { type: 'cancel' })
      const fresh = await store.create(sampleSession({ status: 'failed', finished_at: new Date().toISOString() }), [CREATED])
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 1, expired: 0 })
      expect(await store.load(old.document.id)).toBeUndefined()
      expect(await store.events(old.document.id, 0, 10)).toEqual([])
      expect(await store.inbox(old.document.id)).toEqual([])
      expect(await store.load(fresh.document.id)).toEqual(fresh)
      expect((await store.list({ owner: 'alice', limit: 10 })).total).toBe(1)
    })

    test('the sweep forgets any number of sessions', async () => {
      const store = await stores.one()
      for (let index = 0; index < 120; index += 1) await store.create(sampleSession({ status: 'completed', updated_at: OLD, finished_at: OLD }), [CREATED])
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 120, expired: 0 })
      expect((await store.list({ owner: 'alice', limit: 10 })).total).toBe(0)
    })

    test('an abandoned session expires, stays to be seen, and is then forgotten like any other', async () => {
      const store = await stores.one()
      const active = await store.create(sampleSession({ updated_at: OLD }), [CREATED])
      const waiting = await store.create(sampleSession({ status: 'waiting_approval', updated_at: OLD }), [CREATED])
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 0, expired: 2 })
      for (const { document, rev } of [active, waiting]) {
        const now = await store.load(document.id)
        expect(now?.rev).toBe(rev + 1)
        expect(now?.document).toEqual({ ...document, status: 'expired', last_seq: 2, updated_at: expect.any(String), finished_at: expect.any(String) })
        expect(await store.events(document.id, 0, 10)).toEqual([
          { ...CREATED, seq: 1 },
          { type: 'session.expired', at: now?.document.finished_at, seq: 2 },
        ])
        expect(Date.parse(now?.document.finished_at ?? '')).toBeGreaterThan(CUTOFF.getTime())
      }
      expect(await store.unattended(10)).toEqual([])
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 0, expired: 0 })
      const later = new Date(Date.now() + 60_000)
      expect(await store.sweep({ finishedBefore: later, abandonedBefore: CUTOFF })).toEqual({ removed: 2, expired: 0 })
    })

    test('the sweep leaves alone what is held, and a holder thought dead cannot revive what expired', async () => {
      const store = await stores.one()
      const held = await store.create(sampleSession({ updated_at: OLD }), [])
      const dead = await store.create(sampleSession({ updated_at: OLD }), [])
      await acquired(store, held.document.id)
      const stale = await acquired(store, dead.document.id, { leaseMs: 1 })
      await eventually('the lease runs out', async () => (await store.unattended(10)).includes(dead.document.id))
      expect(await store.sweep(CUTOFFS)).toEqual({ removed: 0, expired: 1 })
      expect(await store.load(held.document.id)).toEqual(held)
      expect(await codeOf(store.save(stale, { ...dead, rev: 2, events: [] }))).toBe('stale_lease')
      expect((await store.load(dead.document.id))?.document.status).toBe('expired')
    })
  })
}
