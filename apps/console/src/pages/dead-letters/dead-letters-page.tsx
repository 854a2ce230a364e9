import type { DeadSession } from '@signalbox/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'

import { deadLettersQuery } from '../../api/queries.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { classes } from '../../ui/classes.ts'
import { Card, Empty, Fault, Loading, PageHead } from '../../ui/page.tsx'
import { Pager } from '../../ui/pager.tsx'
import { SafeText } from '../../ui/safe-text.tsx'
import { toSearch } from '../../ui/search.ts'
import { Ago } from '../../ui/time.tsx'
import { DeadSessionCard } from './dead-session.tsx'

const route = getRouteApi('/dead-letters')

/** What came to nothing though it was tried again and again, kept until somebody redrives or drops it. */
export function DeadLettersPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { data, error, isPending, refetch } = useQuery({ ...deadLettersQuery(search.cursor), refetchInterval: 10_000 })
  const open = (id: string | undefined): void => void navigate({ to: '/dead-letters', search: toSearch({ ...search, id }), resetScroll: false })
  return (
    <>
      <PageHead title="Dead letters">What used up its tries is kept here, with all that is known of it, until somebody redrives or drops it.</PageHead>
      <div className={classes('grid grid-cols-[minmax(0,1fr)] items-start gap-4', search.id !== undefined && 'xl:grid-cols-[minmax(0,1fr)_minmax(0,1.35fr)]')}>
        <Card label="Sessions with dead letters" className={classes('overflow-hidden', search.id !== undefined && 'max-xl:order-2')}>
          {isPending && <Loading what="Looking for dead letters" />}
          {error && !data && <Fault error={error} again={() => void refetch()} />}
          {data?.data.length === 0 && <Empty title="Nothing is dead">Whatever fails for good shows up here.</Empty>}
          {data && data.data.length > 0 && (
            <ul>
              {data.data.map((session) => (
                <Row key={session.session_id} session={session} isOpen={session.session_id === search.id} onOpen={open} />
              ))}
            </ul>
          )}
          {data && (
            <Pager
              cursor={search.cursor}
              next={data.next_cursor}
              total={data.total}
              shown={data.data.length}
              onGo={(cursor) => void navigate({ to: '/dead-letters', search: toSearch({ ...search, cursor }) })}
            />
          )}
        </Card>
        {search.id !== undefined && <DeadSessionCard key={search.id} id={search.id} onClose={() => open(undefined)} />}
      </div>
    </>
  )
}

function Row({ session, isOpen, onOpen }: { session: DeadSession; isOpen: boolean; onOpen: (id: string) => void }) {
  const [first] = session.letters
  return (
    <li className={classes('relative border-t first:border-t-0', isOpen ? 'bg-accent-soft' : 'hover:bg-sunken/60')}>
      <div className="flex items-center gap-3 px-4 py-3 sm:px-5">
        <div className="min-w-0 flex-1">
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => onOpen(session.session_id)}
            className="line-clamp-2 text-left font-medium [overflow-wrap:anywhere] after:absolute after:inset-0"
          >
            <SafeText text={session.goal} max={240} />
          </button>
          {first && (
            <p className="mt-0.5 line-clamp-2 text-[0.85rem] text-bad [overflow-wrap:anywhere]">
              {first.node !== null && (
                <span className="font-mono text-[0.92em]">
                  <SafeText text={first.node} max={60} />:{' '}
                </span>
              )}
              <SafeText text={first.error.message} max={240} />
            </p>
          )}
          <p className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.82rem] text-muted">
            <StateBadge state={session.status} />
            <span>
              {session.letters.length} {session.letters.length === 1 ? 'letter' : 'letters'}
            </span>
            <span>
              <Ago at={session.updated_at} />
            </span>
          </p>
        </div>
        <ChevronRight aria-hidden size={16} className="shrink-0 text-faint" />
      </div>
    </li>
  )
}
