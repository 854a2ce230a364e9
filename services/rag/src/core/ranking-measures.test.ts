import { expect, test } from 'vitest'

import { ndcg, quantile, recall } from './ranking-measures.ts'

const JUDGED = new Map([
  ['a', 1],
  ['b', 1],
  ['c', 0],
])

test('the best order counts 1, whatever stands behind it', () => {
  expect(ndcg(['a', 'b', 'x', 'c'], JUDGED, 10)).toBe(1)
})

test('what stands later counts less', () => {
  // Second and third place instead of first and second.
  expect(ndcg(['x', 'a', 'b'], JUDGED, 10)).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(4)) / (1 + 1 / Math.log2(3)), 10)
  expect(ndcg(['x', 'y'], JUDGED, 10)).toBe(0)
})

test('only the first places count', () => {
  expect(ndcg(['x', 'a'], JUDGED, 1)).toBe(0)
  expect(recall(['a', 'x', 'b'], JUDGED, 2)).toBe(0.5)
  expect(recall(['a', 'x', 'b'], JUDGED, 3)).toBe(1)
})

test('a query that nothing answers counts 0, and not a number that is none', () => {
  expect(ndcg(['a'], new Map(), 10)).toBe(0)
  expect(recall(['a'], new Map(), 10)).toBe(0)
  expect(quantile([], 0.5)).toBe(0)
  expect(quantile([5, 1, 3], 0.5)).toBe(3)
})
