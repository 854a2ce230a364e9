import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { startSweeper, type Sweeper, type SweeperOptions } from './sweeper.ts'

test('it looks at once, and again and again, and rings for every session that nobody drives', async () => {
  const rung: string[] = []
  const sweeper = sweeperWith({ unattended: async () => ['a', 'b'] }, { everyMs: 5, rung })
  await eventually('it has looked three times', () => rung.length >= 6)
  await sweeper.close()
  expect(rung.slice(0, 4)).toEqual(['a', 'b', 'a', 'b'])
})

test('it forgets what finished before the retention, and gives up what was abandoned', async () => {
  const cutoffs: { finishedBefore: Date; abandonedBefore: Date }[] = []
  const sweeper = sweeperWith({
    sweep: async (given) => {
      cutoffs.push(given)
      return { removed: 0, expired: 0 }
    },
  })
  await sweeper.sweep()
  await sweeper.close()
  const [{ finishedBefore, abandonedBefore } = { finishedBefore: new Date(), abandonedBefore: new Date() }] = cutoffs
  expect(finishedBefore.getTime() - abandonedBefore.getTime()).toBe(6_000)
  expect(Date.now() - finishedBefore.getTime()).toBeGreaterThanOrEqual(1_000)
})

test('what fails is reported and keeps it neither from ringing nor from looking again', async () => {
  const rung: string[] = []
  const errors: unknown[] = []
  let looks = 0
  const sweeper = sweeperWith(
    {
      sweep: () => Promise.reject(new Error('cannot forget')),
      unattended: async () => {
        looks += 1
        if (looks === 1) throw new Error('cannot look')
        return ['a']
      },
    },
    { everyMs: 5, rung, errors },
  )
  await eventually('it has rung', () => rung.length > 0)
  await sweeper.close()
  expect(errors.slice(0, 3).map((error) => (error as Error).message)).toEqual(['cannot look', 'cannot forget', 'cannot forget'])
})

test('one look at a time: who asks meanwhile joins it, and closing waits for it', async () => {
  const gate = Promise.withResolvers<string[]>()
  const rung: string[] = []
  let looks = 0
  const sweeper = sweeperWith(
    {
      unattended: () => {
        looks += 1
        return gate.promise
      },
    },
    { rung },
  )
  const both = Promise.all([sweeper.sweep(), sweeper.sweep()])
  const closed = sweeper.close()
  gate.resolve(['a'])
  await closed
  expect(rung).toEqual(['a'])
  await both
  expect(looks).toBe(1)
})

function sweeperWith(store: Partial<SweeperOptions['store']>, { everyMs = 60_000, rung = [] as string[], errors = [] as unknown[] } = {}): Sweeper {
  return startSweeper({
    store: { unattended: async () => [], sweep: async () => ({ removed: 0, expired: 0 }), ...store },
    doorbell: { ring: async (id) => void rung.push(id) },
    everyMs,
    retentionMs: 1_000,
    abandonedMs: 7_000,
    onError: (error) => errors.push(error),
  })
}
