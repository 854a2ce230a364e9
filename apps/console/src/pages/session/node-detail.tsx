import type { AskView, NodeState, PlanNode, SessionView } from '@signalbox/contracts'
import { Link } from '@tanstack/react-router'
import { GitFork, X } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'

import { Elapsed } from '../../graph/elapsed.tsx'
import { iconOf, lookOf } from '../../graph/node-look.tsx'
import { Markdown } from '../../markdown/markdown.tsx'
import type { LiveSession } from '../../live/live-session.ts'
import { nodeOf, SKIPPED, tellEvent } from '../../live/tell-event.ts'
import { toCount, toElapsed, toMoney } from '../../ui/amounts.ts'
import { Badge, RiskBadge, StateBadge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { Id } from '../../ui/copy.tsx'
import { LongWords } from '../../ui/long-words.tsx'
import { Card, Part } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { DataView } from './data-view.tsx'

export interface NodeDetailProps {
  id: string
  live: LiveSession
  onClose: () => void
  onSelect: (id: string) => void
}

/** All that is known of one node: what it was told, what it had to go on, what came of it, and what it took. */
export function NodeDetail({ id, live, onClose, onSelect }: NodeDetailProps) {
  const { view } = live
  const panel = useRef<HTMLDivElement>(null)
  const state: NodeState = view.nodes[id] ?? { state: 'pending', agent: '', attempts: 0, epoch: 0 }
  const node = view.plan?.nodes.find((candidate) => candidate.id === (state.branch?.of ?? id))
  const asks = Object.values(view.asks).filter((ask) => ask.node === id)
  // On a small screen the panel is below the picture; whoever chose a node wants to see it.
  useEffect(() => {
    if (matchMedia('(max-width: 79.99rem)').matches) panel.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <div ref={panel} className="scroll-mt-4">
      <Card label={`Node ${id}`} className="max-h-[calc(100dvh-2rem)] overflow-y-auto">
        <Head id={id} state={state} node={node} onClose={onClose} />
        {state.error && <Fault state={state} />}
        {state.state === 'skipped' && state.skip_reason !== undefined && (
          <Part title="Why it was skipped">
            <p className="text-sm">{SKIPPED[state.skip_reason]}.</p>
          </Part>
        )}
        {state.rejection !== undefined && (
          <Part title="Rejected">
            <LongWords className="text-sm leading-relaxed" text={state.rejection} />
          </Part>
        )}
        {asks.length > 0 && <Approvals asks={asks} />}
        {state.session !== undefined && (
          <Part title="Worked on as">
            <Link
              to="/sessions/$id"
              params={{ id: state.session }}
              search={{}}
              className="inline-flex items-center gap-2 text-sm font-medium text-accent-text hover:underline"
            >
              <GitFork aria-hidden size={15} /> a session of its own
            </Link>
          </Part>
        )}
        <Instruction node={node} state={state} />
        <Needs view={view} node={node} state={state} onSelect={onSelect} />
        <Output live={live} id={id} state={state} />
        <Numbers state={state} />
        <History live={live} id={id} />
      </Card>
    </div>
  )
}

function Head({ id, state, node, onClose }: { id: string; state: NodeState; node: PlanNode | undefined; onClose: () => void }) {
  const skill = state.branch?.skill ?? (node && 'skill' in node ? node.skill : undefined)
  const Icon = iconOf({ kind: state.branch ? 'branch' : (node?.kind ?? 'agent'), skill, isAnswer: false })
  const look = lookOf(state)
  const StateIcon = look.icon
  return (
    <div className="sticky top-0 z-10 flex items-start gap-3 border-b bg-surface px-4 py-3 sm:px-5">
      <Icon aria-hidden size={18} className={classes('mt-1 shrink-0', look.text)} />
      <div className="min-w-0 flex-1">
        <h2 className="font-semibold [overflow-wrap:anywhere]">
          <SafeText text={id} max={100} />
        </h2>
        <p className="text-[0.82rem] text-muted">
          <SafeText text={state.agent} max={80} />
          {skill !== undefined && (
            <>
              {' '}
              · <SafeText text={skill} max={80} />
            </>
          )}
          {node && node.kind !== 'agent' && !state.branch && <> · {node.kind}</>}
          {state.branch && <> · {state.branch.role}</>}
        </p>
      </div>
      <span className={classes('inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-[0.78rem] font-medium whitespace-nowrap', look.soft, look.text)}>
        <StateIcon aria-hidden size={13} className={look.spin ? 'motion-safe:animate-spin' : undefined} /> {look.word}
      </span>
      <button
        type="button"
        onClick={onClose}
        aria-label="Close this node"
        className="-mr-1 grid size-7 shrink-0 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink"
      >
        <X aria-hidden size={16} />
      </button>
    </div>
  )
}

function Fault({ state: { error, attempts } }: { state: NodeState }) {
  if (!error) return null
  return (
    <Part title="Error">
      <div className="rounded-lg bg-bad-soft px-3 py-2 text-sm text-bad">
        <p className="[overflow-wrap:anywhere]">
          <SafeText text={error.message} max={2_000} />
        </p>
        <p className="mt-1 font-mono text-[0.78rem]">
          {error.code}
          {attempts > 1 && ` · after ${attempts} tries`}
        </p>
      </div>
    </Part>
  )
}

function Approvals({ asks }: { asks: readonly AskView[] }) {
  return (
    <Part title={asks.length === 1 ? 'Approval' : 'Approvals'}>
      <ul className="grid gap-2.5 text-sm">
        {asks.map((ask) => (
          <li key={ask.id}>
            <Link to="/approvals/$id" params={{ id: ask.id }} className="font-medium text-accent-text [overflow-wrap:anywhere] hover:underline">
              <SafeText text={ask.action.title} max={200} />
            </Link>
            <p className="mt-1 flex flex-wrap items-center gap-1.5">
              <StateBadge state={ask.state} /> <RiskBadge level={ask.risk.level} />
              {ask.outcome && ask.outcome.by.length > 0 && (
                <span className="text-[0.82rem] text-muted">
                  by <SafeText text={ask.outcome.by.join(', ')} max={120} />
                </span>
              )}
            </p>
            {ask.outcome?.reason && <LongWords className="text-sm leading-relaxed" text={ask.outcome.reason} />}
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Instruction({ node, state }: { node: PlanNode | undefined; state: NodeState }) {
  if (!node) return null
  const { item } = state.branch ?? {}
  return (
    <>
      <Part title="Instruction">
        <LongWords className="text-sm leading-relaxed" text={node.instruction} />
        {node.approval && !state.branch && (
          <p className="mt-2 text-[0.82rem] text-muted">
            The plan wants a person’s word first: <SafeText text={node.approval.why} max={400} />
          </p>
        )}
        {node.when !== undefined && <Rule word="Runs when" rule={node.when} />}
        {node.replan_when !== undefined && <Rule word="Has the rest planned anew when" rule={node.replan_when} />}
      </Part>
      {item !== undefined && (
        <Part title="Item">
          <DataView value={item} />
        </Part>
      )}
    </>
  )
}

function Rule({ word, rule }: { word: string; rule: unknown }) {
  return (
    <p className="mt-2 text-[0.82rem] text-muted">
      {word}{' '}
      <code className="rounded bg-sunken px-1 [overflow-wrap:anywhere]">
        <SafeText text={JSON.stringify(rule)} max={600} />
      </code>
    </p>
  )
}

function Needs({ view, node, state, onSelect }: { view: SessionView; node: PlanNode | undefined; state: NodeState; onSelect: (id: string) => void }) {
  const inputs = Object.entries(node?.inputs ?? {})
  const needs = state.branch ? [] : (node?.needs ?? [])
  if (inputs.length === 0 && needs.length === 0 && !state.branch) return null
  return (
    <Part title="Goes on from">
      <ul className="flex flex-wrap gap-1.5">
        {state.branch && <Chip id={state.branch.of} view={view} onSelect={onSelect} word="branch of" />}
        {needs.map((need) => (
          <Chip key={need} id={need} view={view} onSelect={onSelect} />
        ))}
      </ul>
      {inputs.length > 0 && (
        <dl className="mt-2 grid gap-1 text-[0.82rem]">
          {inputs.map(([name, from]) => (
            <div key={name} className="flex gap-2">
              <dt className="text-muted">
                <SafeText text={name} max={80} />
              </dt>
              <dd className="font-mono">{from}</dd>
            </div>
          ))}
        </dl>
      )}
    </Part>
  )
}

function Chip({ id, view, onSelect, word }: { id: string; view: SessionView; onSelect: (id: string) => void; word?: string }) {
  const state = view.nodes[id]
  const look = lookOf(state ?? { state: 'pending' })
  const Icon = look.icon
  return (
    <li>
      <button
        type="button"
        onClick={() => onSelect(id)}
        className="inline-flex min-h-7 max-w-full items-center gap-1.5 rounded-full border border-line-strong/50 px-2.5 text-[0.82rem] hover:bg-sunken"
      >
        <Icon aria-hidden size={12} className={look.text} />
        <span className="truncate">
          {word !== undefined && <span className="text-muted">{word} </span>}
          <SafeText text={id} max={60} />
        </span>
        <span className="sr-only">, {look.word}</span>
      </button>
    </li>
  )
}

function Output({ live, id, state }: { live: LiveSession; id: string; state: NodeState }) {
  const isAnswering = live.view.plan?.answer === id && state.output === undefined && live.answer !== ''
  const text = state.output?.text ?? (isAnswering ? live.answer : '')
  const heard = live.heard[id]
  if (text === '' && (state.output?.data.length ?? 0) === 0) {
    if (heard === undefined) return null
    return (
      <Part title={state.state === 'completed' ? 'Result' : 'Says'}>
        <LongWords className="text-sm leading-relaxed" text={heard} />
      </Part>
    )
  }
  return (
    <Part title={isAnswering ? 'Result, so far' : 'Result'}>
      {text !== '' && <Markdown text={text.slice(0, 60_000)} className="text-sm" />}
      {(state.output?.data ?? []).map((part, index) => (
        <div key={index} className="mt-2.5">
          <DataView value={part} />
        </div>
      ))}
    </Part>
  )
}

function Numbers({ state }: { state: NodeState }) {
  const { usage } = state
  return (
    <Part title="Figures">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        <Fact word="Time">{state.started_at === undefined ? 'not begun' : <Elapsed state={state} />}</Fact>
        <Fact word="Tries">{state.attempts}</Fact>
        {usage && (
          <Fact word="Tokens">
            {toCount(usage.total_tokens)}{' '}
            <span className="text-faint">
              ({toCount(usage.prompt_tokens)} in, {toCount(usage.completion_tokens)} out)
            </span>
          </Fact>
        )}
        {usage && <Fact word="Cost">{toMoney(usage.cost_usd)}</Fact>}
        {state.task_id !== undefined && (
          <Fact word="A2A task">
            <Id id={state.task_id} />
          </Fact>
        )}
        {state.approved && (
          <Fact word="Approved bytes">
            <Id id={state.approved.args_sha256} />
          </Fact>
        )}
      </dl>
    </Part>
  )
}

function Fact({ word, children }: { word: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{word}</dt>
      <dd className="tabular-nums">{children}</dd>
    </>
  )
}

/** The node's own events: each try and how it ended. */
function History({ live, id }: { live: LiveSession; id: string }) {
  const from = Date.parse(live.view.created_at)
  const own = live.events.filter((event) => nodeOf(event) === id && event.type !== 'answer.delta')
  if (own.length === 0) return null
  return (
    <Part title="What happened" aside={<Badge>{own.length}</Badge>}>
      <ol className="grid gap-1 text-[0.82rem]">
        {own.slice(-60).map((event) => {
          const { words, said } = tellEvent(event)
          return (
            <li key={event.seq} className="grid grid-cols-[3.6rem_minmax(0,1fr)] gap-2">
              <span className="text-right text-faint tabular-nums">+{toElapsed(Date.parse(event.at) - from)}</span>
              <span className="[overflow-wrap:anywhere]">
                {words}
                {said !== undefined && (
                  <span className="text-muted">
                    {' '}
                    <SafeText text={said} max={200} />
                  </span>
                )}
              </span>
            </li>
          )
        })}
      </ol>
    </Part>
  )
}
