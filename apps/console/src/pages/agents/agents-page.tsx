import type { AgentReport } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Activity, CircleCheck, CircleSlash, Unplug, Zap, ZapOff } from 'lucide-react'

import { agentsQuery } from '../../api/queries.ts'
import { Badge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { Card, Empty, Fault, Loading, PageHead } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { Ago, toDuration, useNow } from '../../ui/time.tsx'

/** Whoever can be given work: what they say of themselves, and how they are. */
export function AgentsPage() {
  const { data, error, isPending, refetch } = useQuery(agentsQuery)
  const well = data?.filter(({ healthy, breaker }) => healthy && breaker.state !== 'open').length ?? 0
  return (
    <>
      <PageHead title="Agents">
        {data && data.length > 0 ? `${well} of ${data.length} can be given work. ` : ''}Agents are found by their cards; a breaker keeps work from those that
        fail again and again.
      </PageHead>
      {isPending && <Loading what="Asking the agents" />}
      {error && !data && <Fault error={error} again={() => void refetch()} />}
      {data?.length === 0 && (
        <Card>
          <Empty title="No agents">
            Name their URLs in <code>AGENT_URLS</code> (yours) or <code>EXTERNAL_AGENT_URLS</code> (anyone’s).
          </Empty>
        </Card>
      )}
      {data && data.length > 0 && (
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2 2xl:grid-cols-3">
          {data.toSorted(byNeed).map((agent) => (
            <li key={agent.url}>
              <Agent agent={agent} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Who needs a look comes first. */
function byNeed(a: AgentReport, b: AgentReport): number {
  const rank = ({ healthy, breaker }: AgentReport): number => (healthy ? (breaker.state === 'closed' ? 2 : 1) : 0)
  return rank(a) - rank(b) || (a.id ?? a.url).localeCompare(b.id ?? b.url)
}

function Agent({ agent }: { agent: AgentReport }) {
  const { id, url, card, healthy, last_seen_at: seen, last_error: fault, breaker, calls } = agent
  return (
    <Card label={id ?? url} className={classes('flex h-full flex-col overflow-hidden', !healthy && 'border-bad/40')}>
      <div className="flex items-start gap-3 px-4 pt-4 sm:px-5">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold [overflow-wrap:anywhere]">
            {card ? <SafeText text={card.name} max={80} /> : 'No card yet'}
            {card && <span className="ml-2 text-[0.78rem] font-normal text-faint">{<SafeText text={card.version} max={24} />}</span>}
          </h2>
          <p className="mt-0.5 font-mono text-[0.78rem] text-muted [overflow-wrap:anywhere]">
            {id !== null && (
              <>
                <SafeText text={id} max={64} /> ·{' '}
              </>
            )}
            <SafeText text={url} max={200} />
          </p>
        </div>
        <Badge tone={healthy ? 'good' : 'bad'} icon={healthy ? CircleCheck : Unplug}>
          {healthy ? 'healthy' : 'not reached'}
        </Badge>
      </div>
      {card && (
        <p className="mt-2 line-clamp-3 px-4 text-sm text-muted [overflow-wrap:anywhere] sm:px-5">
          <SafeText text={card.description} max={400} />
        </p>
      )}
      {card && card.skills.length > 0 && <Skills skills={card.skills} />}
      <dl className="mt-auto grid grid-cols-3 border-t text-sm">
        <Fact word="Breaker">
          <Breaker breaker={breaker} />
        </Fact>
        <Fact word="Calls now">
          <span className="inline-flex items-center gap-1.5 tabular-nums">
            {calls > 0 && <Activity aria-hidden size={14} className="text-info" />} {calls}
          </span>
        </Fact>
        <Fact word="Last seen">{seen === null ? 'never' : <Ago at={seen} />}</Fact>
      </dl>
      {fault !== null && (
        <p className={classes('border-t px-4 py-2.5 text-[0.82rem] [overflow-wrap:anywhere] sm:px-5', healthy ? 'text-muted' : 'bg-bad-soft text-bad')}>
          <span className="font-medium">Last error:</span> <SafeText text={fault} max={400} />
        </p>
      )}
    </Card>
  )
}

function Skills({ skills }: { skills: readonly { id: string; name: string; description: string }[] }) {
  return (
    <ul aria-label="Skills" className="mt-3 mb-4 flex flex-wrap gap-1.5 px-4 sm:px-5">
      {skills.map(({ id, name, description }) => (
        <li key={id}>
          <details className="group rounded-lg border bg-sunken/50 text-[0.82rem] open:bg-sunken">
            <summary className="min-h-7 list-none px-2.5 py-1 font-medium [&::-webkit-details-marker]:hidden">
              <SafeText text={name} max={60} />
            </summary>
            <p className="max-w-sm px-2.5 pb-2 text-muted [overflow-wrap:anywhere]">
              <span className="font-mono text-[0.9em]">
                <SafeText text={id} max={64} />
              </span>
              : <SafeText text={description} max={600} />
            </p>
          </details>
        </li>
      ))}
    </ul>
  )
}

function Breaker({ breaker: { state, failures, retry_at: retryAt } }: { breaker: AgentReport['breaker'] }) {
  if (state === 'closed')
    return (
      <span className="inline-flex items-center gap-1.5">
        <Zap aria-hidden size={14} className="text-good" /> closed
        {failures > 0 && <span className="text-faint">({failures} failed)</span>}
      </span>
    )
  return (
    <span className={classes('inline-flex flex-wrap items-center gap-x-1.5', state === 'open' ? 'text-bad' : 'text-warn')}>
      {state === 'open' ? <ZapOff aria-hidden size={14} /> : <CircleSlash aria-hidden size={14} />}
      <span className="font-medium">{state === 'open' ? 'open' : 'trying one call'}</span>
      <span className="text-[0.82rem]">
        {failures} in a row
        {retryAt !== null && <RetryIn at={retryAt} />}
      </span>
    </span>
  )
}

/** When an open breaker lets a call through to see. */
function RetryIn({ at }: { at: string }) {
  const left = Date.parse(at) - useNow(1_000)
  return <>, {left > 0 ? `tried again in ${toDuration(left)}` : 'tried with the next call'}</>
}

function Fact({ word, children }: { word: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0 border-l px-4 py-2.5 first:border-l-0 sm:px-5">
      <dt className="text-[0.78rem] text-faint">{word}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}
