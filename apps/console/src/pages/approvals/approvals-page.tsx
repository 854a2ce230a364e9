import type { Approval } from '@signalbox/contracts'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { ArrowUp, Inbox } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

import { useMay } from '../../api/roles.ts'
import { approveSoon, useHeld } from '../../decisions/decide.tsx'
import { moved, nextAfter } from '../../decisions/steady-list.ts'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { useKeys } from '../../ui/keys.ts'
import { Card, Empty, Fault, Loading } from '../../ui/page.tsx'
import { toSearch } from '../../ui/search.ts'
import { ApprovalRow, toRowId } from './approval-row.tsx'
import { BulkBar } from './bulk.tsx'
import { InboxContext, type Intent } from './inbox-context.ts'
import { InboxFilters } from './inbox-filters.tsx'
import { useInbox, type InboxSearch } from './inbox.ts'
import { isSelectable } from './selection.ts'

const route = getRouteApi('/approvals')
/** From this width on the list stays beside the approval that is open. */
const WIDE = '(min-width: 80rem)'

/** What waits for a person's word, and what was decided. */
export function ApprovalsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { id: open } = useParams({ strict: false })
  const mayDecide = useMay('approver')
  const inbox = useInbox(search)
  const { list, page } = inbox
  const held = useHeld()
  const isHistory = (search.status ?? 'pending') !== 'pending'

  const [cursor, setCursor] = useState<string>()
  const here = open ?? cursor
  const intent = useRef<Intent>(undefined)

  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(() => list.rows.filter((row) => selected.has(row.id) && row.state === 'pending' && !list.gone.has(row.id)), [list, selected])
  const select = useCallback(
    (id: string) => setSelected((before) => new Set(before.has(id) ? [...before].filter((other) => other !== id) : [...before, id])),
    [],
  )

  const go = async (id: string, wanted?: Intent): Promise<void> => {
    intent.current = wanted
    await navigate({ to: '/approvals/$id', params: { id }, search: (before) => before })
  }
  const isOver = (row: Approval): boolean => row.state !== 'pending' || held.some(({ id }) => id === row.id)
  const goOn = async (decided: string): Promise<void> => {
    const next = nextAfter(list, decided, isOver)
    setCursor(next?.id)
    // Beside the list the next one opens; where there is no room for both, the list is gone back to.
    if (next && open !== undefined && matchMedia(WIDE).matches) await go(next.id)
    else await navigate({ to: '/approvals', search: (before) => before })
    focusOn(next ? toRowId(next.id) : 'inbox-title')
  }
  const step = (by: 1 | -1): void => {
    const next = moved(list, here, by)
    if (!next) return
    setCursor(next.id)
    if (by === 1 && next.id === list.rows.at(-1)?.id && inbox.hasNextPage && !inbox.isFetchingNextPage) void inbox.fetchNextPage()
    if (open === undefined || !matchMedia(WIDE).matches) focusOn(toRowId(next.id))
    if (open !== undefined) void go(next.id).then(() => focusOn(toRowId(next.id)))
  }
  const act = (wanted: Intent): void => {
    const row = list.rows.find(({ id }) => id === cursor)
    if (!row || isOver(row) || list.gone.has(row.id) || !mayDecide) return
    // What is more than of low risk is read before it is approved.
    if (wanted === 'approve' && row.risk.level === 'low' && row.edit === null) {
      approveSoon(row)
      void goOn(row.id)
    } else void go(row.id, wanted)
  }
  useKeys({
    'j': () => step(1),
    'k': () => step(-1),
    'x': () => {
      const row = list.rows.find(({ id }) => id === here)
      if (row && mayDecide && isSelectable(row, chosen)) select(row.id)
    },
    '.': () => inbox.showAnew(),
    ...(open === undefined && { a: () => act('approve'), r: () => act('reject'), e: () => act('edit') }),
  })

  const change = (changed: InboxSearch): void => {
    setSelected(new Set())
    void navigate({ to: '.', search: toSearch({ ...search, ...changed }), replace: true })
  }
  const neighbour = useMemo(
    () => ({
      goOn: (decided: string) => void goOnRef.current(decided),
      takeIntent: () => {
        const wanted = intent.current
        intent.current = undefined
        return wanted
      },
    }),
    [],
  )
  const goOnRef = useRef(goOn)
  useEffect(() => {
    goOnRef.current = goOn
  })

  const onOpen = useCallback(() => (intent.current = 'read'), [])
  return (
    <div className={classes(open !== undefined && 'xl:grid xl:grid-cols-[23rem_minmax(0,1fr)] xl:gap-6')}>
      <section
        aria-labelledby="inbox-title"
        className={classes('@container min-w-0', open === undefined ? 'mx-auto max-w-6xl' : 'hidden xl:sticky xl:top-6 xl:block xl:h-[calc(100dvh-3rem)]')}
      >
        <div className={classes(open !== undefined && 'flex h-full flex-col')}>
          <header className="mb-3 grid gap-3">
            <div className="flex flex-wrap items-center justify-between gap-3">
              <h1 id="inbox-title" tabIndex={-1} className="text-[1.45rem] leading-tight font-semibold tracking-tight focus-visible:outline-offset-4">
                Approvals
              </h1>
              <Tabs isHistory={isHistory} pending={page?.pending} />
            </div>
            <InboxFilters search={search} isHistory={isHistory} onChange={change} />
          </header>
          <Card
            className={classes(
              open === undefined ? 'overflow-clip' : 'min-h-0 flex-1 overflow-x-clip overflow-y-auto',
              inbox.isPlaceholderData && 'opacity-60',
            )}
          >
            {(list.fresh.length > 0 || list.gone.size > 0) && <NewRows fresh={list.fresh.length} gone={list.gone.size} onShow={inbox.showAnew} />}
            {inbox.isPending && <Loading what="Looking for approvals" />}
            {inbox.error && !inbox.data && <Fault error={inbox.error} again={() => void inbox.refetch()} />}
            {inbox.data && list.rows.length === 0 && <Nothing search={search} isHistory={isHistory} />}
            <ul>
              {list.rows.map((row) => (
                <ApprovalRow
                  key={row.id}
                  approval={row}
                  isOpen={row.id === open}
                  isHeld={held.some(({ id }) => id === row.id)}
                  isGone={list.gone.has(row.id)}
                  isSelected={mayDecide && !isHistory && isSelectable(row, chosen) && !list.gone.has(row.id) && !isOver(row) ? chosen.includes(row) : undefined}
                  onSelect={select}
                  onOpen={onOpen}
                  onFocus={setCursor}
                />
              ))}
            </ul>
            {inbox.hasNextPage && (
              <div className="border-t p-2 text-center">
                <Button look="quiet" disabled={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
                  {inbox.isFetchingNextPage ? 'Loading…' : `Show more of ${page?.total ?? 'them'}`}
                </Button>
              </div>
            )}
            {mayDecide && <BulkBar selected={chosen} onClear={() => setSelected(new Set())} onDecided={() => setSelected(new Set())} />}
          </Card>
        </div>
      </section>
      <InboxContext value={neighbour}>
        <Outlet />
      </InboxContext>
    </div>
  )
}

