import { expect, test } from 'vitest'

import { createExecutions } from './executions.ts'

test('counts executions by key, and attempts by node, since every retry has an epoch of its own', () => {
  const executions = createExecutions()
  expect([executions.count('ses/a/0'), executions.count('ses/a/1'), executions.count('ses/b/0'), executions.count('ses/a/1')]).toEqual([1, 2, 1, 3])
  expect(executions.toJson()).toEqual({ total: 4, executions: { 'ses/a/0': 1, 'ses/a/1': 2, 'ses/b/0': 1 } })
})

test('forgets the oldest keys before it grows for ever', () => {
  const executions = createExecutions()
  for (let index = 0; index < 50_010; index++) executions.count(`key-${index}`)
  const { total, executions: kept } = executions.toJson()
  expect(total).toBe(50_010)
  expect(Object.keys(kept)).toHaveLength(50_000)
  expect(kept['key-0']).toBeUndefined()
})
