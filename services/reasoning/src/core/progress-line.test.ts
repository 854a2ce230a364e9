import { expect, test } from 'vitest'

import { createProgressLine } from './progress-line.ts'

test('shows the newest whole sentence, at most once in a while', () => {
  let now = 0
  const progress = createProgressLine({ everyMs: 1_000, now: () => now })
  expect(progress.push('First I look at the')).toBeUndefined()
  expect(progress.push(' bees. Then at')).toBe('First I look at the bees.')
  expect(progress.push(' the ants. Then')).toBeUndefined()
  now = 1_000
  expect(progress.push(' at the **wasps**.\nAnd')).toBe('Then at the wasps .')
  now = 2_000
  expect(progress.push(' so')).toBeUndefined()
})

test('shows one line of a bounded length, whatever the model thinks', () => {
  const progress = createProgressLine({ everyMs: 0 })
  expect(progress.push(`${'so '.repeat(300)}on. `)?.length).toBe(160)
  expect(progress.push('# A heading\n')).toBe('A heading')
})
