import type { SessionDocument } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import type { SessionQuery, SessionStore } from '../session-store.ts'
import { DEAD_LETTER, sampleSession } from './sample-session.ts'
import { acquired, codeOf, type Stores } from './stores.ts'

export function listRules(stores: Stores): void {
  describe('listing', () => {
    test('pages are newest first, of one owner, and stay right while sessions come', async () => {
      const store = await stores.one()
      const made: string[] = []
      for (let index = 0; index < 7; index += 1) made.unshift(await createdAt(store, 1_000 * index))
      await store.create(sampleSession({ owner: 'bob' }), [])

      const seen = await allPages(store, { owner: 'alice', limit: 3 }, () => store.create(sampleSession(), []))
      expect(seen.map(({ id }) => id)).toEqual(made)
      expect((await store.list({ owner: 'bob', limit: 3 })).total).toBe(1)
    })

    test('sessions of the same instant are each on one page', async () => {
      const store = await stores.one()
      const made = new Set<string>()
      for (let index = 0; index < 7; index += 1) made.add(await createdAt(store, 1_000))
      const seen = await allPages(store, { owner: 'alice', limit: 2 })
      expect(seen).toHaveLength(7)
      expect(new Set(seen.map(({ id }) => id))).toEqual(made)
    })

    test('a list of some states holds those, and counts those', async () => {
      const store = await stores.one()
      await store.create(sampleSession(), [])
      const failed = (await store.create(sampleSession({ status: 'failed' }), [])).document
      const canceled = (await store.create(sampleSession({ status: 'canceled' }), [])).document
      const page = await store.list({ owner: 'alice', statuses: ['failed', 'canceled'], limit: 10 })
      expect(page.sessions.map(({ id }) => id).toSorted()).toEqual([failed.id, canceled.id].toSorted())
      expect(page).toMatchObject({ total: 2, nextCursor: undefined })
      expect((await store.list({ owner: 'alice', statuses: ['expired'], limit: 10 })).total).toBe(0)
    })

    test('a list shows sessions as they are now', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const lease = await acquired(store, created.document.id)
      await store.save(lease, { ...created, document: { ...created.document, status: 'completed' }, events: [] })
      expect((await store.list({ owner: 'alice', statuses: ['active'], limit: 10 })).sessions).toEqual([])
      expect((await store.list({ owner: 'alice', statuses: ['completed'], limit: 10 })).sessions).toMatchObject([{ status: 'completed' }])
    })

    test('a list of those with dead letters holds those that have them now', async () => {
      const store = await stores.one()
      await store.create(sampleSession({ status: 'failed' }), [])
      await store.create(sampleSession({ owner: 'bob', dead_letters: [DEAD_LETTER] }), [])
      const kept = await store.create(sampleSession({ status: 'failed', dead_letters: [DEAD_LETTER] }), [])
      const redriven = await store.create(sampleSession({ status: 'failed', dead_letters: [DEAD_LETTER] }), [])
      const dying = await store.create(sampleSession(), [])
      await store.save(await acquired(store, redriven.document.id), { ...redriven, document: { ...redriven.document, dead_letters: [] }, events: [] })
      await store.save(await acquired(store, dying.document.id), { ...dying, document: { ...dying.document, dead_letters: [DEAD_LETTER] }, events: [] })

      const seen = await allPages(store, { owner: 'alice', dead: true, limit: 1 })
      expect(seen.map(({ id }) => id).toSorted()).toEqual([kept.document.id, dying.document.id].toSorted())
      expect((await store.list({ owner: 'alice', dead: true, limit: 1 })).total).toBe(2)
      expect((await store.list({ owner: 'alice', dead: true, statuses: ['failed'], limit: 10 })).sessions).toEqual([kept.document])
    })

    test('where no owner is named a list holds everybody’s', async () => {
      const store = await stores.one()
      const made: string[] = []
      for (let index = 0; index < 5; index += 1) made.unshift(await createdAt(store, 1_000 * index, { owner: `owner-${index % 2}` }))
      const seen = await allPages(store, { limit: 2 })
      expect(seen.map(({ id }) => id)).toEqual(made)
      expect((await store.list({ limit: 2 })).total).toBe(5)
      const dying = (await store.create(sampleSession({ owner: 'eve', status: 'failed', dead_letters: [DEAD_LETTER] }), [])).document
      expect(await store.list({ dead: true, limit: 9 })).toMatchObject({ sessions: [{ id: dying.id }], total: 1 })
      expect(await store.list({ statuses: ['failed'], limit: 9 })).toMatchObject({ sessions: [{ id: dying.id }], total: 1 })
      await store.delete(dying.id)
      expect((await store.list({ dead: true, limit: 9 })).total).toBe(0)
      expect((await store.list({ limit: 9 })).total).toBe(5)
    })

    test('sessions that work for no other can be listed alone, and those that work for one', async () => {
      const store = await stores.one()
      const root = await createdAt(store, 1_000)
      const child = await createdAt(store, 2_000, { lineage: [root] })
      const grandchild = await createdAt(store, 3_000, { lineage: [root, child] })
      const other = await createdAt(store, 4_000, { owner: 'bob' })
      const ids = async (query: Omit<SessionQuery, 'limit'>) => {
        const { sessions, total } = await store.list({ ...query, limit: 9 })
        expect(total).toBe(sessions.length)
        return sessions.map(({ id }) => id)
      }
      expect(await ids({ roots: true })).toEqual([other, root])
      expect(await ids({ roots: true, owner: 'alice' })).toEqual([root])
      expect(await ids({ of: root })).toEqual([child])
      expect(await ids({ of: child, owner: 'alice' })).toEqual([grandchild])
      expect(await ids({ of: child, owner: 'bob' })).toEqual([])
      expect(await ids({ of: grandchild })).toEqual([])
      expect((await allPages(store, { roots: true, limit: 1 })).map(({ id }) => id)).toEqual([other, root])
      await store.delete(child)
      expect(await ids({ of: root })).toEqual([])
    })

    test('a text is looked for in goals, whatever its case, and as an id', async () => {
      const store = await stores.one()
      const hotels = await createdAt(store, 1_000, { goal: 'Vergleiche HOTELS in ÄLMHULT, 100%_günstig', request_id: 'req_hotels' })
      const trains = await createdAt(store, 2_000, { goal: 'Compare trains to ﬁnd a seat in älmhult', owner: 'bob' })
      const ids = async (text: string, query: Partial<SessionQuery> = {}) => {
        const { sessions, total } = await store.list({ text, limit: 9, ...query })
        expect(total).toBe(sessions.length)
        return sessions.map(({ id }) => id)
      }
      expect(await ids('älmhult')).toEqual([trains, hotels])
      expect(await ids('Älmhult', { owner: 'bob' })).toEqual([trains])
      expect(await ids('älmhult hotels')).toEqual([hotels])
      expect(await ids('find')).toEqual([trains])
      expect(await ids('100%_')).toEqual([hotels])
      expect(await ids('%')).toEqual([hotels])
      expect(await ids(hotels)).toEqual([hotels])
      expect(await ids('req_hotels')).toEqual([hotels])
      expect(await ids('req_hotel')).toEqual([])
      expect(await ids('hotels', { statuses: ['failed'] })).toEqual([])
      expect(await ids('hotels', { roots: true, statuses: ['active'] })).toEqual([hotels])
      expect((await allPages(store, { text: 'ÄLMHULT', limit: 1 })).map(({ id }) => id)).toEqual([trains, hotels])
    })

    test('the last page names no next one, even when it is full', async () => {
      const store = await stores.one()
      for (let index = 0; index < 4; index += 1) await createdAt(store, index)
      const first = await store.list({ owner: 'alice', limit: 2 })
      const second = await store.list({ owner: 'alice', limit: 2, cursor: first.nextCursor as string })
      expect(second.sessions).toHaveLength(2)
      expect(second.nextCursor).toBeUndefined()
      expect(await store.list({ owner: 'carol', limit: 2 })).toEqual({ sessions: [], nextCursor: undefined, total: 0 })
    })

    test('a cursor that is not ours is refused', async () => {
      const store = await stores.one()
      for (const cursor of ['!', 'abc', Buffer.from('x y').toString('base64url')]) {
        expect(await codeOf(store.list({ owner: 'alice', limit: 3, cursor }))).toBe('invalid_request')
      }
    })
  })
}

async function createdAt(store: SessionStore, milliseconds: number, overrides: Partial<SessionDocument> = {}): Promise<string> {
  const { document } = await store.create(sampleSession({ created_at: new Date(milliseconds).toISOString(), ...overrides }), [])
  return document.id
}

/** Every page, with something happening between them. */
async function allPages(store: SessionStore, query: SessionQuery, between: () => Promise<unknown> = async () => undefined): Promise<SessionDocument[]> {
  const seen: SessionDocument[] = []
  for (let cursor: string | undefined; ;) {
    const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) })
    expect(page.sessions.length).toBeLessThanOrEqual(query.limit)
    seen.push(...page.sessions)
    if (page.nextCursor === undefined) return seen
    cursor = page.nextCursor
    await between()
  }
}
