import { expect, test } from 'vitest'

import { addUsage, NO_USAGE } from './usage.ts'

const priced = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost_usd: 0.5 }

test('usage adds up, and starts from nothing', () => {
  expect(addUsage(NO_USAGE, priced)).toEqual(priced)
  expect(addUsage(priced, priced)).toEqual({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30, cost_usd: 1 })
})

test('a sum with an unknown price has an unknown price, never a smaller one', () => {
  expect(addUsage(priced, { ...priced, cost_usd: null }).cost_usd).toBeNull()
})
