import type { SessionBrief } from '@signalbox/contracts'

/** How far a session is: a small bar, and the figures for who does not see it. */
export function NodeBar({ nodes }: { nodes: SessionBrief['nodes'] }) {
  const { total, completed, running, waiting, failed } = nodes
  if (total === 0) return <span className="text-sm text-faint">no plan yet</span>
  const shares = [
    { count: completed, look: 'bg-good', word: 'done' },
    { count: running, look: 'bg-info', word: 'running' },
    { count: waiting, look: 'bg-warn', word: 'waiting' },
    { count: failed, look: 'bg-bad', word: 'failed' },
  ].filter(({ count }) => count > 0)
  return (
    <div className="flex items-center gap-2" title={shares.map(({ count, word }) => `${count} ${word}`).join(', ')}>
      <div aria-hidden className="flex h-1.5 w-20 gap-px overflow-hidden rounded-full bg-line">
        {shares.map(({ count, look, word }) => (
          <span key={word} className={look} style={{ width: `${(count / total) * 100}%` }} />
        ))}
      </div>
      <span className="text-[0.82rem] text-muted tabular-nums">
        {completed}/{total}
        <span className="sr-only"> nodes done{failed > 0 && `, ${failed} failed`}</span>
      </span>
    </div>
  )
}
