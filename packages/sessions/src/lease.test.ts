import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { holdLease } from './lease.ts'
import type { Lease } from './session-store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the holder is told at the heartbeat that finds the lease lost, not when it would have ended', async () => {
  const hold = holdWith({ renew: async () => false })
  await vi.advanceTimersByTimeAsync(9_999)
  expect(hold.signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(hold.signal.reason).toMatchObject({ code: 'stale_lease' })
  await hold.end()
  expect(hold.log).toEqual(['acquired', 'renewed'])
})

test('a store that is away for one heartbeat is not the end', async () => {
  let calls = 0
  const hold = holdWith({ renew: () => ((calls += 1) === 1 ? Promise.reject(new Error('away')) : Promise.resolve(true)) })
  await vi.advanceTimersByTimeAsync(300_000)
  expect(hold.signal.aborted).toBe(false)
  await hold.end()
  expect(hold.log.filter((entry) => entry === 'renewed')).toHaveLength(30)
  expect(hold.log.at(-1)).toBe('released')
})

test('a store that does not answer is the end, before the lease is over', async () => {
  const hold = holdWith({ renew: () => new Promise(() => undefined) })
  await vi.advanceTimersByTimeAsync(26_000)
  expect(hold.signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(hold.signal.aborted).toBe(true)
  await hold.end()
})

test('a renewal that was slow counts from when it was asked for', async () => {
  let calls = 0
  const slow = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(true), 15_000))
  const hold = holdWith({ renew: () => ((calls += 1) === 1 ? slow() : new Promise(() => undefined)) })
  // Asked for at 10 s, given at 25 s: sure until 37 s.
  await vi.advanceTimersByTimeAsync(36_000)
  expect(hold.signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(hold.signal.aborted).toBe(true)
  await hold.end()
})

test('nothing is renewed once the work is done, and a store that cannot take the lease back does not undo it', async () => {
  const hold = holdWith({ release: () => Promise.reject(new Error('away')) })
  await vi.advanceTimersByTimeAsync(1)
  expect(await hold.end()).toEqual({ result: 'done' })
  await vi.advanceTimersByTimeAsync(100_000)
  expect(hold.log).toEqual(['acquired', 'released'])
})

/** Work under a lease of 30 seconds that lasts until `end`. */
function holdWith(store: { renew?: () => Promise<boolean>; release?: () => Promise<void> }): {
  signal: AbortSignal
  log: string[]
  end: () => Promise<unknown>
} {
  const log: string[] = []
  const work = Promise.withResolvers<string>()
  const signals: AbortSignal[] = []
  const logged = <Result>(entry: string, result: Promise<Result>): Promise<Result> => {
    log.push(entry)
    return result
  }
  const lease: Lease = { id: 'ses_1', holder: 'a', fence: 1, expiresAt: 30_000 }
  const held = holdLease(
    {
      acquire: () => logged('acquired', Promise.resolve(lease)),
      renew: () => logged('renewed', store.renew?.() ?? Promise.resolve(true)),
      release: () => logged('released', store.release?.() ?? Promise.resolve()),
    },
    'ses_1',
    { holder: 'a', leaseMs: 30_000 },
    (_lease, signal) => {
      signals.push(signal)
      return work.promise
    },
  )
  return {
    get signal() {
      const [signal] = signals
      if (!signal) throw new Error('the work has not begun')
      return signal
    },
    log,
    end() {
      work.resolve('done')
      return held
    },
  }
}
