import { setImmediate as breath } from 'node:timers/promises'

import { eventually } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { describeDoorbell } from './contract/index.ts'
import { createInProcessDoorbell } from './in-process-doorbell.ts'

describeDoorbell('in-process doorbell', async ({ onError }) => ({ doorbell: createInProcessDoorbell({ onError }), dispose: async () => undefined }))

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

test('first rung, first driven', async () => {
  const doorbell = createInProcessDoorbell()
  const done: string[] = []
  doorbell.answer(async (id) => void done.push(id), { concurrency: 3 })
  const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
  await Promise.all(ids.map((id) => doorbell.ring(id)))
  await eventually('all are done', () => done.length === 20)
  expect(done).toEqual(ids)
})

test('a ring for which nobody was there when it closed is forgotten', async () => {
  const doorbell = createInProcessDoorbell()
  await doorbell.ring('a')
  await doorbell.ring('b', 1)
  await doorbell.close(AbortSignal.timeout(1_000))
  const drives: string[] = []
  doorbell.answer(async (id) => void drives.push(id), { concurrency: 1 })
  await doorbell.ring('c')
  await breath()
  expect(drives).toEqual([])
})