function Tabs({ isHistory, pending }: { isHistory: boolean; pending: number | undefined }) {
  const look = (isHere: boolean): string =>
    classes(
      'inline-flex min-h-8 items-center gap-1.5 rounded-md px-3 text-sm',
      isHere ? 'bg-surface font-semibold text-ink shadow-card' : 'text-muted hover:text-ink',
    )
  return (
    <nav aria-label="Which approvals" className="flex rounded-lg bg-sunken p-0.5">
      <Link
        to="/approvals"
        search={(before) => toSearch({ ...before, status: undefined })}
        aria-current={isHistory ? undefined : 'page'}
        className={look(!isHistory)}
      >
        Pending {pending !== undefined && <span className="text-xs text-muted tabular-nums">{pending}</span>}
      </Link>
      <Link
        to="/approvals"
        search={(before) => toSearch({ ...before, status: 'history' })}
        aria-current={isHistory ? 'page' : undefined}
        className={look(isHistory)}
      >
        History
      </Link>
    </nav>
  )
}

/** What has changed, and is shown when it is asked for. */
function NewRows({ fresh, gone, onShow }: { fresh: number; gone: number; onShow: () => void }) {
  const words = [fresh > 0 && `${fresh} new`, gone > 0 && `${gone} done`].filter(Boolean).join(', ')
  return (
    <button
      type="button"
      onClick={onShow}
      className="sticky top-0 z-20 flex min-h-9 w-full items-center justify-center gap-2 border-b bg-accent-soft px-4 text-sm font-medium text-accent-text hover:brightness-97"
    >
      <ArrowUp aria-hidden size={14} />
      <span role="status">{words}</span> <span className="font-normal">· {fresh > 0 ? 'show' : 'clear'}</span>
    </button>
  )
}

function Nothing({ search, isHistory }: { search: InboxSearch; isHistory: boolean }) {
  const isFiltered = Object.entries(search).some(([name, value]) => name !== 'status' && value !== undefined)
  if (isFiltered)
    return (
      <Empty title="Nothing found">
        No approval fits these filters.{' '}
        <Link to="/approvals" search={isHistory ? { status: 'history' } : {}} className="font-medium text-accent-text underline underline-offset-2">
          Show all
        </Link>
      </Empty>
    )
  if (isHistory) return <Empty title="Nothing was decided yet">What people decide, and what expires, is kept here.</Empty>
  return (
    <div className="grid place-items-center gap-3 px-6 py-16 text-center">
      <span className="grid size-12 place-items-center rounded-full bg-accent-soft text-accent-text">
        <Inbox aria-hidden size={22} />
      </span>
      <div>
        <p className="font-medium">Nothing waits for you</p>
        <p className="mt-1 max-w-sm text-sm text-muted">When an agent, a plan or a policy needs a person’s word, it shows here by itself.</p>
      </div>
      <Link to="/playground" className="text-sm font-medium text-accent-text underline underline-offset-2">
        Try one in the playground
      </Link>
    </div>
  )
}

/** Once what is shown has been drawn. */
function focusOn(id: string): void {
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()))
}
