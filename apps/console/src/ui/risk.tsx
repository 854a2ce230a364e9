import type { RiskLevel } from '@signalbox/contracts'

import { classes } from './classes.ts'

const LEVELS = {
  low: { bars: 1, tone: 'text-muted' },
  medium: { bars: 2, tone: 'text-warn' },
  high: { bars: 3, tone: 'text-bad' },
  critical: { bars: 4, tone: 'text-bad' },
} as const satisfies Record<RiskLevel, object>

/** How great a risk is: as bars, and in a word. */
export function Risk({ level, long = false }: { level: RiskLevel; long?: boolean }) {
  const { tone } = LEVELS[level]
  const isWorst = level === 'critical'
  return (
    <span
      className={classes(
        'inline-flex items-center gap-1.5 text-[0.8rem] font-medium whitespace-nowrap',
        tone,
        isWorst && 'rounded-full bg-bad-soft px-2 py-0.5 font-semibold',
      )}
    >
      <RiskBars level={level} />
      <span className="inline-block first-letter:uppercase">
        {level}
        {long ? ' risk' : ''}
      </span>
      {!long && <span className="sr-only"> risk</span>}
    </span>
  )
}

export function RiskBars({ level }: { level: RiskLevel }) {
  const { bars } = LEVELS[level]
  return (
    <svg aria-hidden viewBox="0 0 15 12" width={15} height={12} className="shrink-0 fill-current">
      {[0, 1, 2, 3].map((bar) => (
        <rect key={bar} x={bar * 4} y={9 - bar * 2.6} width={2.6} height={3 + bar * 2.6} rx={0.9} opacity={bar < bars ? 1 : 0.22} />
      ))}
    </svg>
  )
}
