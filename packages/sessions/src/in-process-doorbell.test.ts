import { AsyncLocalStorage } from 'node:async_hooks'

import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { createInProcessDoorbell } from './in-process-doorbell.ts'

test('many rings for one session are one drive; those that come while it is driven are one more', async () => {
  const doorbell = createInProcessDoorbell()
  const gate = Promise.withResolvers<void>()
  const drives: string[] = []
  for (let index = 0; index < 5; index += 1) await doorbell.ring('a')
  doorbell.answer(
    async (id) => {
      drives.push(id)
      if (drives.length === 1) await gate.promise
    },
    { concurrency: 4 },
  )
  await eventually('the drive begins', () => drives.length === 1)
  for (let index = 0; index < 5; index += 1) await doorbell.ring('a')
  expect(drives).toEqual(['a'])
  gate.resolve()
  await eventually('the second drive', () => drives.length === 2)
  await doorbell.close(AbortSignal.timeout(1_000))
  expect(drives).toEqual(['a', 'a'])
})

test('no more sessions than the limit are driven at once, first rung first, and all of them in the end', async () => {
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
  const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
  await Promise.all(ids.map((id) => doorbell.ring(id)))
  await eventually('all are done', () => done.length === 20)
  expect(most).toBe(3)
  expect(done).toEqual(ids)
})

test('a session that is driven holds up no other one that was rung for after it', async () => {
  const doorbell = createInProcessDoorbell()
  const gate = Promise.withResolvers<void>()
  const drives: string[] = []
  doorbell.answer(
    async (id) => {
      drives.push(id)
      if (id === 'a') await gate.promise
    },
    { concurrency: 2 },
  )
  for (const id of ['a', 'a', 'b']) await doorbell.ring(id)
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
  const doorbell = createInProcessDoorbell({ onError: (error, id) => errors.push(`${id}: ${(error as Error).message}`) })
  let calls = 0
  doorbell.answer(() => ((calls += 1) === 1 ? fail() : Promise.resolve()), { concurrency: 1 })
  await doorbell.ring('a')
  await eventually('it is reported', () => errors.length === 1)
  expect(errors).toEqual(['a: boom'])
  await doorbell.ring('a')
  await eventually('it is driven again', () => calls === 2)
})

test('a delayed ring waits; of two the earlier one comes first, and the later one is not forgotten', async () => {
  const doorbell = createInProcessDoorbell()
  const drives: string[] = []
  doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
  await doorbell.ring('a', 60)
  await doorbell.ring('b', 20)
  await doorbell.ring('a', 30)
  await doorbell.ring('c')
  await eventually('all have come', () => drives.length === 4)
  expect(drives).toEqual(['c', 'b', 'a', 'a'])
})

test('a ring that is far away does not come at once', async () => {
  const doorbell = createInProcessDoorbell()
  const drives: string[] = []
  doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
  await doorbell.ring('far', 90 * 24 * 3_600_000)
  await doorbell.ring('near', 20)
  await eventually('the near one has come', () => drives.length > 0)
  expect(drives).toEqual(['near'])
  await doorbell.close(AbortSignal.timeout(1_000))
})

test('a drive runs outside of what its ringer was doing', async () => {
  const trace = new AsyncLocalStorage<string>()
  const doorbell = createInProcessDoorbell()
  const seen: (string | undefined)[] = []
  doorbell.answer(async () => void seen.push(trace.getStore()), { concurrency: 1 })
  await trace.run('of a request', () => Promise.all([doorbell.ring('a'), doorbell.ring('b'), doorbell.ring('c', 1)]))
  await eventually('all are driven', () => seen.length === 3)
  expect(seen).toEqual([undefined, undefined, undefined])
})

test('closing tells what is driven to stop, waits for it, and answers nothing more', async () => {
  const doorbell = createInProcessDoorbell()
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
  await doorbell.ring('b')
  await doorbell.ring('c', 1)
  await begun.promise
  await doorbell.close(AbortSignal.timeout(5_000))
  await doorbell.ring('d')
  expect(events).toEqual(['a begins', 'a ends'])
})

test('closing waits no longer than it may for a drive that does not stop', async () => {
  const doorbell = createInProcessDoorbell()
  const begun = Promise.withResolvers<void>()
  doorbell.answer(
    () => {
      begun.resolve()
      return new Promise(() => undefined)
    },
    { concurrency: 1 },
  )
  await doorbell.ring('a')
  await begun.promise
  await doorbell.close(AbortSignal.timeout(20))
  await doorbell.close(AbortSignal.abort())
})
