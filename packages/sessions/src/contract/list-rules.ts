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

async function createdAt(store: SessionStore, milliseconds: number): Promise<string> {
  const { document } = await store.create(sampleSession({ created_at: new Date(milliseconds).toISOString() }), [])
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
