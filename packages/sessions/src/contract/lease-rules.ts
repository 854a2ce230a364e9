import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { holdLease } from '../lease.ts'
import type { SessionStore } from '../session-store.ts'
import { CREATED, progress, sampleSession } from './sample-session.ts'
import { acquired, codeOf, type Stores } from './stores.ts'

export function leaseRules(stores: Stores): void {
  describe('the lease', () => {
    test('one driver is admitted; the next one when it has released, or its lease ran out', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const first = await acquired(here, document.id)
      expect(await there.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeUndefined()
      await here.release(first)
      const second = await acquired(there, document.id, { holder: 'b', leaseMs: 1 })
      const third = await eventually('the lease runs out', () => here.acquire(document.id, { holder: 'c', leaseMs: 60_000 }))
      expect(second.fence).toBeGreaterThan(first.fence)
      expect(third.fence).toBeGreaterThan(second.fence)
    })

    test('of many who ask at once, one is admitted, even under one name', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const asked = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? here : there).acquire(document.id, { holder: 'a', leaseMs: 60_000 }))
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1)
    })

    test('a holder that was thought dead can write nothing, not even before the new holder has saved', async () => {
      const [here, there] = await stores.two()
      const stored = await here.create(sampleSession(), [CREATED])
      const stale = await acquired(here, stored.document.id, { holder: 'a', leaseMs: 1 })
      const current = await eventually('the lease runs out', () => there.acquire(stored.document.id, { holder: 'b', leaseMs: 60_000 }))

      expect(await codeOf(here.save(stale, { ...stored, events: [progress('late')] }))).toBe('stale_lease')
      expect(await codeOf(here.append(stale, [progress('late')]))).toBe('stale_lease')
      expect(await codeOf(here.park(stale, { ...stored, events: [] }))).toBe('stale_lease')
      expect(await here.renew(stale, 60_000)).toBe(false)
      await here.release(stale)
      expect(await there.renew(current, 60_000)).toBe(true)
      expect(await there.load(stored.document.id)).toEqual(stored)
      expect(await there.events(stored.document.id, 0, 10)).toHaveLength(1)
    })

    test('who has released or parked can write nothing more, though nobody else came', async () => {
      const store = await stores.one()
      for (const letGo of ['release', 'park'] as const) {
        const stored = await store.create(sampleSession(), [CREATED])
        const { id } = stored.document
        const lease = await acquired(store, id)
        if (letGo === 'release') await store.release(lease)
        else await store.park(lease, { ...stored, events: [] })
        const { rev } = (await store.load(id)) ?? stored

        expect(await codeOf(store.save(lease, { ...stored, rev, events: [] }))).toBe('stale_lease')
        expect(await codeOf(store.append(lease, [progress('late')]))).toBe('stale_lease')
        expect(await store.renew(lease, 60_000)).toBe(false)
        expect(await store.events(id, 0, 10)).toHaveLength(1)
        expect(await store.acquire(id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
      }
    })

    test('a lease that ran out is not renewed, though nobody else came', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const lease = await acquired(here, document.id, { leaseMs: 1 })
      await eventually('the lease runs out', async () => (await there.unattended(10)).includes(document.id))
      expect(await here.renew(lease, 60_000)).toBe(false)
      expect(await there.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
    })

    test('held by its heartbeat, a lease outlives its length; then it is given back', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const counted = countRenewals(here)
      const held = await holdLease(counted.store, document.id, { holder: 'a', leaseMs: 120 }, async (_lease, signal) => {
        await eventually('more than its length has passed', () => counted.renewals > 4)
        expect(await there.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeUndefined()
        expect(await holdLease(there, document.id, { holder: 'b', leaseMs: 120 }, async () => 'never')).toBeUndefined()
        return signal.aborted
      })
      expect(held).toEqual({ result: false })
      expect(await there.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
    })

    test('who loses the lease is told to stop, and leaves it to the new holder', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      await holdLease(here, document.id, { holder: 'a', leaseMs: 150 }, async (lease, signal) => {
        await there.release({ ...lease })
        await acquired(there, document.id, { holder: 'b' })
        await eventually('the holder is told', () => signal.aborted)
        expect(signal.reason).toMatchObject({ code: 'stale_lease' })
      })
      expect(await here.acquire(document.id, { holder: 'c', leaseMs: 60_000 })).toBeUndefined()
    })

    test('who cannot renew in time is told to stop before the lease can go to another', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const away: SessionStore = { ...here, renew: () => Promise.reject(new Error('the store is away')) }
      await holdLease(away, document.id, { holder: 'a', leaseMs: 1_000 }, async (_lease, signal) => {
        const next = eventually('the lease runs out', () => there.acquire(document.id, { holder: 'b', leaseMs: 60_000 }))
        await next.then(() => expect(signal.aborted).toBe(true))
      })
    })

    test('work that throws gives the lease back', async () => {
      const store = await stores.one()
      const { document } = await store.create(sampleSession(), [])
      const failing = holdLease(store, document.id, { holder: 'a', leaseMs: 60_000 }, () => Promise.reject(new Error('boom')))
      await expect(failing).rejects.toThrow('boom')
      expect(await store.acquire(document.id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
    })
  })
}

function countRenewals(store: SessionStore): { store: SessionStore; readonly renewals: number } {
  let renewals = 0
  const counting: SessionStore = {
    ...store,
    renew(lease, leaseMs) {
      renewals += 1
      return store.renew(lease, leaseMs)
    },
  }
  return {
    store: counting,
    get renewals() {
      return renewals
    },
  }
}
