import { ArrowDownToLine, Check, X } from 'lucide-react'
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'

import type { LiveSession } from '../../live/live-session.ts'
import { EVENT_GROUPS, nodeOf, toLogRows, type EventGroup, type EventLine, type LogRow } from '../../live/tell-event.ts'
import { toElapsed } from '../../ui/amounts.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SearchField } from '../../ui/field.tsx'
import { Empty } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'

/** More rows than anybody reads; older ones come when they are asked for. */
const SHOWN = 400

/** Everything that the session did, in order, as it does it. */
export function EventLog({ live, node }: { live: LiveSession; node: string | undefined }) {
  const [hidden, setHidden] = useState<ReadonlySet<EventGroup>>(new Set())
  const [words, setWords] = useState('')
  const [isOfNode, setOfNode] = useState(false)
  const [most, setMost] = useState(SHOWN)
  const [chosen, setChosen] = useState<LogRow>()
  const isOver = live.view.finished_at !== null
  const [isFollowing, setFollowing] = useState(!isOver)
  const rows = useMemo(() => toLogRows(live.events), [live.events])
  const found = useMemo(
    () =>
      rows.filter(
        (row) => !hidden.has(row.line.group) && fits(row, words.trim().toLowerCase()) && (!isOfNode || node === undefined || nodeOf(row.first) === node),
      ),
    [rows, hidden, words, isOfNode, node],
  )
  const shown = found.slice(-most)
  const from = Date.parse(live.view.created_at)
  const { room, onScroll } = useFollowing(isFollowing, setFollowing, found.length)
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <SearchField label="Search events" value={words} onChange={(event) => setWords(event.currentTarget.value)} className="w-full sm:w-56" />
        <div role="group" aria-label="Kinds of events" className="flex flex-wrap gap-1">
          {EVENT_GROUPS.map((group) => (
            <Chip key={group} word={group} isOn={!hidden.has(group)} onToggle={() => setHidden(toggled(hidden, group))} />
          ))}
        </div>
        {node !== undefined && <Chip word={`only ${node}`} isOn={isOfNode} onToggle={() => setOfNode(!isOfNode)} />}
        <Button
          size="small"
          aria-pressed={isFollowing}
          onClick={() => setFollowing(!isFollowing)}
          className={classes('ml-auto', isFollowing && 'border-accent text-accent-text')}
        >
          <ArrowDownToLine aria-hidden size={14} /> Follow
        </Button>
      </div>
      <div ref={room} onScroll={onScroll} tabIndex={0} role="region" aria-label="Events" className="h-[clamp(20rem,56dvh,42rem)] overflow-y-auto">
        {found.length > shown.length && (
          <div className="border-b px-3 py-2 text-center">
            <Button size="small" look="quiet" onClick={() => setMost(most * 4)}>
              Show earlier ({found.length - shown.length})
            </Button>
          </div>
        )}
        {found.length === 0 && <Empty title={rows.length === 0 ? 'Nothing happened yet' : 'No event fits'} />}
        <ol>
          {shown.map((row) => (
            <Row key={row.first.seq} row={row} from={from} onOpen={setChosen} />
          ))}
        </ol>
      </div>
      <Raw row={chosen} onClose={() => setChosen(undefined)} />
    </>
  )
}

/** Stays at the end while it is followed; scrolling back ends that, and scrolling to the end begins it again. */
function useFollowing(isFollowing: boolean, setFollowing: (value: boolean) => void, count: number) {
  const room = useRef<HTMLDivElement>(null)
  const byItself = useRef(false)
  useLayoutEffect(() => {
    const element = room.current
    if (!element || !isFollowing) return
    byItself.current = true
    element.scrollTop = element.scrollHeight
  }, [isFollowing, count])
  const onScroll = (): void => {
    const element = room.current
    if (!element) return
    if (byItself.current) {
      byItself.current = false
      return
    }
    setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 24)
  }
  return { room, onScroll }
}

