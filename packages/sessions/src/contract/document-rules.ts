import { describe, expect, test } from 'vitest'

import { CREATED, progress, sampleSession } from './sample-session.ts'
import { acquired, codeOf, seqsOf, type Stores } from './stores.ts'

export function documentRules(stores: Stores): void {
  describe('the document', () => {
    test('a session is there once it was created, for every process, and its id is taken', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(sampleSession(), [CREATED])
      const { document } = created
      expect(await there.load(document.id)).toEqual(created)
      expect(document.last_seq).toBe(1)
      expect(await codeOf(there.create({ ...document, goal: 'another' }, []))).toBe('conflict')
      expect(await there.load(document.id)).toEqual(created)
    })

    test('a session that nobody made is not there', async () => {
      const store = await stores.one()
      expect(await store.load('ses_none')).toBeUndefined()
      expect(await store.events('ses_none', 0, 10)).toEqual([])
      expect(await store.inbox('ses_none')).toEqual([])
      expect(await codeOf(store.acquire('ses_none', { holder: 'a', leaseMs: 1_000 }))).toBe('not_found')
      expect(await codeOf(store.push('ses_none', { type: 'cancel' }))).toBe('not_found')
    })

    test('a store that is there says so, unless nobody waits for the answer', async () => {
      const store = await stores.one()
      await store.ping(AbortSignal.timeout(5_000))
      await expect(store.ping(AbortSignal.abort())).rejects.toThrow(/abort/)
    })

    test('a deleted session is gone with all that belonged to it, and its holder can write nothing', async () => {
      const [here, there] = await stores.two()
      const stored = await here.create(sampleSession(), [CREATED])
      const { id } = stored.document
      const lease = await acquired(here, id)
      await here.push(id, { type: 'cancel' })
      await there.delete(id)
      expect(await here.load(id)).toBeUndefined()
      expect(await here.events(id, 0, 10)).toEqual([])
      expect(await here.inbox(id)).toEqual([])
      expect(await codeOf(here.save(lease, { ...stored, events: [] }))).toBe('not_found')
      expect(await here.renew(lease, 1_000)).toBe(false)
      expect((await here.list({ owner: 'alice', limit: 10 })).total).toBe(0)
      await there.delete(id)
    })

    test('a save raises the revision by one, and answers what is loaded afterwards', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(sampleSession(), [CREATED])
      const lease = await acquired(here, created.document.id)
      const saved = await here.save(lease, { ...created, document: { ...created.document, goal: 'äöü 漢字 😀\u2028"\\' }, events: [progress('one')] })
      expect(saved.rev).toBe(created.rev + 1)
      expect(saved.document).toMatchObject({ goal: 'äöü 漢字 😀\u2028"\\', last_seq: 2 })
      expect(await there.load(created.document.id)).toEqual(saved)
    })

    test('a save made from an older revision is refused, and leaves nothing behind', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [CREATED])
      const { id } = created.document
      const lease = await acquired(store, id)
      const saved = await store.save(lease, { ...created, document: { ...created.document, goal: 'first' }, events: [progress('one')] })
      await store.push(id, { type: 'cancel' })
      const [message] = await store.inbox(id)
      const late = { ...created, document: { ...created.document, goal: 'second' }, events: [progress('two')], consumed: message?.position ?? 0 }

      expect(await codeOf(store.save(lease, late))).toBe('conflict')
      expect(await codeOf(store.park(lease, late))).toBe('conflict')
      expect(await store.load(id)).toEqual(saved)
      expect(await store.events(id, 0, 10)).toHaveLength(2)
      expect(await store.inbox(id)).toHaveLength(1)
      expect(await store.renew(lease, 60_000)).toBe(true)
    })

    test('a save that fails half way leaves nothing behind, and the next one goes well', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [CREATED])
      const { id } = created.document
      const lease = await acquired(store, id)
      await store.push(id, { type: 'cancel' })
      // A big integer is what JSON cannot say.
      const unsayable = progress(10n as unknown as string)

      await expect(
        store.save(lease, { ...created, document: { ...created.document, goal: 'new' }, events: [progress('one'), unsayable], consumed: 1 }),
      ).rejects.toThrow()
      await expect(store.append(lease, [progress('one'), unsayable])).rejects.toThrow()
      expect(await store.load(id)).toEqual(created)
      expect(seqsOf(await store.events(id, 0, 10))).toEqual([1])
      expect(await store.inbox(id)).toHaveLength(1)
      const saved = await store.save(lease, { ...created, events: [progress('one')] })
      expect(saved.document.last_seq).toBe(2)
    })
  })
}
