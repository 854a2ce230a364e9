import { expect, test } from 'vitest'

import { embedTerms, fitLsa, type Terms } from './lsa.ts'

const TEXTS = [
  'car engine wheel road',
  'automobile engine wheel road',
  'car motor wheel drive',
  'automobile motor wheel drive',
  'car road drive engine',
  'bread flour oven yeast',
  'loaf flour oven yeast',
  'bread dough oven bake',
  'loaf dough oven bake',
  'bread bake yeast flour',
]

test('words that stand in the same company are near, though they never stand together', () => {
  const model = fitLsa(TEXTS.map(termsOf), { dimensions: 2, maxTerms: 100, iterations: 6 })
  const car = embedTerms(model, termsOf('car'))
  expect(cosine(car, embedTerms(model, termsOf('automobile')))).toBeGreaterThan(0.8)
  expect(cosine(car, embedTerms(model, termsOf('bread')))).toBeLessThan(0.3)
})

test('the same corpus gives the same vectors', () => {
  const one = fitLsa(TEXTS.map(termsOf))
  const two = fitLsa(TEXTS.map(termsOf))
  expect(two.basis).toEqual(one.basis)
})

test('the directions of the space are at right angles, each of length 1', () => {
  const { basis, columns, dimensions } = fitLsa(TEXTS.map(termsOf))
  const direction = (dimension: number) => Float32Array.from({ length: columns.size }, (_, row) => basis[row * dimensions + dimension] as number)
  expect(dimensions).toBeGreaterThan(2)
  for (let one = 0; one < dimensions; one += 1) {
    for (let other = 0; other <= one; other += 1) expect(cosine(direction(one), direction(other))).toBeCloseTo(one === other ? 1 : 0, 5)
  }
})

test('a text of unknown words has a vector of zeros, and no other has', () => {
  const model = fitLsa(TEXTS.map(termsOf))
  expect([...embedTerms(model, termsOf('zebra'))].every((value) => value === 0)).toBe(true)
  const known = embedTerms(model, termsOf('car road'))
  expect(cosine(known, known)).toBeCloseTo(1, 4)
})

test('a corpus smaller than the space still has one', () => {
  const model = fitLsa([termsOf('a b'), termsOf('a c'), termsOf('b c')])
  expect(model.dimensions).toBe(1)
})

function termsOf(text: string): Terms {
  const counts = new Map<string, number>()
  for (const word of text.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0)
}
