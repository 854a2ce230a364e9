import { expect, test } from 'vitest'

import { composeExamples } from './compose.ts'
import { createRandom } from './random.ts'

test('composes the same requests of the same seed, and others of another', () => {
  expect(composeExamples(createRandom(3), 100)).toEqual(composeExamples(createRandom(3), 100))
  expect(composeExamples(createRandom(3), 100)).not.toEqual(composeExamples(createRandom(4), 100))
})

test('leaves no blank of a template unfilled', () => {
  const unfilled = composeExamples(createRandom(5), 3_000).filter(({ prompt }) => /\{[a-z]+\d?(?::[a-z]+)?\}|undefined/.test(prompt))
  expect(unfilled.map(({ prompt }) => prompt)).toEqual([])
})

test('composes requests of both kinds', () => {
  const composed = composeExamples(createRandom(6), 180)
  expect(composed.filter(({ needs_orchestration }) => needs_orchestration)).toHaveLength(70)
})
