import { expect, test } from 'vitest'

import { createExecutions } from './executions.ts'

const STAYS = new AbortController().signal

test('counts executions by key, and attempts by node, since every retry has an epoch of its own', async () => {
  const executions = createExecutions()
  const attempts: number[] = []
  const note = (attempt: number): Promise<void> => Promise.resolve(void attempts.push(attempt))
  for (const key of ['ses/a/0', 'ses/a/1', 'ses/b/0', 'ses/a/1']) await executions.run(key, STAYS, note)
  expect(attempts).toEqual([1, 2, 1, 3])
  expect(executions.toJson()).toMatchObject({ total: 4, executions: { 'ses/a/0': 1, 'ses/a/1': 2, 'ses/b/0': 1 } })
})

test('says how many are under way, and how many were at once at most', async () => {
  const executions = createExecutions()
  const gate = Promise.withResolvers<void>()
  const open = ['a', 'b', 'c'].map((key) => executions.run(key, STAYS, () => gate.promise))
  expect(executions.toJson()).toMatchObject({ running: 3, most_running: 3 })
  gate.resolve()
  await Promise.all(open)
  expect(executions.toJson()).toMatchObject({ running: 0, most_running: 3 })
})

test('says which were canceled while they were worked on', async () => {
  const executions = createExecutions()
  const left = new AbortController()
  const work = executions.run(
    'ses/a/0',
    left.signal,
    () => new Promise((_resolve, reject) => left.signal.addEventListener('abort', () => reject(left.signal.reason as Error))),
  )
  left.abort(new Error('canceled'))
  await expect(work).rejects.toThrow('canceled')
  expect(executions.toJson()).toMatchObject({ running: 0, canceled: { 'ses/a/0': 1 } })
})

test('forgets the oldest keys before it grows for ever', async () => {
  const executions = createExecutions()
  for (let index = 0; index < 50_010; index++) await executions.run(`key-${index}`, STAYS, () => Promise.resolve())
  const { total, executions: kept } = executions.toJson()
  expect(total).toBe(50_010)
  expect(Object.keys(kept)).toHaveLength(50_000)
  expect(kept['key-0']).toBeUndefined()
})
