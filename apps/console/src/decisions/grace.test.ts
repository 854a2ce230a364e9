import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { createGrace, GRACE_MS } from './grace.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('sends a decision once its five seconds are over, and only once', () => {
  const { grace, sent } = setUp()
  grace.hold(one('apr_1', sent))
  vi.advanceTimersByTime(GRACE_MS - 1)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(1)
  grace.flush()
  expect(sent).toEqual(['apr_1'])
})

it('sends nothing that was undone', () => {
  const { grace, sent } = setUp()
  grace.hold(one('apr_1', sent))
  expect(grace.undo('apr_1')).toBe(true)
  vi.advanceTimersByTime(60_000)
  grace.flush()
  expect(sent).toEqual([])
  expect(grace.read()).toEqual([])
})

it('undoes the last one where none is named, and none that is on its way', () => {
  const { grace, sent } = setUp()
  grace.hold(one('apr_1', sent))
  vi.advanceTimersByTime(2_000)
  grace.hold(one('apr_2', sent))
  expect(grace.undo()).toBe(true)
  expect(grace.read().map(({ id }) => id)).toEqual(['apr_1'])
  vi.advanceTimersByTime(3_000)
  expect(grace.undo()).toBe(false)
  expect(grace.undo('apr_1')).toBe(false)
  expect(sent).toEqual(['apr_1'])
})

it('sends all that is held when the page is left, in a way that outlives it', () => {
  const { grace, sent } = setUp()
  grace.hold(one('apr_1', sent))
  grace.hold(one('apr_2', sent))
  grace.flush()
  expect(sent).toEqual(['apr_1, leaving', 'apr_2, leaving'])
})

it('does not hold the same decision twice', () => {
  const { grace, sent } = setUp()
  grace.hold(one('apr_1', sent))
  grace.hold(one('apr_1', sent))
  vi.advanceTimersByTime(60_000)
  expect(sent).toEqual(['apr_1'])
})

it('tells when each is sent, and is rid of it afterwards, whether it went well or not', async () => {
  const { grace } = setUp()
  const told: string[] = []
  grace.subscribe(() =>
    told.push(
      grace
        .read()
        .map(({ state }) => state)
        .join() || 'none',
    ),
  )
  grace.hold({ id: 'apr_1', title: '', send: () => Promise.reject(new Error('409')) })
  expect(grace.read()[0]?.until).toBe(Date.now() + GRACE_MS)
  await vi.advanceTimersByTimeAsync(GRACE_MS)
  expect(told).toEqual(['held', 'sending', 'none'])
})

function setUp() {
  return { grace: createGrace(), sent: [] as string[] }
}

function one(id: string, sent: string[]) {
  return { id, title: id, send: ({ isLeaving }: { isLeaving: boolean }) => (sent.push(isLeaving ? `${id}, leaving` : id), Promise.resolve()) }
}
