import { expect, it } from 'vitest'

import { toDuration } from './time.tsx'
import { toDeadline } from './to-deadline.ts'

const FROM = '2026-01-01T00:00:00.000Z'
const HOUR = 3_600_000

it('a deadline of a day is calm, then near, then at its last, then over', () => {
  expect([1, 18, 22.5, 23.95, 24, 30].map((hours) => urgencyAt(hours * HOUR, 24))).toEqual(['calm', 'calm', 'soon', 'last', 'over', 'over'])
})

it('a deadline of a week is not near two days before', () => {
  expect([5, 6.5, 6.99].map((days) => urgencyAt(days * 24 * HOUR, 7 * 24))).toEqual(['calm', 'calm', 'last'])
})

it('a deadline of a few minutes is at its last from the beginning', () => {
  expect(urgencyAt(0, 0.05)).toBe('last')
})

it('what is left is never less than nothing, nor more than all', () => {
  expect(toDeadline({ from: FROM, until: FROM, now: 0 }).fraction).toBe(1)
  expect(toDeadline({ from: FROM, until: FROM, now: Date.parse(FROM) + 1 })).toEqual({ leftMs: 0, fraction: 0, urgency: 'over' })
})

it('time left is said in its two largest units', () => {
  expect([0, 59_000, 61_000, 2 * HOUR + 300_000, 26 * HOUR].map(toDuration)).toEqual(['0 s', '59 s', '1 min 1 s', '2 h 5 min', '1 d 2 h'])
})

function urgencyAt(ms: number, hours: number): string {
  const begin = Date.parse(FROM)
  return toDeadline({ from: FROM, until: new Date(begin + hours * HOUR).toISOString(), now: begin + ms }).urgency
}
