import type { Approval } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'

import { sessionDetailQuery } from '../../api/queries.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { Card, Part } from '../../ui/page.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { nearNodes, type NearNode } from './near-nodes.ts'

const PLACES = { before: 'found already', here: 'asks here', after: 'waits for this', beside: 'beside it' } as const

/** What the plan has done before this, and what goes on after it. */
export function PlanAround({ approval: { session_id: session, node } }: { approval: Approval }) {
  const { data } = useQuery(sessionDetailQuery(session))
  if (!data) return null
  const { near, more } = nearNodes(data.session, node)
  if (near.length === 0) return null
  return (
    <Card label="The plan around it">
      <Part
        title="The plan around it"
        aside={
          <Link
            to="/sessions/$id"
            params={{ id: session }}
            search={{ node }}
            className="inline-flex items-center gap-1 text-[0.82rem] font-medium text-accent-text underline-offset-2 hover:underline"
          >
            Open the session <ArrowRight aria-hidden size={14} />
          </Link>
        }
      >
        <ol className="-mx-2 grid grid-cols-[minmax(0,1fr)]">
          {near.map((one) => (
            <Row key={one.id} node={one} session={session} />
          ))}
        </ol>
        {more > 0 && <p className="mt-1.5 text-xs text-faint">and {more} more</p>}
      </Part>
    </Card>
  )
}

function Row({ node: { id, agent, what, state, place }, session }: { node: NearNode; session: string }) {
  return (
    <li className={classes('relative flex items-center gap-3 rounded-lg px-2 py-1.5', place === 'here' ? 'bg-accent-soft/60' : 'hover:bg-sunken')}>
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2 text-sm">
          <Link
            to="/sessions/$id"
            params={{ id: session }}
            search={{ node: id }}
            className="truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:rounded-lg focus-visible:after:outline-2 focus-visible:after:outline-accent"
          >
            <SafeText text={id} max={60} />
          </Link>
          <span className="shrink-0 text-xs text-faint">
            <SafeText text={agent} max={40} />
          </span>
          {place !== 'beside' && (
            <span className={classes('hidden shrink-0 text-xs sm:inline', place === 'here' ? 'font-medium text-accent-text' : 'text-faint')}>
              · {PLACES[place]}
            </span>
          )}
        </p>
        <p className="truncate text-[0.82rem] text-muted">
          <SafeText text={what} max={160} />
        </p>
      </div>
      <StateBadge state={state} />
    </li>
  )
}
