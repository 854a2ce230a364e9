import { quantile } from '../gateway/load.ts'
import type { Report } from '../report.ts'

const BUDGET_MS = 50

/** Milliseconds between two instants of the monotonic clock. */
export function between(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6
}

export function reportTimes(report: Report, what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  report({ metric: `${what}: p50`, value: quantile(sorted, 0.5), unit: 'ms' })
  report({ metric: `${what}: p99 of ${times.length}`, value: quantile(sorted, 0.99), unit: 'ms', budget: BUDGET_MS })
}
