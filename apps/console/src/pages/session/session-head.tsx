import type { Budget, SessionView, Usage } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ExternalLink } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { infoQuery } from '../../api/queries.ts'
import type { LineState } from '../../live/follow-events.ts'
import type { LiveSession } from '../../live/live-session.ts'
import { toCount, toElapsed, toMoney } from '../../ui/amounts.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { Id } from '../../ui/copy.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago, useNow } from '../../ui/time.tsx'
import { SessionActions } from './session-actions.tsx'

export interface SessionHeadProps {
  live: LiveSession
  owner: string
  traceparent: string | null
  line: LineState
  onChanged: () => void
}

/** What the session is for, how it stands, what it has cost, and what can be done with it. */
export function SessionHead({ live: { view }, owner, traceparent, line, onChanged }: SessionHeadProps) {
  return (
    <header className="mb-4">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <Link to="/sessions" search={{}} className="hover:text-ink hover:underline">
          Sessions
        </Link>
        <span aria-hidden>/</span>
        {view.lineage.map((parent) => (
          <span key={parent} className="inline-flex items-center gap-3">
            <Link to="/sessions/$id" params={{ id: parent }} search={{}} className="hover:text-ink hover:underline">
              its parent
            </Link>
            <span aria-hidden>/</span>
          </span>
        ))}
        <Id id={view.id} />
        <LineBadge line={line} isOver={view.finished_at !== null} />
      </div>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <Goal text={view.goal} />
        <SessionActions view={view} owner={owner} onChanged={onChanged} />
      </div>
      <dl className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm sm:gap-x-6 sm:gap-y-2">
        <Fact word="Status">
          <span role="status">
            <StateBadge state={view.status} />
          </span>
        </Fact>
        <Fact word="Owner">
          <Link to="/sessions" search={{ owner }} className="hover:underline">
            <SafeText text={owner} max={60} />
          </Link>
        </Fact>
        <Fact word="Started">
          <Ago at={view.created_at} />
        </Fact>
        <Fact word={view.finished_at === null ? 'Running for' : 'Took'}>
          <Took view={view} />
        </Fact>
        <Spent usage={view.usage} budget={view.budget} />
        <Fact word="Request">
          <Id id={view.request_id} />
        </Fact>
        <TraceLink traceparent={traceparent} />
      </dl>
    </header>
  )
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <div className="flex min-h-7 items-center gap-1.5">
      <dt className="text-faint">{word}</dt>
      <dd className="font-medium tabular-nums">{children}</dd>
    </div>
  )
}

const LONG = 220

function Goal({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false)
  return (
    <div className="min-w-0 max-w-4xl flex-1 basis-80">
      <h1
        className={classes('text-[1.35rem] leading-snug font-semibold tracking-tight [overflow-wrap:anywhere] whitespace-pre-line', !isWhole && 'line-clamp-3')}
      >
        <SafeText text={isWhole ? text : text.slice(0, 600)} />
      </h1>
      {text.length > LONG && (
        <button type="button" onClick={() => setWhole(!isWhole)} className="mt-1 text-sm font-medium text-accent-text hover:underline">
          {isWhole ? 'Show less' : 'Show all of it'}
        </button>
      )}
    </div>
  )
}

/** Whether what is seen is what is. */
function LineBadge({ line, isOver }: { line: LineState; isOver: boolean }) {
  if (isOver && line !== 'live') return null
  const look = {
    live: ['bg-good', 'live'],
    connecting: ['bg-line-strong', 'connecting'],
    broken: ['bg-warn', 'reconnecting'],
    over: ['bg-line-strong', 'ended'],
  } as const
  const [dot, word] = look[line]
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs font-medium">
      <span aria-hidden className={classes('size-2 rounded-full', dot, line === 'live' && 'motion-safe:animate-pulse')} />
      {word}
    </span>
  )
}

function Took({ view }: { view: SessionView }) {
  const from = Date.parse(view.created_at)
  return view.finished_at === null ? <SoFar from={from} /> : <>{toElapsed(Date.parse(view.finished_at) - from)}</>
}

function SoFar({ from }: { from: number }) {
  return <>{toElapsed(useNow(1_000) - from)}</>
}

/** Tokens and money, and how much of what may be spent that is. */
function Spent({ usage, budget }: { usage: Usage; budget: Budget }) {
  return (
    <>
      <Fact word="Tokens">
        <span title={`${usage.prompt_tokens} in, ${usage.completion_tokens} out`}>{toCount(usage.total_tokens)}</span>
        {budget.tokens !== undefined && <Meter word="tokens" spent={usage.total_tokens} of={budget.tokens} total={toCount(budget.tokens)} />}
      </Fact>
      <Fact word="Cost">
        {toMoney(usage.cost_usd)}
        {budget.usd !== undefined && usage.cost_usd !== null && <Meter word="cost" spent={usage.cost_usd} of={budget.usd} total={toMoney(budget.usd)} />}
      </Fact>
      {budget.deadline_s !== undefined && <Fact word="Deadline">{toElapsed(budget.deadline_s * 1_000)}</Fact>}
    </>
  )
}

function Meter({ word, spent, of, total }: { word: string; spent: number; of: number; total: string }) {
  const share = Math.min(1, spent / of)
  return (
    <span className="ml-1.5 inline-flex items-center gap-1.5 font-normal text-muted">
      <span
        role="meter"
        aria-label={`Budget of ${word}`}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={Math.min(spent, of)}
        className="inline-block h-1.5 w-12 overflow-hidden rounded-full bg-line"
      >
        <span className={classes('block h-full', share > 0.9 ? 'bg-bad' : share > 0.7 ? 'bg-warn' : 'bg-accent')} style={{ width: `${share * 100}%` }} />
      </span>
      of {total}
    </span>
  )
}

function TraceLink({ traceparent }: { traceparent: string | null }) {
  const { data: info } = useQuery(infoQuery)
  const trace = traceparent?.split('-')[1]
  if (trace === undefined) return null
  const template = info?.trace_url_template
  return (
    <Fact word="Trace">
      {template ? (
        <a
          href={template.replace('{trace_id}', trace)}
          target="_blank"
          rel="noopener noreferrer"
          className="inline-flex items-center gap-1 text-accent-text hover:underline"
        >
          <span className="font-mono text-[0.82em]">{trace.slice(0, 8)}</span> <ExternalLink aria-label="opens a new tab" size={12} />
        </a>
      ) : (
        <Id id={trace} />
      )}
    </Fact>
  )
}
