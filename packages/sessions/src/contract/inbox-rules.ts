import { describe, expect, test } from 'vitest'

import { sampleSession } from './sample-session.ts'
import { acquired, codeOf, reasonOf, type Stores } from './stores.ts'

export function inboxRules(stores: Stores): void {
  describe('the inbox', () => {
    test('messages wait in their order, and are consumed with the save that used them, once', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(here, id)
      await there.push(id, { type: 'cancel', reason: 'one' })
      await there.push(id, { type: 'cancel', reason: 'two' })
      const read = await here.inbox(id)
      await there.push(id, { type: 'cancel', reason: 'three' })
      expect(read.map(reasonOf)).toEqual(['one', 'two'])

      await here.save(lease, { ...created, events: [], consumed: read.at(-1)?.position ?? 0 })
      expect((await here.inbox(id)).map(reasonOf)).toEqual(['three'])
    })

    test('a position is never given twice, though all before it were consumed', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(store, id)
      await store.push(id, { type: 'cancel', reason: 'one' })
      const [first] = await store.inbox(id)
      const saved = await store.save(lease, { ...created, events: [], consumed: first?.position ?? 0 })
      await store.push(id, { type: 'cancel', reason: 'two' })
      const [second] = await store.inbox(id)
      expect(second?.position).toBeGreaterThan(first?.position ?? 0)
      await store.save(lease, { ...saved, events: [], consumed: first?.position ?? 0 })
      expect(await store.inbox(id)).toEqual([second])
    })

    test('a save that takes nothing into account consumes nothing', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(store, id)
      await store.push(id, { type: 'cancel' })
      const saved = await store.save(lease, { ...created, events: [] })
      await store.save(lease, { ...saved, events: [], consumed: 0 })
      expect(await store.inbox(id)).toHaveLength(1)
    })

    test('a holder that lost the session consumes nothing: what it read is left for the next', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const stale = await acquired(store, id)
      await store.push(id, { type: 'cancel' })
      const [message] = await store.inbox(id)
      await store.release(stale)
      const lease = await acquired(store, id)
      const consumed = message?.position ?? 0
      expect(await codeOf(store.save(stale, { ...created, events: [], consumed }))).toBe('stale_lease')
      expect(await store.inbox(id)).toHaveLength(1)
      await store.save(lease, { ...created, events: [], consumed })
      expect(await store.inbox(id)).toEqual([])
    })
  })

  describe('parking', () => {
    test('a session parks over what it has read, saved and released at once', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(store, id)
      await store.push(id, { type: 'cancel' })
      const waiting = { ...created, document: { ...created.document, status: 'waiting_approval' as const }, events: [] }
      expect(await store.park(lease, waiting)).toBe(false)
      expect(await store.load(id)).toEqual(created)

      const [message] = await store.inbox(id)
      expect(await store.park(lease, { ...waiting, consumed: message?.position ?? 0 })).toBe(true)
      expect(await store.inbox(id)).toEqual([])
      expect((await store.load(id))?.document.status).toBe('waiting_approval')
      expect(await store.acquire(id, { holder: 'b', leaseMs: 60_000 })).toBeDefined()
    })

    test('a session never parks over an unread message, however the two race', async () => {
      const [here, there] = await stores.two()
      const rounds = 200
      for (let round = 0; round < rounds; round += 1) {
        const created = await here.create(sampleSession(), [])
        const { id } = created.document
        const lease = await acquired(here, id)
        const waiting = { ...created.document, status: 'waiting_approval' as const }
        let acknowledged = false
        const pushed = there.push(id, { type: 'cancel' }).then(() => (acknowledged = true))
        for (let step = 0; step < round % 5; step += 1) await Promise.resolve()
        const cameBefore = acknowledged
        const parked = await here.park(lease, { ...created, document: waiting, events: [] })
        await pushed

        expect(parked && cameBefore).toBe(false)
        expect(await here.inbox(id)).toHaveLength(1)
        expect((await here.load(id))?.document.status).toBe(parked ? 'waiting_approval' : 'active')
        // Parked, so the message came after: the sweeper finds it. Not parked, so the holder goes on.
        expect((await here.unattended(rounds)).includes(id)).toBe(parked)
        expect(await here.renew(lease, 60_000)).toBe(!parked)
        await here.delete(id)
      }
    })
  })
}
