import { classes } from './classes.ts'
import { toDuration, useNow } from './time.tsx'
import { toDeadline, type Deadline } from './to-deadline.ts'

const TONES: Record<Deadline['urgency'], string> = { calm: 'text-muted', soon: 'text-warn', last: 'text-bad', over: 'text-faint' }

/** How long there is to decide: as a ring that empties, and in words. */
export function DeadlineLeft({ from, until, long = false }: { from: string; until: string; long?: boolean }) {
  const now = useNow(1_000)
  const { leftMs, fraction, urgency } = toDeadline({ from, until, now })
  return (
    <time
      dateTime={until}
      title={new Date(until).toLocaleString()}
      className={classes('inline-flex items-center gap-1.5 text-[0.82rem] whitespace-nowrap tabular-nums', TONES[urgency], urgency !== 'calm' && 'font-medium')}
    >
      <Ring fraction={fraction} />
      {urgency === 'over' ? 'time is over' : `${toDuration(leftMs)}${long ? ' left' : ''}`}
      {!long && urgency !== 'over' && <span className="sr-only"> left</span>}
    </time>
  )
}

/** What is left of a whole, 0 to 1. */
export function Ring({ fraction, size = 14 }: { fraction: number; size?: number }) {
  const around = 2 * Math.PI * 5
  return (
    <svg aria-hidden viewBox="0 0 14 14" width={size} height={size} className="shrink-0 -rotate-90 fill-none stroke-current" strokeWidth={2.4}>
      <circle cx={7} cy={7} r={5} opacity={0.22} />
      <circle cx={7} cy={7} r={5} strokeDasharray={`${around * fraction} ${around}`} strokeLinecap={fraction > 0.02 ? 'round' : 'butt'} />
    </svg>
  )
}
