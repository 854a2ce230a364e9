import { expect, test } from 'vitest'

import { createBoundedMap } from './bounded-map.ts'

test('it forgets what was longest unused when it is full', () => {
  const map = createBoundedMap<number>({ maxEntries: 2, maxAgeMs: 100, now: () => 0 })
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3])
})

test('it forgets everything when its time is up, also what is in use', () => {
  let now = 0
  const map = createBoundedMap<number>({ maxEntries: 2, maxAgeMs: 100, now: () => now })
  map.set('a', 1)
  now = 99
  expect(map.get('a')).toBe(1)
  now = 100
  expect(map.get('a')).toBeUndefined()
})

test('of size nought it keeps nothing', () => {
  const map = createBoundedMap<number>({ maxEntries: 0, maxAgeMs: 100 })
  map.set('a', 1)
  expect(map.get('a')).toBeUndefined()
})