function Chip({ word, isOn, onToggle }: { word: string; isOn: boolean; onToggle: () => void }) {
  const Icon = isOn ? Check : X
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onToggle}
      className={classes(
        'inline-flex min-h-7 items-center gap-1 rounded-full border px-2.5 text-[0.78rem] font-medium',
        isOn ? 'border-transparent bg-accent-soft text-accent-text' : 'text-muted hover:text-ink',
      )}
    >
      <Icon aria-hidden size={12} /> {word}
    </button>
  )
}

const DOTS: Record<EventLine['tone'], string> = { quiet: 'bg-line-strong', busy: 'bg-info', good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad' }

const Row = memo(
  function Row({ row, from, onOpen }: { row: LogRow; from: number; onOpen: (row: LogRow) => void }) {
    const { first, line, count } = row
    const node = nodeOf(first)
    return (
      <li className="border-t first:border-t-0 [contain-intrinsic-size:auto_2.4rem] [content-visibility:auto]">
        <button
          type="button"
          onClick={() => onOpen(row)}
          className="grid w-full grid-cols-[4.2rem_minmax(0,1fr)] items-baseline gap-x-3 px-3 py-1.5 text-left text-sm hover:bg-sunken/60 sm:grid-cols-[4.2rem_9rem_minmax(0,1fr)_3rem]"
        >
          <time dateTime={first.at} title={new Date(first.at).toLocaleString()} className="text-right text-[0.8rem] text-faint tabular-nums">
            +{toElapsed(Date.parse(first.at) - from)}
          </time>
          <span className="hidden truncate text-[0.82rem] text-muted sm:block">{node !== undefined && <SafeText text={node} max={60} />}</span>
          <span className="min-w-0">
            <span aria-hidden className={classes('mr-2 inline-block size-2 rounded-full', DOTS[line.tone])} />
            <span className="font-medium">{line.words}</span>
            {count > 1 && <span className="ml-1.5 text-faint">×{count}</span>}
            {line.said !== undefined && (
              <span className="ml-2 text-muted [overflow-wrap:anywhere]">
                <SafeText text={line.said} max={280} />
              </span>
            )}
            {node !== undefined && (
              <span className="ml-2 text-[0.8rem] text-faint sm:hidden">
                <SafeText text={node} max={40} />
              </span>
            )}
          </span>
          <span className="hidden text-right text-[0.78rem] text-faint tabular-nums sm:block">{first.seq}</span>
        </button>
      </li>
    )
  },
  (before, after) => before.from === after.from && before.row.first === after.row.first && before.row.last === after.row.last && before.onOpen === after.onOpen,
)

/** The event as it came over the wire. */
function Raw({ row, onClose }: { row: LogRow | undefined; onClose: () => void }) {
  // What was open stays readable while the dialog closes.
  const [shown, setShown] = useState(row)
  useEffect(() => row && setShown(row), [row])
  const json = JSON.stringify(shown?.count === 1 ? shown.first : [shown?.first, shown?.last], null, 2)
  return (
    <Dialog
      open={row !== undefined}
      onClose={onClose}
      title={shown ? `Event ${shown.first.seq}${shown.count > 1 ? `–${shown.last.seq}` : ''}: ${shown.first.type}` : 'Event'}
    >
      {shown && (
        <div className="relative">
          {shown.count > 1 && <p className="mb-2 text-sm text-muted">{shown.count} pieces, of which the first and the last are shown.</p>}
          <pre tabIndex={0} className="max-h-[55dvh] overflow-auto rounded-lg bg-sunken p-3 text-[0.8rem] [overflow-wrap:anywhere] whitespace-pre-wrap">
            <SafeText text={json} />
          </pre>
          <CopyButton text={json} label="Copy the event" className="absolute right-2 bottom-2 bg-raised" />
        </div>
      )}
    </Dialog>
  )
}

function fits({ first, line }: LogRow, words: string): boolean {
  if (words === '') return true
  return [first.type, line.words, line.said ?? '', nodeOf(first) ?? '', 'agent' in first ? (first.agent ?? '') : ''].some((text) =>
    text.toLowerCase().includes(words),
  )
}

function toggled(set: ReadonlySet<EventGroup>, group: EventGroup): Set<EventGroup> {
  const next = new Set(set)
  if (!next.delete(group)) next.add(group)
  return next
}
