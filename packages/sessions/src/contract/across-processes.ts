import { setImmediate as breath } from 'node:timers/promises'

import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import type { SessionStore, StoredSession } from '../session-store.ts'
import { openStoreProcess, type StoreElsewhere, type StoreProcess } from './open-store-process.ts'
import { COMPLETED, CREATED, progress, sampleSession } from './sample-session.ts'
import { acquired, codeOf, collect, reasonOf, seqsOf, upTo, type OpenStore } from './stores.ts'

export type { StoreElsewhere } from './open-store-process.ts'

/** Makes an empty place for this process (`open`) and for others (`elsewhere`). */
export type OpenStoreElsewhere = () => Promise<Awaited<ReturnType<OpenStore>> & { elsewhere: StoreElsewhere }>

/** What a session store does when more than one process works on it. */
export function describeSessionStoreAcrossProcesses(name: string, openStore: OpenStoreElsewhere): void {
  describe(name, () => {
    const closings: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of closings.splice(0).toReversed()) await close()
    })

    async function storeAndProcesses<Count extends number>(count: Count): Promise<{ store: SessionStore; processes: StoreProcess[] & { length: Count } }> {
      const { open, elsewhere, dispose } = await openStore()
      closings.push(dispose)
      const store = await open()
      const processes = Array.from({ length: count }, () => openStoreProcess(elsewhere))
      closings.push(() => store.close(), ...processes.map((other) => () => other.close()))
      return { store, processes: processes as StoreProcess[] & { length: Count } }
    }

    test('of what several processes wrote in turns, everything acknowledged is there, once, and was told to who followed', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(3)
      const { document } = await store.create(sampleSession({ goal: '' }), [CREATED])
      const followed = collect(store.follow(document.id, 0, AbortSignal.timeout(50_000)))
      const acknowledged: string[] = []
      await Promise.all(processes.map((other, index) => other.writeInTurns(document.id, `w${index}`, 40, (note) => acknowledged.push(note))))

      const stored = (await store.load(document.id)) as StoredSession
      expect(acknowledged).toHaveLength(120)
      expect(notesIn(stored).toSorted()).toEqual(acknowledged.toSorted())
      expect(stored).toMatchObject({ rev: 121, document: { last_seq: 121 } })

      await store.append(await acquired(store, document.id), [COMPLETED])
      const events = await followed
      expect(seqsOf(events)).toEqual(upTo(122))
      expect(events.flatMap((event) => (event.type === 'node.progress' ? [event.text] : []))).toEqual(notesIn(stored))
    })

    test('processes that write to sessions of their own do not fail each other', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(2)
      const created = await Promise.all(processes.map(() => store.create(sampleSession({ goal: '' }), [])))
      const writing = Promise.all(processes.map((other, index) => other.writeInTurns(created[index]?.document.id ?? '', 'w', 200)))
      let done = false
      const over = writing.finally(() => (done = true))
      const own = await store.create(sampleSession(), [])
      for (let lease = await acquired(store, own.document.id); !done; await breath()) {
        await store.append(lease, [progress('x')])
        await store.release(lease)
        lease = await acquired(store, own.document.id)
      }
      await over
      for (const { document } of created) expect((await store.load(document.id))?.rev).toBe(201)
    })

    test('a process that was held up past its lease, between reading and writing, is refused', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(2)
      const [slow, quick] = processes as [StoreProcess, StoreProcess]
      const created = await store.create(sampleSession({ goal: '' }), [CREATED])
      const { id } = created.document
      const stale = await slow.call('acquire', id, { holder: 'slow', leaseMs: 50 })
      const read = await slow.call('load', id)
      if (!stale || !read) throw new Error('the first process got nothing')
      // It is now held up: nothing is said to it until its lease has gone to another.
      const current = await eventually('the lease runs out', () => quick.call('acquire', id, { holder: 'quick', leaseMs: 60_000 }))
      const late = { ...read, document: { ...read.document, goal: ' late' }, events: [progress('late')] }
      expect(await codeOf(slow.call('save', stale, late))).toBe('stale_lease')

      const saved = await quick.call('save', current, { ...read, document: { ...read.document, goal: ' quick' }, events: [progress('quick')] })
      expect(await codeOf(slow.call('save', stale, { ...late, rev: saved.rev }))).toBe('stale_lease')
      expect(await codeOf(slow.call('append', stale, [progress('late')]))).toBe('stale_lease')
      expect(await slow.call('renew', stale, 60_000)).toBe(false)
      expect(await store.load(id)).toEqual(saved)
      expect(await store.events(id, 0, 10)).toHaveLength(2)
    })

    test(
      'of twenty writers, one stopped past its lease between reading and writing: it is refused, and nothing acknowledged is lost',
      { timeout: 60_000 },
      async () => {
        const { store, processes } = await storeAndProcesses(20)
        const [stopped, ...writers] = processes as [StoreProcess, ...StoreProcess[]]
        const { id } = (await store.create(sampleSession({ goal: '' }), [])).document
        const stale = await stopped.call('acquire', id, { holder: 'stopped', leaseMs: 400 })
        const read = await stopped.call('load', id)
        if (!stale || !read) throw new Error('the first process got nothing')
        stopped.pause()
        const late = codeOf(stopped.call('save', stale, { ...read, document: { ...read.document, goal: ' late' }, events: [progress('late')] }))

        const acknowledged: string[] = []
        const write = (other: StoreProcess, index: number): Promise<void> => other.writeInTurns(id, `w${index}`, 6, (note) => acknowledged.push(note))
        const writing = Promise.all(writers.map(write))
        await eventually('others have written', () => acknowledged.length > 20, 50_000)
        stopped.resume()
        expect(await late).toBe('stale_lease')
        await writing

        const stored = (await store.load(id)) as StoredSession
        expect(acknowledged).toHaveLength(114)
        expect(notesIn(stored).toSorted()).toEqual(acknowledged.toSorted())
        expect(stored).toMatchObject({ rev: 115, document: { last_seq: 114 } })
      },
    )

    test('a message that any process pushes reaches whoever heeds, once and in its order', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(2)
      const { id } = (await store.create(sampleSession(), [])).document
      const heeded = collect(store.heed(id, AbortSignal.timeout(50_000)), 200)
      await Promise.all(
        processes.map(async (other, index) => {
          for (let count = 0; count < 100; count += 1) await other.call('push', id, { type: 'cancel', reason: `${index}.${count}` })
        }),
      )
      const entries = await heeded
      expect(entries.map(({ position }) => position)).toEqual(upTo(200))
      for (const index of [0, 1]) {
        const own = entries.map(reasonOf).filter((reason) => reason?.startsWith(`${index}.`))
        expect(own).toEqual(Array.from({ length: 100 }, (_, count) => `${index}.${count}`))
      }
    })

    test('of a process that is killed, everything acknowledged is there, and others go on where it was', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(2)
      const [doomed, survivor] = processes as [StoreProcess, StoreProcess]
      const { document } = await store.create(sampleSession({ goal: '' }), [])
      const acknowledged: string[] = []
      const killed = Promise.withResolvers<void>()
      const end = doomed.writeInTurns(document.id, 'doomed', 1_000_000, (note) => {
        acknowledged.push(note)
        if (acknowledged.length === 25) killed.resolve(doomed.kill())
      })
      await expect(end).rejects.toThrow('gone')
      await killed.promise
      await survivor.writeInTurns(document.id, 'survivor', 10, (note) => acknowledged.push(note))

      const stored = (await store.load(document.id)) as StoredSession
      const notes = notesIn(stored)
      expect(notes).toEqual(expect.arrayContaining(acknowledged))
      expect(new Set(notes).size).toBe(notes.length)
      expect(seqsOf(await store.events(document.id, 0, 100_000))).toEqual(upTo(notes.length))
    })

    test('a session never parks over an unread message of another process, however the two race', { timeout: 60_000 }, async () => {
      const { store, processes } = await storeAndProcesses(1)
      const [other] = processes as [StoreProcess]
      for (let round = 0; round < 200; round += 1) {
        const created = await store.create(sampleSession(), [])
        const { id } = created.document
        const lease = await acquired(store, id)
        let acknowledged = false
        const pushed = other.call('push', id, { type: 'cancel' }).then(() => (acknowledged = true))
        for (let step = 0; step < round % 40; step += 1) await breath()
        const cameBefore = acknowledged
        const parked = await store.park(lease, { ...created, document: { ...created.document, status: 'waiting_approval' }, events: [] })
        await pushed

        expect(parked && cameBefore).toBe(false)
        expect(await store.inbox(id)).toHaveLength(1)
        expect(await store.unattended(10)).toEqual(parked ? [id] : [])
        expect(await store.renew(lease, 60_000)).toBe(!parked)
        await store.delete(id)
      }
    })
  })
}

function notesIn({ document }: StoredSession): string[] {
  return document.goal.split(' ').filter(Boolean)
}
