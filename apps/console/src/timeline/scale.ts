import type { Span } from './to-spans.ts'

/** A stretch of time in which nothing was at work, drawn narrower than it was. */
export interface Gap {
  from: number
  to: number
}

/** Time as it is drawn: milliseconds since 1970 to a share of the width, 0 to 1. */
export interface TimeScale {
  from: number
  to: number
  gaps: readonly Gap[]
  at(moment: number): number
  /** Moments worth a line, with how long after the beginning they are. */
  ticks(count: number): { at: number; afterMs: number }[]
}

/** What a gap that is compressed is drawn as, as a share of all that is not. */
const GAP_SHARE = 0.04

/**
 * A scale over all that happened. Where only people were waited for (or nothing happened at all) for longer
 * than a good part of the work took, that time is drawn as a narrow stripe: an hour's wait does not make ten
 * seconds of work a hairline.
 */
export function createScale(spans: readonly Span[], { compress }: { compress: boolean }): TimeScale {
  const from = Math.min(...spans.map((span) => span.from))
  const to = Math.max(from + 1, ...spans.map((span) => span.to))
  if (spans.length === 0) return createScaleOf(0, 1, [])
  const busy = merge(spans.filter(({ kind }) => kind !== 'wait'))
  const worked = busy.reduce((sum, span) => sum + span.to - span.from, 0)
  const least = Math.max(2_000, worked * 0.25)
  const gaps = compress ? idleBetween(busy, from, to).filter((gap) => gap.to - gap.from > least) : []
  return createScaleOf(from, to, gaps)
}

function createScaleOf(from: number, to: number, gaps: readonly Gap[]): TimeScale {
  const full = to - from - gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0)
  const gapWidth = Math.max(1, full) * GAP_SHARE
  const total = full + gaps.length * gapWidth
  const drawn = (moment: number): number => {
    let width = Math.max(0, moment - from)
    for (const gap of gaps) {
      if (moment <= gap.from) break
      const inside = Math.min(moment, gap.to) - gap.from
      width -= inside
      width += gapWidth * (inside / (gap.to - gap.from))
    }
    return width / total
  }
  return {
    from,
    to,
    gaps,
    at: drawn,
    ticks(count) {
      const step = niceStep((to - from - gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0)) / count)
      const ticks = []
      for (let afterMs = 0; from + afterMs <= to && ticks.length < 10_000; afterMs += step) {
        const moment = from + afterMs
        const gap = gaps.find((candidate) => moment > candidate.from && moment < candidate.to)
        if (gap) {
          // Goes on with the first round moment after the gap.
          afterMs = Math.ceil((gap.to - from) / step) * step - step
          continue
        }
        ticks.push({ at: drawn(moment), afterMs })
      }
      return ticks
    },
  }
}

function merge(spans: readonly Gap[]): Gap[] {
  const merged: Gap[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}

function idleBetween(busy: readonly Gap[], from: number, to: number): Gap[] {
  const idle: Gap[] = []
  let since = from
  for (const span of busy) {
    if (span.from > since) idle.push({ from: since, to: span.from })
    since = Math.max(since, span.to)
  }
  if (to > since) idle.push({ from: since, to })
  return idle
}

const SECOND = 1_000
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map(
  (step, index) => (index < 10 ? step : step * SECOND),
)

/** The smallest round step that is no smaller than asked for. */
function niceStep(atLeast: number): number {
  return STEPS.find((step) => step >= atLeast) ?? Math.ceil(atLeast / (86_400 * SECOND)) * 86_400 * SECOND
}
