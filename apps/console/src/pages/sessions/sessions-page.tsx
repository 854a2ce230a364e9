import type { SessionBrief } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight, CircleHelp, ShieldAlert } from 'lucide-react'

import { sessionsQuery, type SessionSearch } from '../../api/queries.ts'
import { toCount, toElapsed, toMoney } from '../../ui/amounts.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { buttonClasses } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { Card, Empty, Fault, Loading, PageHead } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { toSearch } from '../../ui/search.ts'
import { Ago, useNow } from '../../ui/time.tsx'
import { NodeBar } from './node-bar.tsx'
import { SessionFilters } from './session-filters.tsx'

const route = getRouteApi('/sessions')

/** Sessions of this state change by themselves, so the list is fetched anew while it is looked at. */
const EVERY_MS = 4_000

/** Every session, newest first, found by the server. */
export function SessionsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery({ ...sessionsQuery(search), refetchInterval: EVERY_MS })
  const change = (changed: SessionSearch): void => {
    // What is found by other words begins on its first page.
    void navigate({ to: '/sessions', search: toSearch({ ...search, cursor: undefined, ...changed }), replace: true })
  }
  return (
    <>
      <PageHead title="Sessions">Every workflow, from the request to its answer. Open one to watch it work.</PageHead>
      <SessionFilters search={search} onChange={change} />
      <Card label="Sessions" className={classes('overflow-hidden', isPlaceholderData && 'opacity-60')}>
        {isPending && <Loading what="Looking for sessions" />}
        {error && !data && <Fault error={error} again={() => void refetch()} />}
        {data && data.data.length === 0 && <Nothing isFiltered={Object.values(search).some((value) => value !== undefined)} />}
        {data && data.data.length > 0 && <Rows sessions={data.data} onOwner={(owner) => change({ owner })} />}
      </Card>
      {data && data.data.length > 0 && (
        <nav aria-label="Pages of sessions" className="mt-3 flex items-center justify-between gap-3 text-sm text-muted">
          <span role="status">
            {data.total} {data.total === 1 ? 'session' : 'sessions'}
          </span>
          <span className="flex gap-2">
            {search.cursor !== undefined && (
              <Link to="/sessions" search={toSearch({ ...search, cursor: undefined })} className={buttonClasses('plain', 'small')}>
                <ChevronLeft aria-hidden size={14} /> Newest
              </Link>
            )}
            {data.next_cursor !== null && (
              <Link to="/sessions" search={{ ...search, cursor: data.next_cursor }} className={buttonClasses('plain', 'small')}>
                Older <ChevronRight aria-hidden size={14} />
              </Link>
            )}
          </span>
        </nav>
      )}
    </>
  )
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No session fits">Look for other words, or another state.</Empty>
  return (
    <Empty title="No sessions yet">
      A session begins with a hard question.{' '}
      <Link to="/playground" className="font-medium text-accent-text underline underline-offset-2">
        Ask one in the playground
      </Link>{' '}
      or{' '}
      <Link to="/" className="font-medium text-accent-text underline underline-offset-2">
        send a request
      </Link>
      .
    </Empty>
  )
}

function Rows({ sessions, onOwner }: { sessions: readonly SessionBrief[]; onOwner: (owner: string) => void }) {
  return (
    <table className="w-full text-left text-sm">
      <thead className="hidden border-b bg-sunken/60 text-[0.78rem] text-muted md:table-header-group">
        <tr>
          {['Session', 'Status', 'Owner', 'Agents', 'Nodes', 'Tokens', 'Started'].map((word) => (
            <th
              key={word}
              scope="col"
              className={classes('px-4 py-2 font-medium', word === 'Agents' && 'hidden xl:table-cell', word === 'Tokens' && 'text-right')}
            >
              {word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <Row key={session.id} session={session} onOwner={onOwner} />
        ))}
      </tbody>
    </table>
  )
}

const CELL = 'md:table-cell md:px-4 md:py-3 md:align-middle'

function Row({ session, onOwner }: { session: SessionBrief; onOwner: (owner: string) => void }) {
  const { id, goal, status, owner, agents, nodes, usage, error, approvals_open: approvals, questions_open: questions } = session
  return (
    <tr className="group relative flex flex-wrap items-center gap-x-3 gap-y-1.5 border-t px-4 py-3 first:border-t-0 hover:bg-sunken/60 md:table-row md:p-0">
      <td className={classes(CELL, 'w-full min-w-0 md:max-w-0')}>
        <Link
          to="/sessions/$id"
          params={{ id }}
          search={{}}
          className="line-clamp-2 font-medium [overflow-wrap:anywhere] group-hover:text-accent-text after:absolute after:inset-0"
        >
          <SafeText text={goal} max={240} />
        </Link>
        {error && status === 'failed' && (
          <p className="mt-0.5 line-clamp-1 text-[0.82rem] text-bad">
            <SafeText text={error.message} max={160} />
          </p>
        )}
      </td>
      <td className={classes(CELL, 'whitespace-nowrap')}>
        <StateBadge state={status} />
        {status !== 'waiting_approval' && approvals > 0 && (
          <span className="ml-1">
            <Badge tone="warn" icon={ShieldAlert}>
              {approvals} open
            </Badge>
          </span>
        )}
        {status !== 'waiting_input' && questions > 0 && (
          <span className="ml-1">
            <Badge tone="warn" icon={CircleHelp}>
              asks
            </Badge>
          </span>
        )}
      </td>
      <td className={classes(CELL, 'max-w-40')}>
        <button
          type="button"
          onClick={() => onOwner(owner)}
          className="relative z-10 block max-w-full truncate rounded text-muted hover:text-ink hover:underline"
          title="Show this owner’s only"
        >
          <SafeText text={owner} max={40} />
        </button>
      </td>
      <td className="hidden max-w-44 truncate px-4 py-3 align-middle text-muted xl:table-cell">
        <Agents names={agents} />
      </td>
      <td className={CELL}>
        <NodeBar nodes={nodes} />
      </td>
      <td className={classes(CELL, 'text-muted tabular-nums md:text-right', usage.total_tokens === 0 && 'max-md:hidden')}>
        {usage.total_tokens > 0 ? toCount(usage.total_tokens) : <span className="text-faint">–</span>}
        <span className="md:hidden"> tokens</span>
        {usage.cost_usd !== null && usage.cost_usd > 0 && <span className="ml-2 text-faint md:ml-0 md:block md:text-[0.8rem]">{toMoney(usage.cost_usd)}</span>}
      </td>
      <td className={classes(CELL, 'text-muted whitespace-nowrap')}>
        <Ago at={session.created_at} />
        <span className="ml-2 text-faint md:ml-0 md:block md:text-[0.8rem]">
          <Took session={session} />
        </span>
      </td>
    </tr>
  )
}

const SHOWN = 3

function Agents({ names }: { names: readonly string[] }) {
  const more = names.length - SHOWN
  return (
    <span className="text-[0.82rem]" title={names.length > SHOWN ? `${names.length} agents` : undefined}>
      <SafeText text={names.slice(0, SHOWN).join(', ')} max={60} />
      {more > 0 && ` +${more}`}
    </span>
  )
}

function Took({ session: { created_at: from, finished_at: to } }: { session: SessionBrief }) {
  return to === null ? <Running from={from} /> : <>{toElapsed(Date.parse(to) - Date.parse(from))}</>
}

function Running({ from }: { from: string }) {
  const now = useNow(1_000)
  return <>{toElapsed(now - Date.parse(from))} so far</>
}
