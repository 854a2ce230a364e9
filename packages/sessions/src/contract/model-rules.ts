import type { SessionDocument } from '@signalbox/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Lease, SessionChange, SessionStore, StoredSession } from '../session-store.ts'
import { progress, sampleSession } from './sample-session.ts'
import { codeOf, reasonOf, type Stores } from './stores.ts'

/** What two drivers, each on its own connection, may do in any order. */
const STEPS = ['acquire', 'renew', 'release', 'load', 'save', 'append', 'park', 'push', 'inbox'] as const
type Step = { who: 0 | 1; what: (typeof STEPS)[number]; count: number }

const stepOf: fc.Arbitrary<Step> = fc.record({ who: fc.constantFrom(0, 1), what: fc.constantFrom(...STEPS), count: fc.nat(3) })

export function modelRules(stores: Stores): void {
  describe('against a model', () => {
    test('whatever two drivers do, the store says and holds what a model of ten lines does', async () => {
      const both = await stores.two()
      await fc.assert(
        fc.asyncProperty(fc.array(stepOf, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
          const created = await both[0].create(sampleSession({ goal: '' }), [])
          const model = createModel()
          const drivers = both.map((store, index) => createDriver(store, `d${index}`, created))
          for (const { who, what, count } of steps) {
            await drivers[who]?.[what](model, count)
            await expectAsModelled(both[1 - who] as SessionStore, created.document.id, model)
          }
          await both[0].delete(created.document.id)
        }),
        { numRuns: 60 },
      )
    })
  })
}

/** All that is to be known of a session. */
interface Model {
  rev: number
  goal: string
  status: SessionDocument['status']
  /** The lease that counts, if any does. */
  lease: Lease | undefined
  fence: number
  events: string[]
  inbox: { position: number; reason: string }[]
  pushed: number
}

function createModel(): Model {
  return { rev: 1, goal: '', status: 'active', lease: undefined, fence: 0, events: [], inbox: [], pushed: 0 }
}

/** A driver that does each step on the store and on the model, and expects the same answer of both. */
function createDriver(store: SessionStore, holder: string, created: StoredSession): Record<Step['what'], (model: Model, count: number) => Promise<void>> {
  const { id } = created.document
  let lease: Lease | undefined
  let known = created
  let read = 0

  /** What a write by this driver comes to. */
  const verdict = (model: Model, rev: number): 'stale_lease' | 'conflict' | 'no error' =>
    lease !== model.lease ? 'stale_lease' : rev !== model.rev ? 'conflict' : 'no error'

  function changeBy(count: number, status: SessionDocument['status']): SessionChange {
    return { document: { ...known.document, status, goal: `${known.document.goal}${holder}` }, rev: known.rev, events: eventsOf(holder, count), consumed: read }
  }

  function apply(model: Model, { document, events, consumed = 0 }: SessionChange): void {
    model.rev += 1
    model.goal = document.goal
    model.status = document.status
    model.events.push(...events.map(() => holder))
    model.inbox = model.inbox.filter(({ position }) => position > consumed)
  }

  return {
    async acquire(model) {
      const given = await store.acquire(id, { holder, leaseMs: 60_000 })
      expect(given !== undefined).toBe(model.lease === undefined)
      if (!given) return
      expect(given.fence).toBeGreaterThan(model.fence)
      model.fence = given.fence
      model.lease = lease = given
    },
    async renew(model) {
      if (lease) expect(await store.renew(lease, 60_000)).toBe(lease === model.lease)
    },
    async release(model) {
      if (!lease) return
      await store.release(lease)
      if (lease === model.lease) model.lease = undefined
    },
    async load() {
      known = (await store.load(id)) as StoredSession
    },
    async save(model, count) {
      if (!lease) return
      const change = changeBy(count, 'active')
      const code = await codeOf(store.save(lease, change).then((saved) => (known = saved)))
      expect(code).toBe(verdict(model, change.rev))
      if (code === 'no error') apply(model, change)
    },
    async append(model, count) {
      if (!lease) return
      const code = await codeOf(store.append(lease, eventsOf(holder, count)))
      expect(code).toBe(verdict(model, model.rev))
      if (code === 'no error') model.events.push(...eventsOf(holder, count).map(() => holder))
    },
    async park(model, count) {
      if (!lease) return
      const change = changeBy(count, 'waiting_approval')
      const expected = verdict(model, change.rev)
      if (expected !== 'no error') return expect(await codeOf(store.park(lease, change))).toBe(expected)
      const parked = await store.park(lease, change)
      expect(parked).toBe(!model.inbox.some(({ position }) => position > read))
      if (!parked) return
      apply(model, change)
      model.lease = undefined
    },
    async push(model, count) {
      model.pushed += 1
      await store.push(id, { type: 'cancel', reason: `${holder} ${count}` })
      model.inbox.push({ position: model.pushed, reason: `${holder} ${count}` })
    },
    async inbox(model) {
      read = (await store.inbox(id)).at(-1)?.position ?? read
      expect(read).toBeLessThanOrEqual(model.pushed)
    },
  }
}

async function expectAsModelled(store: SessionStore, id: string, model: Model): Promise<void> {
  const { document, rev } = (await store.load(id)) as StoredSession
  expect({ rev, goal: document.goal, status: document.status, last_seq: document.last_seq }).toEqual({
    rev: model.rev,
    goal: model.goal,
    status: model.status,
    last_seq: model.events.length,
  })
  const events = await store.events(id, 0, 1_000)
  expect(events).toEqual(model.events.map((text, index) => ({ ...progress(text), seq: index + 1 })))
  expect((await store.inbox(id)).map((entry) => ({ position: entry.position, reason: reasonOf(entry) }))).toEqual(model.inbox)
  expect(await store.unattended(10)).toEqual(model.lease === undefined && (model.status === 'active' || model.inbox.length > 0) ? [id] : [])
}

function eventsOf(holder: string, count: number): ReturnType<typeof progress>[] {
  return Array.from({ length: count }, () => progress(holder))
}
