import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import type { InboxEntry, StoredSession } from '../session-store.ts'
import { sampleSession } from './sample-session.ts'
import { acquired, collect, reasonOf, upTo, type Stores } from './stores.ts'

const WITHIN_MS = 10_000

export function heedRules(stores: Stores): void {
  describe('heeding the inbox', () => {
    test('who heeds gets what waits and what comes, each message once, whoever pushes', async () => {
      const [here, there] = await stores.two()
      const { id } = (await here.create(sampleSession(), [])).document
      await there.push(id, { type: 'pause' })
      const near = collect(here.heed(id, AbortSignal.timeout(WITHIN_MS)), 251)
      const far = collect(there.heed(id, AbortSignal.timeout(WITHIN_MS)), 251)
      for (let index = 1; index <= 250; index += 1) await (index % 2 ? here : there).push(id, { type: 'cancel', reason: `${index}` })
      for (const entries of [await near, await far]) {
        expect(entries.map(({ position }) => position)).toEqual(upTo(251))
        expect(entries.slice(1).map(reasonOf)).toEqual(upTo(250).map(String))
        expect(entries[0]?.message).toEqual({ type: 'pause' })
      }
    })

    test('a message of another process arrives without anything being written here', async () => {
      const [here, there] = await stores.two()
      const { id } = (await here.create(sampleSession(), [])).document
      const messages = there.heed(id, AbortSignal.timeout(WITHIN_MS))[Symbol.asyncIterator]()
      for (let round = 1; round <= 3; round += 1) {
        const next = messages.next()
        await here.push(id, { type: 'cancel', reason: `${round}` })
        expect(reasonOf((await next).value as InboxEntry)).toBe(`${round}`)
      }
      await messages.return?.()
    })

    test('what is consumed meanwhile is not told again, and what comes after it is', async () => {
      const store = await stores.one()
      const created = await store.create(sampleSession(), [])
      const { id } = created.document
      const lease = await acquired(store, id)
      const messages = store.heed(id, AbortSignal.timeout(WITHIN_MS))[Symbol.asyncIterator]()
      for (let position = 1, { rev } = created; position <= 3; position += 1) {
        await store.push(id, { type: 'resume' })
        expect((await messages.next()).value).toEqual({ position, message: { type: 'resume' } })
        ;({ rev } = await store.save(lease, { ...created, rev, events: [], consumed: position }))
      }
      await messages.return?.()
    })

    test('who heeds a session that is deleted, or was never there, comes to an end', async () => {
      const [here, there] = await stores.two()
      const patience = AbortSignal.timeout(WITHIN_MS)
      expect(await collect(here.heed('ses_none', patience))).toEqual([])
      for (const store of [here, there]) {
        const { id } = (await here.create(sampleSession(), [])).document
        const heeded = collect(store.heed(id, patience))
        await here.delete(id)
        expect(await heeded).toEqual([])
      }
      expect(patience.aborted).toBe(false)
    })

    test('who is told to stop stops, and a store that is closed lets go', async () => {
      const store = await stores.one()
      const { id } = (await store.create(sampleSession(), [])).document
      const stop = new AbortController()
      const seen: InboxEntry[] = []
      const heeding = (async () => {
        for await (const entry of store.heed(id, stop.signal)) seen.push(entry)
      })()
      const heedingToTheEnd = collect(store.heed(id, AbortSignal.timeout(WITHIN_MS)))
      await store.push(id, { type: 'pause' })
      await eventually('the message arrives', () => seen.length === 1)
      stop.abort()
      await heeding
      await store.push(id, { type: 'resume' })
      expect(seen).toHaveLength(1)
      expect(await collect(store.heed(id, AbortSignal.abort()))).toEqual([])
      await store.close()
      expect((await heedingToTheEnd).length).toBeGreaterThanOrEqual(1)
    })

    test('heeding consumes nothing: the messages wait for the save that uses them', async () => {
      const store = await stores.one()
      const { id } = (await store.create(sampleSession(), [])).document
      await store.push(id, { type: 'pause' })
      await collect(store.heed(id, AbortSignal.timeout(WITHIN_MS)), 1)
      expect(await store.inbox(id)).toHaveLength(1)
      expect((await store.load(id)) as StoredSession).toMatchObject({ rev: 1 })
    })
  })
}
