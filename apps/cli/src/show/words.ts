import type { Budget, RiskLevel, SessionStatus, SessionView, Usage } from '@signalbox/contracts'

import type { Style } from '../terminal.ts'

/** `3 m` for a while, `2 d` for days: how long ago, or how long. */
export function toSpan(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 6_000) return `${Math.round(seconds / 60)} m`
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export function toAge(at: string, now: number): string {
  return toSpan(now - Date.parse(at))
}

/** `2026-11-21 08:42:15Z` */
export function toMoment(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
}

export function toCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

export function toPrice(usd: number | null): string {
  return usd === null ? 'price unknown' : `$${usd < 1 ? usd.toPrecision(2).replace(/\.?0+$/, '') : usd.toFixed(2)}`
}

export function describeUsage({ total_tokens: tokens, cost_usd: cost }: Usage): string {
  return tokens === 0 ? '' : `${toCount(tokens, 'token')}, ${toPrice(cost)}`
}

export function describeBudget({ tokens, usd, deadline_s: deadline }: Budget): string {
  const limits = [tokens !== undefined && toCount(tokens, 'token'), usd !== undefined && `$${usd}`, deadline !== undefined && `${deadline} s`]
  return limits.filter((limit) => limit !== false).join(', ')
}

/** The status, and what it does not say by itself. */
export function describeStatus({ status, stopped, dead_letters: letters, asks, questions }: SessionView): string {
  const open = Object.values(asks).filter(({ state }) => state === 'open').length
  const asked = Object.values(questions).filter(({ answer, told }) => answer === null && !told).length
  const more = [
    stopped && `stopped: ${stopped.limit}`,
    letters.length > 0 && toCount(letters.length, 'dead letter'),
    open > 0 && toCount(open, 'approval'),
    asked > 0 && toCount(asked, 'question'),
  ].filter(Boolean)
  return more.length === 0 ? status : `${status} (${more.join(', ')})`
}

export const RISK_STYLES = { low: 'dim', medium: 'yellow', high: 'red', critical: 'red' } as const satisfies Record<RiskLevel, Style>

export const STATUS_STYLES = {
  active: 'cyan',
  paused: 'yellow',
  waiting_approval: 'yellow',
  waiting_input: 'yellow',
  completed: 'green',
  failed: 'red',
  canceled: 'dim',
  expired: 'dim',
} as const satisfies Record<SessionStatus, Style>
