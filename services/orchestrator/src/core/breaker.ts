import type { BreakerState } from '@signalbox/contracts'
import type { AppError, ErrorCode } from '@signalbox/errors'

/**
 * A circuit breaker for each agent, shared by all replicas. Invariants:
 *  1. Closed until so many calls in a row failed; then open, and every call is refused until its rest is over.
 *  2. Rested, it is half-open: the next call is let through as a probe, and all others are refused until
 *     the probe has its verdict, or its time is up (whoever made it may be dead).
 *  3. Only a probe's verdict closes an open breaker, or opens it again, for twice as long as before.
 *     Calls that were let through earlier, and come back late, change nothing.
 *  4. Time is the store's: replicas whose clocks differ agree on when a rest is over.
 */
export interface Breakers {
  /** Admits a call, or says until when not. A half-open breaker admits one probe at a time among all replicas. */
  admit(agent: string): Promise<Admission>
  /** How an admitted call ended. `call` is what it was admitted with. */
  settle(agent: string, outcome: CallOutcome, call: { probe: boolean }): Promise<void>
  /** Of the agents asked for, closed ones included. */
  read(agents: readonly string[]): Promise<Map<string, BreakerReport>>
  close(): Promise<void>
}

/** `retryAt`: epoch milliseconds of the store's clock; for a probe that is under way, when its time is up. */
export type Admission = { admitted: true; probe: boolean } | { admitted: false; retryAt: number }

/**
 * `success`: the agent is well, whatever it answered (faults that are the caller's included); `failure`:
 * it is not (`isAgentFault`); `abandoned`: no verdict, because we ended the call ourselves.
 */
export type CallOutcome = 'success' | 'failure' | 'abandoned'

/** `failures` in a row; `retryAt` (epoch milliseconds) is null while closed. */
export interface BreakerReport {
  state: BreakerState
  failures: number
  retryAt: number | null
}

export interface BreakerRules {
  /** Failures in a row that open a closed breaker. */
  failures: number
  /** How long it rests the first time; twice as long after each probe that failed. */
  restMs: number
  longestRestMs: number
  /** How long a probe may take before another call is let through in its stead: longer than any call's deadline. */
  probeMs: number
}

export const BREAKER_RULES: BreakerRules = { failures: 5, restMs: 10_000, longestRestMs: 30_000, probeMs: 60_000 }

/** What is kept of one agent. */
export interface BreakerRecord {
  /** In a row. */
  failures: number
  /** How often it opened since it was last closed; 0 while closed. */
  openings: number
  /** When its rest is over, epoch milliseconds; 0 while closed. */
  retryAt: number
  /** When the time of the probe under way is up, epoch milliseconds; 0 where there is none. */
  probeUntil: number
}

/** What holds for an agent of which nothing is kept. */
export const CLOSED: BreakerRecord = { failures: 0, openings: 0, retryAt: 0, probeUntil: 0 }

/** One call wants to go through at `now`. */
export function admitCall(record: BreakerRecord, now: number, rules: BreakerRules): { record: BreakerRecord; admission: Admission } {
  if (record.openings === 0) return { record, admission: { admitted: true, probe: false } }
  const retryAt = Math.max(record.retryAt, record.probeUntil)
  if (now < retryAt) return { record, admission: { admitted: false, retryAt } }
  return { record: { ...record, probeUntil: now + rules.probeMs }, admission: { admitted: true, probe: true } }
}

/** An admitted call has ended at `now`. */
export function settleCall(record: BreakerRecord, end: { outcome: CallOutcome; probe: boolean }, now: number, rules: BreakerRules): BreakerRecord {
  if (record.openings > 0 && !end.probe) return record
  if (end.outcome === 'abandoned') return record.probeUntil === 0 ? record : { ...record, probeUntil: 0 }
  if (end.outcome === 'success') return CLOSED
  const failures = record.failures + 1
  if (record.openings === 0) return failures < rules.failures ? { ...record, failures } : opened(failures, 1, now, rules)
  // It rests already: another probe failed before this one, whose time was up.
  if (now < record.retryAt) return record
  return opened(failures, record.openings + 1, now, rules)
}

function opened(failures: number, openings: number, now: number, rules: BreakerRules): BreakerRecord {
  const rest = Math.min(rules.restMs * 2 ** (openings - 1), rules.longestRestMs)
  return { failures, openings, retryAt: now + rest, probeUntil: 0 }
}

export function toBreakerReport(record: BreakerRecord, now: number): BreakerReport {
  if (record.openings === 0) return { state: 'closed', failures: record.failures, retryAt: null }
  return { state: now < record.retryAt ? 'open' : 'half-open', failures: record.failures, retryAt: Math.max(record.retryAt, record.probeUntil) }
}

/**
 * Whether a failed call speaks against the agent's health. What the caller got wrong, what we ended
 * ourselves and what is our own trouble does not. For errors of the call itself only: a session store
 * that is away is `unavailable` too.
 */
export function isAgentFault(error: AppError): boolean {
  // An agent that says no for good has understood the question, and is well.
  if (error.code === 'agent_failed') return error.retryable
  return SPEAKS_AGAINST_AGENT[error.code]
}

const SPEAKS_AGAINST_AGENT = {
  invalid_json: false,
  invalid_request: false,
  unsupported_media_type: false,
  payload_too_large: false,
  authentication_failed: false,
  permission_denied: false,
  not_found: false,
  model_not_found: false,
  method_not_allowed: false,
  conflict: false,
  idempotency_mismatch: false,
  rate_limited: true,
  plan_invalid: false,
  agent_unavailable: true,
  agent_failed: true,
  approval_required: false,
  approval_rejected: false,
  precondition_required: false,
  canceled: false,
  deadline_exceeded: true,
  budget_exceeded: false,
  session_busy: false,
  stale_lease: false,
  upstream_failed: true,
  upstream_invalid: true,
  upstream_timeout: true,
  unavailable: true,
  // Said by an agent of our kind, of what it did not foresee.
  internal: true,
} as const satisfies Record<ErrorCode, boolean>
