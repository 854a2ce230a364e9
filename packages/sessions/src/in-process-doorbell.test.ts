import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { createInProcessDoorbell } from './in-process-doorbell.ts'

test('many rings for one session are one drive; a ring while it is driven is one more', async () => {
  const doorbell = createInProcessDoorbell()
  const gate = Promise.withResolvers<void>()
  const drives: string[] = []
  doorbell.answer(
    async (id) => {
      drives.push(id)
      if (drives.length === 1) await gate.promise
    },
    { concurrency: 4 },
  )
  await doorbell.ring('a')
  for (let index = 0; index < 5; index += 1) await doorbell.ring('a')
  expect(drives).toEqual(['a'])
  gate.resolve()
  await eventually('the second drive', () => drives.length === 2)
  await doorbell.close(AbortSignal.timeout(1_000))
  expect(drives).toEqual(['a', 'a'])
})

test('no more sessions than the limit are driven at once, and all of them in the end', async () => {
  const doorbell = createInProcessDoorbell()
  let now = 0
  let most = 0
  const done: string[] = []
  doorbell.answer(
    async (id) => {
      now += 1
      most = Math.max(most, now)
      await Promise.resolve()
      now -= 1
      done.push(id)
    },
    { concurrency: 3 },
  )
  await Promise.all(Array.from({ length: 20 }, (_, index) => doorbell.ring(`s${index}`)))
  await eventually('all are done', () => done.length === 20)
  expect(most).toBeLessThanOrEqual(3)
})

test('a drive that throws is reported, and the next ring is answered all the same', async () => {
  const errors: string[] = []
  const doorbell = createInProcessDoorbell({ onError: (error, id) => errors.push(`${id}: ${(error as Error).message}`) })
  let calls = 0
  doorbell.answer(
    async () => {
      calls += 1
      if (calls === 1) throw new Error('boom')
    },
    { concurrency: 1 },
  )
  await doorbell.ring('a')
  await eventually('it is reported', () => errors.length === 1)
  expect(errors).toEqual(['a: boom'])
  await doorbell.ring('a')
  await eventually('it is driven again', () => calls === 2)
})

test('closing tells what is driven to stop, waits for it, and answers no more', async () => {
  const doorbell = createInProcessDoorbell()
  const begun = Promise.withResolvers<void>()
  let ended = false
  doorbell.answer(
    (_id, signal) =>
      new Promise((resolve) => {
        begun.resolve()
        signal.addEventListener('abort', () => {
          ended = true
          resolve()
        })
      }),
    { concurrency: 1 },
  )
  await doorbell.ring('a')
  await begun.promise
  await doorbell.close(AbortSignal.timeout(5_000))
  expect(ended).toBe(true)
})
