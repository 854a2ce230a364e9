import type { NewSessionEvent } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import type { StoredSession } from '../session-store.ts'
import { COMPLETED, CREATED, progress, sampleSession } from './sample-session.ts'
import { acquired, collect, seqsOf, upTo, type Stores } from './stores.ts'

const WITHIN_MS = 10_000

export function followRules(stores: Stores): void {
  describe('following', () => {
    test('who follows gets what was and what comes, each event once, and an end at the end', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(sampleSession(), [CREATED])
      const { id } = created.document
      const lease = await acquired(here, id)
      const near = collect(here.follow(id, 0, AbortSignal.timeout(WITHIN_MS)))
      const far = collect(there.follow(id, 0, AbortSignal.timeout(WITHIN_MS)))
      const joined: Promise<number[]>[] = []
      for (let index = 0; index < 500; index += 1) {
        await here.append(lease, [progress(`${index}`)])
        if (index % 50 === 0) joined.push(collect((index % 100 === 0 ? here : there).follow(id, index, AbortSignal.timeout(WITHIN_MS))).then(seqsOf))
      }
      const now = (await here.load(id)) as StoredSession
      await here.save(lease, { ...now, document: { ...now.document, status: 'completed' }, events: [COMPLETED] })

      expect(seqsOf(await near)).toEqual(upTo(502))
      expect(seqsOf(await far)).toEqual(upTo(502))
      for (const [index, seqs] of (await Promise.all(joined)).entries()) expect(seqs).toEqual(upTo(502).slice(index * 50))
    })

    test('who reads slowly misses nothing', async () => {
      const [here, there] = await stores.two()
      const created = await here.create(
        sampleSession(),
        Array.from({ length: 250 }, () => progress('early')),
      )
      const { id } = created.document
      const lease = await acquired(here, id)
      const patience = AbortSignal.timeout(WITHIN_MS)
      const seen: number[] = []
      for await (const { seq } of there.follow(id, 0, patience)) {
        seen.push(seq)
        // Each event that is read makes another, until there are enough.
        if (seq < 250) await here.append(lease, [progress('meanwhile')])
        if (seq === 250) await here.append(lease, [COMPLETED])
      }
      expect(seen).toEqual(upTo(500))
      expect(patience.aborted).toBe(false)
    })

    test('an event of another process arrives without anything being written here', async () => {
      const [here, there] = await stores.two()
      const { document } = await here.create(sampleSession(), [])
      const lease = await acquired(here, document.id)
      const events = there.follow(document.id, 0, AbortSignal.timeout(WITHIN_MS))[Symbol.asyncIterator]()
      for (let round = 1; round <= 3; round += 1) {
        const next = events.next()
        await here.append(lease, [progress(`${round}`)])
        expect((await next).value).toMatchObject({ seq: round })
      }
      await events.return?.()
    })

    test('who follows from the end, or follows a session that is over or was never there, is not kept waiting', async () => {
      const store = await stores.one()
      const { document } = await store.create(sampleSession({ status: 'completed' }), [CREATED, COMPLETED])
      expect(seqsOf(await collect(store.follow(document.id, 1, AbortSignal.timeout(WITHIN_MS))))).toEqual([2])
      const patience = AbortSignal.timeout(WITHIN_MS)
      expect(await collect(store.follow(document.id, 2, patience))).toEqual([])
      expect(await collect(store.follow('ses_none', 0, patience))).toEqual([])
      expect(patience.aborted).toBe(false)
    })

    test('who follows a session that expires is told so, and comes to an end', async () => {
      const [here, there] = await stores.two()
      for (const store of [here, there]) {
        const { id } = (await here.create(sampleSession({ updated_at: '2020-01-01T00:00:00.000Z' }), [CREATED])).document
        const followed = collect(store.follow(id, 0, AbortSignal.timeout(WITHIN_MS)))
        await here.sweep({ finishedBefore: new Date('2021-01-01'), abandonedBefore: new Date('2021-01-01') })
        expect(await followed).toEqual([
          { ...CREATED, seq: 1 },
          { type: 'session.expired', at: expect.any(String), seq: 2 },
        ])
      }
    })

    test('an end that was taken back is told like any event, and what came after it, too', async () => {
      const store = await stores.one()
      const redriven: NewSessionEvent = { type: 'session.redriven', at: '2026-01-01T00:00:00.000Z', nodes: ['n1'] }
      const many = Array.from({ length: 97 }, () => progress('again'))
      const { document } = await store.create(sampleSession(), [CREATED, COMPLETED, redriven, ...many])
      const followed = collect(store.follow(document.id, 0, AbortSignal.timeout(WITHIN_MS)))
      await store.append(await acquired(store, document.id), [COMPLETED])
      expect(seqsOf(await followed)).toEqual(upTo(101))
    })

    test('who follows a session that is deleted comes to an end', async () => {
      const [here, there] = await stores.two()
      const patience = AbortSignal.timeout(WITHIN_MS)
      for (const store of [here, there]) {
        const { id } = (await here.create(sampleSession(), [CREATED])).document
        const followed = collect(store.follow(id, 0, patience))
        await here.delete(id)
        expect((await followed).length).toBeLessThanOrEqual(1)
      }
      expect(patience.aborted).toBe(false)
    })

    test('who is told to stop stops, whether there was more to tell or not', async () => {
      const store = await stores.one()
      const { document } = await store.create(sampleSession(), [CREATED, progress('a'), progress('b')])
      const stop = new AbortController()
      const seen: number[] = []
      for await (const { seq } of store.follow(document.id, 0, stop.signal)) {
        seen.push(seq)
        if (seq === 2) stop.abort()
      }
      expect(seen).toEqual([1, 2])

      const idle = new AbortController()
      const waiting = collect(store.follow(document.id, 3, idle.signal))
      idle.abort()
      expect(await waiting).toEqual([])
      expect(await collect(store.follow(document.id, 0, AbortSignal.abort()))).toEqual([])
    })

    test('a store that is closed lets go of those who follow', async () => {
      const store = await stores.one()
      const { document } = await store.create(sampleSession(), [CREATED])
      const seen: number[] = []
      const following = (async () => {
        for await (const { seq } of store.follow(document.id, 0, AbortSignal.timeout(WITHIN_MS))) seen.push(seq)
      })()
      await eventually('the follower has caught up', () => seen.length === 1)
      await store.close()
      await following
      expect(seen).toEqual([1])
    })
  })
}
