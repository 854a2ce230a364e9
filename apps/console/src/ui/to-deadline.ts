export interface Deadline {
  leftMs: number
  /** Of the whole time, 0 to 1. */
  fraction: number
  /** `last`: under five minutes or a twentieth of the time; `soon`: under half an hour or a fifth. */
  urgency: 'calm' | 'soon' | 'last' | 'over'
}

const MINUTE_MS = 60_000

/** How a deadline stands. Times of an approval that is asked for only a moment before it ends are urgent from the beginning. */
export function toDeadline({ from, until, now }: { from: string; until: string; now: number }): Deadline {
  const wholeMs = Math.max(1, Date.parse(until) - Date.parse(from))
  const leftMs = Math.max(0, Date.parse(until) - now)
  const fraction = Math.min(1, leftMs / wholeMs)
  if (leftMs === 0) return { leftMs, fraction, urgency: 'over' }
  const isUnder = (minutes: number, part: number): boolean => leftMs < Math.max(minutes * MINUTE_MS, Math.min(wholeMs * part, 12 * minutes * MINUTE_MS))
  return { leftMs, fraction, urgency: isUnder(5, 0.05) ? 'last' : isUnder(30, 0.2) ? 'soon' : 'calm' }
}
