import type { SessionView } from '@signalbox/contracts'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Activity, ListTree, ScrollText, Table2 } from 'lucide-react'
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useState, type ReactNode } from 'react'

import { ApiError } from '../../api/client.ts'
import { toGraph, toWholeGraph } from '../../graph/to-graph.ts'
import type { LiveSession } from '../../live/live-session.ts'
import { useLiveSession } from '../../live/use-live-session.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { Card, Empty, Fault, Loading, PageHead } from '../../ui/page.tsx'
import { toSearch } from '../../ui/search.ts'
import { AnswerCard } from './answer-card.tsx'
import { Attention } from './attention.tsx'
import { EventLog } from './event-log.tsx'
import { NodeDetail } from './node-detail.tsx'
import { NodeTable } from './node-table.tsx'
import { SessionHead } from './session-head.tsx'
import { TimelineView } from './timeline-view.tsx'

const route = getRouteApi('/sessions/$id')
/** The picture is the heaviest part of the console, and only here: it comes when it is needed. */
const GraphView = lazy(async () => ({ default: (await import('../../graph/graph-view.tsx')).GraphView }))

const TABS = [
  { id: 'graph', word: 'Graph', icon: ListTree },
  { id: 'table', word: 'Table', icon: Table2 },
  { id: 'timeline', word: 'Timeline', icon: Activity },
  { id: 'events', word: 'Events', icon: ScrollText },
] as const
type Tab = (typeof TABS)[number]['id']

/** One session, alive: what it is for, what it waits for, its plan as picture, table, timeline and log, and each node. */
export function SessionPage() {
  const { id } = route.useParams()
  // Another session is another page: nothing of the one before stays.
  return <Session key={id} id={id} />
}

function Session({ id }: { id: string }) {
  const { live, detail, line, error, refresh } = useLiveSession(id)
  if (!live || !detail) return error === undefined ? <Loading what="Opening the session" /> : <NotThere error={error} again={refresh} />
  return (
    <>
      <SessionHead live={live} owner={detail.owner} traceparent={detail.traceparent} line={line} onChanged={refresh} />
      <Attention live={live} onChanged={refresh} />
      <Rooms live={live} detail={detail} />
    </>
  )
}

function NotThere({ error, again }: { error: unknown; again: () => void }) {
  if (error instanceof ApiError && error.status === 404)
    return (
      <>
        <PageHead title="There is no such session" />
        <Card>
          <Empty title="Nothing to show">
            It may have been kept for as long as it is to be kept, or it belongs to somebody else.{' '}
            <Link to="/sessions" search={{}} className="font-medium text-accent-text underline underline-offset-2">
              All sessions
            </Link>
          </Empty>
        </Card>
      </>
    )
  return <Fault error={error} again={again} />
}

function Rooms({ live, detail }: { live: LiveSession; detail: { conversation: { role: string; text: string }[] } }) {
  const search = route.useSearch()
  const { id } = route.useParams()
  const navigate = useNavigate()
  const tab: Tab = TABS.find((candidate) => candidate.id === search.tab)?.id ?? 'graph'
  const show = useCallback(
    (change: { node?: string | undefined; tab?: string | undefined }) =>
      void navigate({
        to: '/sessions/$id',
        params: { id },
        search: (before: { node?: string; tab?: string }) => toSearch({ ...before, ...change }),
        replace: true,
        resetScroll: false,
      }),
    [navigate, id],
  )
  const select = useCallback((node: string | undefined) => show({ node }), [show])
  const chosen =
    search.node !== undefined && (live.view.nodes[search.node] ?? live.view.plan?.nodes.some((node) => node.id === search.node)) ? search.node : undefined
  return (
    <div
      className={classes(
        'grid grid-cols-[minmax(0,1fr)] items-start gap-4',
        chosen !== undefined && 'xl:grid-cols-[minmax(0,1fr)_26rem] xl:grid-rows-[auto_1fr]',
      )}
    >
      <Card label="The session’s work" className="min-w-0 overflow-hidden">
        <div role="tablist" aria-label="Views" className="flex gap-1 overflow-x-auto border-b px-2 pt-2">
          {TABS.map((each) => (
            <TabButton key={each.id} {...each} isHere={each.id === tab} onShow={() => show({ tab: each.id === 'graph' ? undefined : each.id })} />
          ))}
        </div>
        <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
          <Room tab={tab} live={live} selected={chosen} onSelect={select} />
        </div>
      </Card>
      {chosen !== undefined && (
        <div className="min-w-0 xl:sticky xl:top-4 xl:row-span-2">
          <NodeDetail key={chosen} id={chosen} live={live} onClose={() => select(undefined)} onSelect={select} />
        </div>
      )}
      <AnswerCard live={live} conversation={detail.conversation} />
    </div>
  )
}

