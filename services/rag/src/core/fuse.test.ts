import { expect, test } from 'vitest'

import { choosePassages } from './choose-passages.ts'
import { fuse } from './fuse.ts'

test('both rankings count by their share, each on its own scale', () => {
  const words = new Map([
    ['a', 30],
    ['b', 20],
    ['c', 10],
  ])
  const vectors = new Map([
    ['c', 0.9],
    ['b', 0.8],
    ['d', 0.1],
  ])
  expect(fuse(words, vectors, 0.3)).toEqual([
    { id: 'a', score: 0.7 },
    { id: 'b', score: expect.closeTo(0.35 + 0.2625, 5) },
    { id: 'c', score: expect.closeTo(0.3, 5) },
    { id: 'd', score: 0 },
  ])
})

test('one ranking alone stands as it is', () => {
  expect(
    fuse(
      new Map([
        ['a', 3],
        ['b', 1],
      ]),
      new Map(),
      0.3,
    ).map(({ id }) => id),
  ).toEqual(['a', 'b'])
  expect(fuse(new Map(), new Map([['x', 0.4]]), 0.3)).toEqual([{ id: 'x', score: 1 }])
  expect(fuse(new Map(), new Map(), 0.3)).toEqual([])
})

test('what is chosen says no line twice, and is not all of one document', () => {
  const passage = (document_id: string, start: number, end: number) => ({
    id: `${document_id}${start}`,
    document_id,
    source: document_id,
    title: '',
    start,
    end,
    text: '',
    score: 1,
  })
  const ranked = [passage('a', 0, 100), passage('a', 30, 130), passage('a', 200, 300), passage('a', 400, 500), passage('b', 0, 50)]
  expect(choosePassages(ranked, { topK: 3, perDocument: 2 }).map(({ id }) => id)).toEqual(['a0', 'a200', 'b0'])
})
