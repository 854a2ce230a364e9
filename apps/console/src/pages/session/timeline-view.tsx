import { useMemo, useState } from 'react'

import type { LiveSession } from '../../live/live-session.ts'
import { createScale, type TimeScale } from '../../timeline/scale.ts'
import { PLANNING, toLanes, type Lane, type Span } from '../../timeline/to-spans.ts'
import { toElapsed } from '../../ui/amounts.ts'
import { classes } from '../../ui/classes.ts'
import { Empty } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { useNow } from '../../ui/time.tsx'

export interface TimelineViewProps {
  live: LiveSession
  selected: string | undefined
  onSelect: (id: string) => void
}

/** When each node was at work, how often, and what it waited for. */
export function TimelineView(props: TimelineViewProps) {
  return props.live.view.finished_at === null ? <LiveTimeline {...props} /> : <Timeline {...props} now={Date.parse(props.live.view.finished_at)} />
}

function LiveTimeline(props: TimelineViewProps) {
  return <Timeline {...props} now={useNow(500)} />
}

const TICKS = 7

function Timeline({ live, selected, onSelect, now }: TimelineViewProps & { now: number }) {
  const [isCompressed, setCompressed] = useState(true)
  const lanes = useMemo(() => toLanes(live.events, now), [live.events, now])
  const spans = lanes.flatMap((lane) => lane.spans)
  const full = useMemo(() => createScale(spans, { compress: true }), [lanes])
  if (spans.length === 0) return <Empty title="Nothing was begun yet" />
  const scale = isCompressed ? full : createScale(spans, { compress: false })
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b px-3 py-2 text-[0.8rem] text-muted">
        <Legend />
        {full.gaps.length > 0 && (
          <label className="ml-auto inline-flex min-h-7 items-center gap-2">
            <input
              type="checkbox"
              checked={isCompressed}
              onChange={(event) => setCompressed(event.currentTarget.checked)}
              className="size-4 accent-(--accent)"
            />
            Compress waiting
          </label>
        )}
      </div>
      <div className="max-h-[clamp(20rem,56dvh,42rem)] overflow-auto px-3 pb-3" tabIndex={0} role="region" aria-label="Timeline">
        <div className="min-w-[34rem]">
          <Ruler scale={scale} />
          <ol className="grid">
            {lanes.map((lane) => (
              <LaneRow key={lane.id} lane={lane} scale={scale} isSelected={lane.id === selected} onSelect={onSelect} />
            ))}
          </ol>
        </div>
      </div>
    </>
  )
}

const LABEL = 'w-36 shrink-0 sm:w-44'

function Ruler({ scale }: { scale: TimeScale }) {
  return (
    <div aria-hidden className="sticky top-0 z-10 flex border-b bg-surface pt-2 pb-1 text-[0.72rem] text-faint">
      <span className={LABEL} />
      <span className="relative h-4 min-w-0 flex-1">
        {scale.ticks(TICKS).map(({ at, afterMs }) => (
          <span key={afterMs} className={classes('absolute tabular-nums', at > 0.94 && '-translate-x-full')} style={{ left: `${at * 100}%` }}>
            {afterMs === 0 ? '0' : toElapsed(afterMs)}
          </span>
        ))}
      </span>
    </div>
  )
}

function LaneRow({ lane, scale, isSelected, onSelect }: { lane: Lane; scale: TimeScale; isSelected: boolean; onSelect: (id: string) => void }) {
  const isPlanning = lane.id === PLANNING
  const isBranch = lane.id.includes('.')
  return (
    <li className={classes('flex items-center border-b border-line/60', isSelected && 'bg-accent-soft')}>
      <span className={classes(LABEL, 'truncate py-1.5 pr-2 text-[0.82rem]', isBranch ? 'pl-3 text-muted' : 'font-medium')}>
        {isPlanning ? (
          'planning'
        ) : (
          <button
            type="button"
            onClick={() => onSelect(lane.id)}
            className="max-w-full truncate text-left hover:underline"
            aria-label={`${lane.id}: ${lane.spans.map(tell).join('; ')}`}
          >
            <SafeText text={lane.id} max={60} />
          </button>
        )}
      </span>
      <span className="relative h-6 min-w-0 flex-1">
        {scale.gaps.map((gap) => (
          <span
            key={gap.from}
            title={`${toElapsed(gap.to - gap.from)} in which nothing was at work`}
            className="absolute inset-y-0 bg-[repeating-linear-gradient(135deg,var(--line)_0_2px,transparent_2px_6px)]"
            style={{ left: `${scale.at(gap.from) * 100}%`, width: `${(scale.at(gap.to) - scale.at(gap.from)) * 100}%` }}
          />
        ))}
        {lane.spans.map((span, index) => (
          <Bar key={index} span={span} scale={scale} onSelect={isPlanning ? undefined : () => onSelect(lane.id)} />
        ))}
      </span>
    </li>
  )
}

function Bar({ span, scale, onSelect }: { span: Span; scale: TimeScale; onSelect: (() => void) | undefined }) {
  const [from, to] = [scale.at(span.from), scale.at(span.to)]
  return (
    <span
      title={tell(span)}
      // The lane's own button says the same to the keyboard.
      onClick={onSelect}
      className={classes(
        'absolute top-1/2 h-3.5 min-w-[3px] -translate-y-1/2 rounded-[3px]',
        onSelect && 'cursor-pointer',
        LOOKS[lookOf(span)],
        span.open && 'motion-safe:animate-pulse',
      )}
      style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
    />
  )
}

type Look = 'done' | 'running' | 'failed' | 'retried' | 'backoff' | 'wait' | 'cut'

const LOOKS: Record<Look, string> = {
  done: 'bg-good',
  running: 'bg-info',
  failed: 'bg-bad',
  retried: 'bg-bad/55',
  cut: 'bg-line-strong',
  backoff: 'h-0.5! bg-[repeating-linear-gradient(90deg,var(--warn)_0_3px,transparent_3px_6px)]',
  wait: 'bg-[repeating-linear-gradient(135deg,var(--warn)_0_3px,var(--warn-soft)_3px_6px)]',
}

function lookOf({ kind, open, end }: Span): Look {
  if (kind !== 'work') return kind
  if (open) return 'running'
  if (end === 'failed') return 'failed'
  if (end === 'retried') return 'retried'
  return end === 'completed' || end === 'waiting' ? 'done' : 'cut'
}

function tell({ kind, from, to, open, attempt, agent, end, why }: Span): string {
  const long = `${toElapsed(to - from)}${open ? ' so far' : ''}`
  const because = why === undefined ? '' : `: ${why}`
  if (kind === 'wait') return `waits for a person, ${long}${because}`
  if (kind === 'backoff') return `pause before try ${attempt}, ${long}${because}`
  return `${agent}, try ${attempt}, ${long}${end === undefined ? '' : `, ${end}`}${because}`
}

function Legend() {
  const words: [Look, string][] = [
    ['done', 'work'],
    ['running', 'under way'],
    ['retried', 'failed try'],
    ['backoff', 'pause'],
    ['wait', 'waits for people'],
  ]
  return (
    <span aria-hidden className="flex flex-wrap gap-x-3 gap-y-1">
      {words.map(([look, word]) => (
        <span key={look} className="inline-flex items-center gap-1.5">
          <span className={classes('inline-block h-2.5 w-4 rounded-[3px]', LOOKS[look])} /> {word}
        </span>
      ))}
    </span>
  )
}
