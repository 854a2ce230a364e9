import { expect, test } from 'vitest'

import { composeExamples } from '../grammar/compose.ts'
import { createRandom } from '../grammar/random.ts'
import { parseWeights, renderWeights } from '../weights.ts'
import { trainRouter } from './train-router.ts'

const OPTIONS = { seed: 7, composed: 150 }

test('makes the same weights, byte for byte, of the same data and seed', { timeout: 60_000 }, () => {
  expect(renderWeights(trainRouter(sample(), OPTIONS))).toBe(renderWeights(trainRouter(sample(), OPTIONS)))
})

test('records what the weights were made of', () => {
  const one = trainRouter(sample(), OPTIONS).record
  const other = trainRouter(sample().slice(1), OPTIONS).record
  expect(one.seed).toBe(7)
  expect(one.examples).toEqual({ composed: 150, here: 100, there: 100 })
  expect(one.sha256).not.toBe(other.sha256)
})

test('reads its weights as it wrote them, but for their rounding to a byte', () => {
  const weights = trainRouter(sample(), OPTIONS)
  const read = parseWeights(renderWeights(weights))
  expect(read.record).toEqual(weights.record)
  expect(read.band).toEqual(weights.band)
  expect(read.model.trees).toEqual(weights.model.trees)
  expect(renderWeights(read)).toBe(renderWeights(weights))
})

test('refuses weights of another format or of other features', () => {
  const text = renderWeights(trainRouter(sample(), OPTIONS))
  expect(() => parseWeights(text.replace('"format": 2', '"format": 3'))).toThrow(/format 2/)
  expect(() => parseWeights(text.replace('"asked lemmas"', '"something else"'))).toThrow(/other features/)
})

function sample() {
  return composeExamples(createRandom(1), 200).map((example, index) => ({ ...example, source: index % 2 === 0 ? 'here' : 'there' }))
}