function TabButton({ id, word, icon: Icon, isHere, onShow }: (typeof TABS)[number] & { isHere: boolean; onShow: () => void }) {
  const move = (event: React.KeyboardEvent<HTMLButtonElement>): void => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
    event.preventDefault()
    const tabs = [...(event.currentTarget.parentElement?.querySelectorAll<HTMLButtonElement>('[role="tab"]') ?? [])]
    const next = tabs.at((tabs.indexOf(event.currentTarget) + (event.key === 'ArrowRight' ? 1 : -1)) % tabs.length)
    next?.focus()
    next?.click()
  }
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${id}`}
      aria-selected={isHere}
      aria-controls={isHere ? `panel-${id}` : undefined}
      tabIndex={isHere ? 0 : -1}
      onClick={onShow}
      onKeyDown={move}
      className={classes(
        'inline-flex min-h-9 items-center gap-1.5 rounded-t-lg border-b-2 px-3 text-sm font-medium whitespace-nowrap',
        isHere ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
      )}
    >
      <Icon aria-hidden size={15} />
      {word}
    </button>
  )
}

interface RoomProps {
  live: LiveSession
  selected: string | undefined
  onSelect: (id: string | undefined) => void
}

function Room({ tab, live, selected, onSelect }: RoomProps & { tab: Tab }) {
  // What is looked at may lag a moment behind; what is clicked may not.
  const shown = useDeferredValue(live)
  if (tab === 'events') return <EventLog live={shown} node={selected} />
  if (tab === 'timeline') return <TimelineView live={shown} selected={selected} onSelect={onSelect} />
  if (!shown.view.plan) return <NoPlan view={shown.view} />
  if (tab === 'table') return <WholeTable live={shown} selected={selected} onSelect={onSelect} />
  return <Picture live={shown} selected={selected} onSelect={onSelect} />
}

function NoPlan({ view }: { view: SessionView }) {
  const isOver = view.finished_at !== null
  return (
    <Empty title={isOver ? 'It ended before there was a plan' : 'The planner is at work'}>
      {isOver ? 'The events say how.' : 'The plan shows here as soon as it is drawn.'}
    </Empty>
  )
}

function WholeTable({ live, selected, onSelect }: RoomProps) {
  const { nodes } = useMemo(() => toWholeGraph(live.view), [live.view])
  return <NodeTable nodes={nodes} heard={live.heard} selected={selected} onSelect={onSelect} />
}

function Picture({ live, selected, onSelect }: RoomProps) {
  const [wishes, setWishes] = useState<{ opened: ReadonlySet<string>; closed: ReadonlySet<string> }>({ opened: new Set(), closed: new Set() })
  const { plan, nodes } = live.view
  const graph = useMemo(() => toGraph(live.view, wishes), [plan, nodes, wishes])
  const openIds = useMemo(() => graph.nodes.filter(({ isOpen }) => isOpen).map(({ id }) => id), [graph])
  const toggle = useCallback(
    (id: string) =>
      setWishes(({ opened, closed }) =>
        openIds.includes(id)
          ? { opened: without(opened, id), closed: new Set([...closed, id]) }
          : { opened: new Set([...opened, id]), closed: without(closed, id) },
      ),
    [openIds],
  )
  const branching = graph.nodes.filter(({ branches }) => branches.length > 0).map(({ id }) => id)
  return (
    <div className="relative min-h-64">
      <Suspense fallback={<Loading what="Drawing the plan" />}>
        <GraphView graph={graph} heard={live.heard} selected={selected} onSelect={onSelect} onToggle={toggle} />
      </Suspense>
      {branching.length > 0 && (
        <Corner>
          {graph.collapsed > 0 ? (
            <Button size="small" onClick={() => setWishes({ opened: new Set(branching), closed: new Set() })}>
              Show all {graph.collapsed} branches
            </Button>
          ) : (
            <Button size="small" onClick={() => setWishes({ opened: new Set(), closed: new Set(branching) })}>
              Hide branches
            </Button>
          )}
        </Corner>
      )}
      {live.view.revising && (
        <p role="status" className="absolute top-3 left-3 rounded-full bg-info-soft px-3 py-1 text-xs font-medium text-info shadow-card">
          The plan is being revised…
        </p>
      )}
    </div>
  )
}

function Corner({ children }: { children: ReactNode }) {
  return <div className="absolute top-3 right-3">{children}</div>
}

function without(set: ReadonlySet<string>, id: string): Set<string> {
  return new Set([...set].filter((each) => each !== id))
}
