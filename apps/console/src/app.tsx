import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Bot, Inbox, ListTree, LogOut, MailWarning, MessagesSquare, ScrollText, Settings } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'

import { ask } from './api/client.ts'
import { useFeed, useFeedListener, type FeedItem } from './api/feed.ts'
import { approvalsQuery, queryClient, sessionQuery } from './api/queries.ts'
import { SignInPage } from './pages/sign-in/sign-in-page.tsx'
import { classes } from './ui/classes.ts'
import { KeysHelp } from './ui/keys-help.tsx'
import { useKeys } from './ui/keys.ts'
import { Fault, Loading } from './ui/page.tsx'
import { showPending } from './ui/tab-badge.ts'

const PLACES = [
  { to: '/approvals', word: 'Approvals', icon: Inbox, letter: 'i' },
  { to: '/sessions', word: 'Sessions', icon: ListTree, letter: 's' },
  { to: '/playground', word: 'Playground', icon: MessagesSquare, letter: 'p' },
  { to: '/agents', word: 'Agents', icon: Bot, letter: 'a' },
  { to: '/dead-letters', word: 'Dead letters', icon: MailWarning, letter: 'd' },
  { to: '/audit', word: 'Audit', icon: ScrollText, letter: 'u' },
  { to: '/settings', word: 'Settings', icon: Settings, letter: 't' },
] as const

/** The shell around every page: who is signed in, where one can go, and what waits. */
export function App() {
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery)
  if (isPending) return <Loading what="Opening the console" />
  if (error) return <Fault error={error} again={() => void refetch()} />
  return session ? <Shell name={session.user.name} role={session.user.role} /> : <SignInPage />
}

function Shell({ name, role }: { name: string; role: string }) {
  useFeed(true)
  const { data } = useQuery({ ...approvalsQuery({ status: 'pending' }), refetchInterval: 30_000 })
  const pending = data?.pending ?? 0
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const navigate = useNavigate()
  const [isHelpOpen, setHelpOpen] = useState(false)
  const main = useRef<HTMLElement>(null)

  useEffect(() => showPending(pending, titleOf(path)), [pending, path])
  const goTo = Object.fromEntries(PLACES.map(({ to, letter }) => [`g ${letter}`, () => void navigate({ to })]))
  useKeys({ ...goTo, '?': () => setHelpOpen(true) })

  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a href="#main" className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-surface px-3 py-4 md:flex">
        <Link to="/" className="mb-5 flex items-center gap-2.5 rounded-lg px-2 py-1 text-[1.02rem] font-semibold tracking-tight">
          <img src="/console/favicon.svg" alt="" width={26} height={26} />
          Signalbox
        </Link>
        <nav aria-label="Pages" className="grid gap-0.5">
          {PLACES.map((place) => (
            <Place
              key={place.to}
              {...place}
              isHere={path.startsWith(`/console${place.to}`) || path.startsWith(place.to)}
              count={place.to === '/approvals' ? pending : 0}
            />
          ))}
        </nav>
        <div className="mt-auto grid gap-2 border-t pt-3">
          <p className="truncate px-2 text-sm">
            <span className="font-medium">{name}</span> <span className="text-faint">· {role}</span>
          </p>
          <button
            type="button"
            onClick={() => void signOut()}
            className="flex min-h-8 items-center gap-2 rounded-lg px-2 text-sm text-muted hover:bg-sunken hover:text-ink"
          >
            <LogOut aria-hidden size={15} /> Sign out
          </button>
        </div>
      </aside>
      <main id="main" ref={main} tabIndex={-1} className="mx-auto w-full max-w-[88rem] min-w-0 px-3 pt-4 pb-28 focus:outline-none sm:px-6 md:pt-7 md:pb-12">
        <Outlet />
      </main>
      <nav
        aria-label="Pages"
        className="fixed inset-x-0 bottom-0 z-30 flex overflow-x-auto border-t bg-surface px-1 pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        {PLACES.map(({ to, word, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className={classes(
              'relative grid min-w-[4.6rem] flex-1 justify-items-center gap-0.5 px-1 py-2 text-[0.7rem]',
              path.includes(to) ? 'font-semibold text-accent-text' : 'text-muted',
            )}
          >
            <Icon aria-hidden size={19} />
            {word}
            {to === '/approvals' && pending > 0 && <Count count={pending} className="absolute top-1 left-[calc(50%+0.35rem)]" />}
          </Link>
        ))}
      </nav>
      <Announcer />
      <KeysHelp open={isHelpOpen} onClose={() => setHelpOpen(false)} places={PLACES} />
    </div>
  )
}

function Place({ to, word, icon: Icon, isHere, count }: { to: string; word: string; icon: typeof Inbox; isHere: boolean; count: number }) {
  return (
    <Link
      to={to}
      aria-current={isHere ? 'page' : undefined}
      className={classes(
        'flex min-h-9 items-center gap-2.5 rounded-lg px-2 text-sm',
        isHere ? 'bg-accent-soft font-medium text-accent-text' : 'text-muted hover:bg-sunken hover:text-ink',
      )}
    >
      <Icon aria-hidden size={16} />
      {word}
      {count > 0 && <Count count={count} className="ml-auto" />}
    </Link>
  )
}

function Count({ count, className }: { count: number; className?: string }) {
  return (
    <span className={classes('min-w-5 rounded-full bg-accent px-1.5 text-center text-[0.72rem] leading-5 font-semibold text-accent-ink', className)}>
      {count > 99 ? '99+' : count}
      <span className="sr-only"> waiting</span>
    </span>
  )
}

/** Says what is new to who does not see it. */
function Announcer() {
  const [words, setWords] = useState('')
  const hear = useCallback((item: FeedItem) => {
    if (item.kind === 'approval.requested') setWords('A new approval waits.')
  }, [])
  useFeedListener(hear)
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {words}
    </p>
  )
}

async function signOut(): Promise<void> {
  await ask('DELETE', '/session').catch(() => undefined)
  queryClient.clear()
  window.location.assign('/console/')
}

function titleOf(path: string): string {
  return PLACES.find(({ to }) => path.includes(to))?.word ?? 'Signalbox'
}
