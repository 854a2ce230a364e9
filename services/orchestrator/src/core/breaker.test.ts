import { AppError, ERROR_CODES } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { admitCall, CLOSED, isAgentFault, settleCall, toBreakerReport, type BreakerRecord, type BreakerRules, type CallOutcome } from './breaker.ts'

const RULES: BreakerRules = { failures: 3, restMs: 100, longestRestMs: 350, probeMs: 1_000 }

test('so many failures in a row open it; a success in between begins the count anew', () => {
  expect(after(['failure', 'failure', 'success', 'failure', 'failure']).openings).toBe(0)
  const open = after(['failure', 'failure', 'failure'])
  expect(toBreakerReport(open, 0)).toEqual({ state: 'open', failures: 3, retryAt: 100 })
  expect(admitCall(open, 99, RULES).admission).toEqual({ admitted: false, retryAt: 100 })
})

test('a call that was canceled by us says nothing', () => {
  expect(after(['failure', 'failure', 'abandoned'])).toEqual(after(['failure', 'failure']))
})

test('rested, it lets one call through as a probe, and refuses the others until the probe has its verdict', () => {
  const { record, admission } = admitCall(after(['failure', 'failure', 'failure']), 100, RULES)
  expect(admission).toEqual({ admitted: true, probe: true })
  expect(admitCall(record, 101, RULES).admission).toEqual({ admitted: false, retryAt: 1_100 })
  expect(toBreakerReport(record, 101)).toEqual({ state: 'half-open', failures: 3, retryAt: 1_100 })
  expect(settleCall(record, { outcome: 'success', probe: true }, 200, RULES)).toEqual(CLOSED)
})

test('each probe that fails doubles the rest, up to the longest', () => {
  let record = after(['failure', 'failure', 'failure'])
  const rests: number[] = []
  for (let probe = 0; probe < 4; probe += 1) {
    const now = record.retryAt
    record = settleCall(admitCall(record, now, RULES).record, { outcome: 'failure', probe: true }, now, RULES)
    rests.push(record.retryAt - now)
  }
  expect(rests).toEqual([200, 350, 350, 350])
  expect(record.failures).toBe(7)
})

test('a probe that was abandoned, or never heard of again, makes way for another', () => {
  const { record } = admitCall(after(['failure', 'failure', 'failure']), 100, RULES)
  const abandoned = settleCall(record, { outcome: 'abandoned', probe: true }, 150, RULES)
  expect(admitCall(abandoned, 150, RULES).admission).toEqual({ admitted: true, probe: true })
  expect(admitCall(record, 1_099, RULES).admission.admitted).toBe(false)
  expect(admitCall(record, 1_100, RULES).admission).toEqual({ admitted: true, probe: true })
})

test('calls of before it opened change nothing when they come back', () => {
  const open = after(['failure', 'failure', 'failure'])
  for (const outcome of ['success', 'failure', 'abandoned'] as const) expect(settleCall(open, { outcome, probe: false }, 50, RULES)).toBe(open)
})

test('two probes that fail one after the other, because the time of the first was up, lengthen the rest once', () => {
  const first = admitCall(after(['failure', 'failure', 'failure']), 100, RULES).record
  const second = admitCall(first, 1_100, RULES).record
  const open = settleCall(second, { outcome: 'failure', probe: true }, 1_200, RULES)
  expect(open.retryAt).toBe(1_400)
  expect(settleCall(open, { outcome: 'failure', probe: true }, 1_300, RULES)).toBe(open)
  expect(settleCall(open, { outcome: 'success', probe: true }, 1_300, RULES)).toEqual(CLOSED)
})

test('faults of the agent and of what stands behind it count; the caller’s mistakes, our own limits and our cancels do not', () => {
  const counted = ERROR_CODES.filter((code) => isAgentFault(new AppError(code, 'x', { retryable: false })))
  expect(counted).toEqual([
    'rate_limited',
    'agent_unavailable',
    'deadline_exceeded',
    'upstream_failed',
    'upstream_invalid',
    'upstream_timeout',
    'unavailable',
    'internal',
  ])
  expect(isAgentFault(new AppError('agent_failed', 'I cannot do that.'))).toBe(false)
  expect(isAgentFault(new AppError('agent_failed', 'I fell over.', { retryable: true }))).toBe(true)
})

/** What is kept after these calls, all of them at 0. */
function after(outcomes: CallOutcome[]): BreakerRecord {
  let record = CLOSED
  for (const outcome of outcomes) record = settleCall(admitCall(record, 0, RULES).record, { outcome, probe: false }, 0, RULES)
  return record
}
