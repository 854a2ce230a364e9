import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as breath } from 'node:timers/promises'

import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import type { Doorbell } from '../doorbell.ts'

export interface DoorbellHooks {
  onError: (error: unknown, sessionId?: string) => void
}

/** Makes a doorbell that nobody has rung yet; `dispose` comes after its close. */
export type OpenDoorbell = (hooks: DoorbellHooks) => Promise<{ doorbell: Doorbell; dispose: () => Promise<void> }>

const SEED = 20_261_121
const FAR_OFF_MS = 90 * 24 * 3_600_000

/** What every doorbell does. Rings may be doubled, so none of it counts drives from above but where rings come before any answer. */
export function describeDoorbell(name: string, openDoorbell: OpenDoorbell): void {
  describe(name, () => {
    const closings: (() => Promise<void>)[] = []
    const unexpected: unknown[] = []
    afterEach(async () => {
      for (const close of closings.splice(0).toReversed()) await close()
      expect(unexpected.splice(0)).toEqual([])
    })

    async function open(hooks: Partial<DoorbellHooks> = {}): Promise<Doorbell> {
      const { doorbell, dispose } = await openDoorbell({ onError: hooks.onError ?? ((error) => unexpected.push(error)) })
      closings.push(dispose, () => doorbell.close(AbortSignal.timeout(5_000)))
      return doorbell
    }

    test('rings that came before anybody answered are one drive of each session', async () => {
      const doorbell = await open()
      for (let round = 0; round < 5; round += 1) for (const id of ['a', 'b', 'c']) await doorbell.ring(id)
      const drives: string[] = []
      doorbell.answer(async (id) => void drives.push(id), { concurrency: 1 })
      await eventually('all are driven', () => drives.length >= 3)
      await doorbell.ring('last')
      await eventually('nothing else is left', () => drives.includes('last'))
      expect(drives).toEqual(['a', 'b', 'c', 'last'])
    })

    test('a ring during a drive leads to one more drive afterwards', async () => {
      const doorbell = await open()
      const gate = Promise.withResolvers<void>()
      const drives: string[] = []
      doorbell.answer(
        async (id) => {
          if (id === 'a') drives.push('begins')
          if (id === 'a' && drives.length === 1) await gate.promise
          if (id === 'a') drives.push('ends')
          if (id === 'b') drives.push('b')
        },
        { concurrency: 4 },
      )
      await doorbell.ring('a')
      await eventually('the drive begins', () => drives.length === 1)
      for (let round = 0; round < 5; round += 1) await doorbell.ring('a')
      await doorbell.ring('b')
      await eventually('all rings have come', () => drives.includes('b'))
      expect(drives).toEqual(['begins', 'b'])
      gate.resolve()
      await eventually('the second drive', () => drives.length >= 5)
      expect(drives.slice(0, 5)).toEqual(['begins', 'b', 'ends', 'begins', 'ends'])
    })

    test('every ring is followed by a drive that begins after it, and no session is driven twice at once, however they interleave', async () => {
      const doorbell = await open()
      const random = numbersFrom(SEED)
      const ids = ['a', 'b', 'c']
      const driving = new Set<string>()
      const lastBegun = new Map<string, number>()
      let now = 0
      let twice = 0
      doorbell.answer(
        async (id) => {
          if (driving.has(id)) twice += 1
          driving.add(id)
          lastBegun.set(id, (now += 1))
          for (let breaths = random(200); breaths > 0; breaths -= 1) await breath()
          driving.delete(id)
        },
        { concurrency: 8 },
      )
      for (let round = 0; round < 150; round += 1) {
        const rung = now
        const id = ids[random(ids.length)] as string
        await doorbell.ring(id)
        for (let breaths = random(100); breaths > 0; breaths -= 1) await breath()
        if (round % 3 === 0) await eventually(`the drive after ring ${round}`, () => (lastBegun.get(id) ?? 0) > rung)
      }
      const rung = now
      await Promise.all(ids.map((id) => doorbell.ring(id)))
      await eventually('all are driven once more', () => ids.every((id) => (lastBegun.get(id) ?? 0) > rung))
      expect(twice).toBe(0)
    })

    test('no more sessions than the limit are driven at once, and all of them in the end', async () => {
      const doorbell = await open()
      let now = 0
      let most = 0
      const done = new Set<string>()
      doorbell.answer(
        async (id) => {
          now += 1
          most = Math.max(most, now)
          await breath()
          await breath()
          now -= 1
          done.add(id)
        },
        { concurrency: 3 },
      )
      await Promise.all(Array.from({ length: 20 }, (_, index) => doorbell.ring(`s${index}`)))
      await eventually('all are done', () => done.size === 20)
      expect(most).toBeLessThanOrEqual(3)
    })

    test('a session that is driven holds up no other one that was rung for after it', async () => {
      const doorbell = await open()
      const gate = Promise.withResolvers<void>()
      const drives: string[] = []
      doorbell.answer(
        async (id) => {
          drives.push(id)
          if (drives.length === 1) await gate.promise
        },
        { concurrency: 2 },
      )
      await doorbell.ring('a')
      await eventually('it is driven', () => drives.length === 1)
      for (const id of ['a', 'b']) await doorbell.ring(id)
      await eventually('the other one is driven', () => drives.includes('b'))
      expect(drives).toEqual(['a', 'b'])
      gate.resolve()
      await eventually('the first one is driven again', () => drives.length === 3)
    })

    test.each([
      ['rejects', () => Promise.reject(new Error('boom'))],
      [
        'throws',
        () => {
          throw new Error('boom')
        },
      ],
    ])('a drive that %s is reported, and the next ring is answered all the same', async (_how, fail: () => Promise<never>) => {
      const errors: string[] = []
      const doorbell = await open({ onError: (error, id) => errors.push(`${id}: ${(error as Error).message}`) })
      let calls = 0
      doorbell.answer(() => ((calls += 1) === 1 ? fail() : Promise.resolve()), { concurrency: 1 })
      await doorbell.ring('a')
      await eventually('it is reported', () => errors.length === 1)
      expect(errors).toEqual(['a: boom'])
      await doorbell.ring('a')
      await eventually('it is driven again', () => calls === 2)
    })

    test('a delayed ring waits; of two the earlier one comes first, and the later one is not forgotten', async () => {
      const doorbell = await open()
      const drives: string[] = []
      doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
      await doorbell.ring('a', 700)
      await doorbell.ring('b', 250)
      await doorbell.ring('a', 400)
      await doorbell.ring('c')
      await eventually('all have come', () => drives.length === 4)
      expect(drives).toEqual(['c', 'b', 'a', 'a'])
    })

    test('a ring that is far off neither comes at once, nor stands for those that come before it', async () => {
      const doorbell = await open()
      const drives: string[] = []
      doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
      for (const delayMs of [FAR_OFF_MS, FAR_OFF_MS, Number.MAX_VALUE]) await doorbell.ring('a', delayMs)
      await doorbell.ring('b', 20)
      await eventually('the near one has come', () => drives.length > 0)
      await doorbell.ring('a')
      await eventually('the one of now has come', () => drives.length > 1)
      expect(drives).toEqual(['b', 'a'])
    })

    test('a drive runs outside of what its ringer was doing', async () => {
      const trace = new AsyncLocalStorage<string>()
      const doorbell = await open()
      const seen: (string | undefined)[] = []
      trace.run('of a start', () => doorbell.answer(async () => void seen.push(trace.getStore()), { concurrency: 1 }))
      await trace.run('of a request', () => Promise.all([doorbell.ring('a'), doorbell.ring('b'), doorbell.ring('c', 1)]))
      await eventually('all are driven', () => seen.length === 3)
      expect(seen).toEqual([undefined, undefined, undefined])
    })

    test('closing tells what is driven to stop, waits for it, and answers nothing more', async () => {
      const doorbell = await open()
      const begun = Promise.withResolvers<void>()
      const events: string[] = []
      doorbell.answer(
        async (id, signal) => {
          events.push(`${id} begins`)
          begun.resolve()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          events.push(`${id} ends`)
        },
        { concurrency: 1 },
      )
      await doorbell.ring('a')
      await begun.promise
      await doorbell.ring('b')
      await doorbell.ring('c', 1)
      await doorbell.close(AbortSignal.timeout(5_000))
      await doorbell.ring('d')
      expect(events).toEqual(['a begins', 'a ends'])
    })

    test('closing waits no longer than it may for a drive that does not stop', async () => {
      const doorbell = await open()
      const begun = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      doorbell.answer(
        () => {
          begun.resolve()
          return gate.promise
        },
        { concurrency: 1 },
      )
      await doorbell.ring('a')
      await begun.promise
      const before = performance.now()
      await doorbell.close(AbortSignal.timeout(20))
      await doorbell.close(AbortSignal.abort())
      expect(performance.now() - before).toBeLessThan(1_000)
      gate.resolve()
    })

    test('a doorbell that was never rung nor answered closes at once', async () => {
      const doorbell = await open()
      const before = performance.now()
      await doorbell.close(AbortSignal.timeout(5_000))
      expect(performance.now() - before).toBeLessThan(1_000)
    })
  })
}

/** Whole numbers below a limit, the same for the same seed (mulberry32). */
function numbersFrom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
