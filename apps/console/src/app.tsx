import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Ellipsis, Keyboard, LogOut } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'

import { pendingCountQuery } from './api/approvals.ts'
import { useFeed, useFeedListener, type FeedItem } from './api/feed.ts'
import { sessionQuery } from './api/queries.ts'
import { UndoBar } from './decisions/undo-bar.tsx'
import { SignInPage } from './pages/sign-in/sign-in-page.tsx'
import { placeOf, PLACES } from './places.ts'
import { signOut } from './sign-out.ts'
import { classes } from './ui/classes.ts'
import { Dialog } from './ui/dialog.tsx'
import { FeedLight } from './ui/feed-light.tsx'
import { KeysHelp } from './ui/keys-help.tsx'
import { useKeys } from './ui/keys.ts'
import { Notices } from './ui/notices.tsx'
import { Fault, Loading } from './ui/page.tsx'
import { showPending } from './ui/tab-badge.ts'
import { ThemeButton } from './ui/theme-button.tsx'

/** The shell around every page: who is signed in, where one can go, and what waits. */
export function App() {
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery)
  if (isPending) return <Loading what="Opening the console" />
  if (error && !session) return <Fault error={error} again={() => void refetch()} />
  return session ? <Shell name={session.user.name} role={session.user.role} /> : <SignInPage />
}

function Shell({ name, role }: { name: string; role: string }) {
  useFeed(true)
  const { data } = useQuery(pendingCountQuery)
  const pending = data?.pending ?? 0
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const here = placeOf(path)
  const navigate = useNavigate()
  const [open, setOpen] = useState<'keys' | 'more'>()

  useEffect(() => showPending(pending, here?.word ?? 'Signalbox'), [pending, here])
  useKeys({ ...Object.fromEntries(PLACES.map(({ to, key }) => [`g ${key}`, () => void navigate({ to })])), '?': () => setOpen('keys') })

  return (
    <div className="md:grid md:min-h-dvh md:grid-cols-[13.25rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-accent px-3 py-2 text-sm font-medium text-accent-ink focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        Skip to the page
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-sunken/60 px-3 pt-4 pb-3 md:flex">
        <Brand />
        <nav aria-label="Pages" className="mt-5 grid gap-0.5">
          {PLACES.map(({ to, word, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              aria-current={here?.to === to ? 'page' : undefined}
              className={classes(
                'flex min-h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors duration-100',
                here?.to === to ? 'bg-surface font-semibold text-ink shadow-card' : 'text-muted hover:bg-surface/70 hover:text-ink',
              )}
            >
              <Icon aria-hidden size={16} className={here?.to === to ? 'text-accent' : undefined} />
              {word}
              {to === '/approvals' && pending > 0 && <Count count={pending} className="ml-auto" />}
            </Link>
          ))}
        </nav>
        <div className="mt-auto grid gap-2">
          <div className="flex items-center justify-between px-2.5">
            <FeedLight />
            <div className="flex">
              <button
                type="button"
                onClick={() => setOpen('keys')}
                aria-label="Keys"
                title="Keys (?)"
                className="grid size-8 place-items-center rounded-lg text-muted hover:bg-surface hover:text-ink"
              >
                <Keyboard aria-hidden size={16} />
              </button>
              <ThemeButton />
            </div>
          </div>
          <div className="flex items-center gap-2 border-t px-2.5 pt-3">
            <Who name={name} role={role} />
            <button
              type="button"
              onClick={() => void signOut()}
              aria-label="Sign out"
              title="Sign out"
              className="ml-auto grid size-8 shrink-0 place-items-center rounded-lg text-muted hover:bg-surface hover:text-ink"
            >
              <LogOut aria-hidden size={15} />
            </button>
          </div>
        </div>
      </aside>

      <header className="sticky top-0 z-20 flex h-12 items-center justify-between border-b bg-canvas/95 px-4 backdrop-blur-sm md:hidden">
        <Brand small />
        <FeedLight />
      </header>

      <main id="main" tabIndex={-1} className="min-w-0 pb-20 focus:outline-none md:pb-0">
        <div className="mx-auto w-full max-w-[96rem] px-4 pt-4 pb-8 sm:px-6 md:pt-6">
          <Outlet />
        </div>
      </main>

      <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-4 border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
        {PLACES.slice(0, 3).map(({ to, word, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            aria-current={here?.to === to ? 'page' : undefined}
            className={classes(
              'relative grid h-14 content-center justify-items-center gap-0.5 text-[0.72rem]',
              here?.to === to ? 'font-semibold text-accent-text' : 'text-muted',
            )}
          >
            <Icon aria-hidden size={20} />
            {word}
            {to === '/approvals' && pending > 0 && <Count count={pending} className="absolute top-1 left-[calc(50%+0.3rem)]" />}
          </Link>
        ))}
        <button
          type="button"
          aria-haspopup="dialog"
          onClick={() => setOpen('more')}
          className={classes(
            'grid h-14 content-center justify-items-center gap-0.5 text-[0.72rem]',
            here && PLACES.indexOf(here) > 2 ? 'font-semibold text-accent-text' : 'text-muted',
          )}
        >
          <Ellipsis aria-hidden size={20} />
          More
        </button>
      </nav>

      <div className="pointer-events-none fixed inset-x-4 bottom-36 z-40 grid grid-cols-[minmax(0,1fr)] justify-items-center gap-2 md:inset-x-auto md:right-6 md:bottom-24 md:w-96 md:justify-items-end">
        <Notices />
        <UndoBar />
      </div>
      <Announcer />
      <KeysHelp open={open === 'keys'} onClose={() => setOpen(undefined)} places={PLACES} />
      <Dialog open={open === 'more'} onClose={() => setOpen(undefined)} title="More">
        <nav aria-label="More pages" className="-mx-2 grid">
          {PLACES.slice(3).map(({ to, word, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              onClick={() => setOpen(undefined)}
              className="flex min-h-11 items-center gap-3 rounded-lg px-2 text-[0.95rem] hover:bg-sunken"
            >
              <Icon aria-hidden size={18} className="text-muted" /> {word}
            </Link>
          ))}
        </nav>
        <div className="mt-3 flex items-center gap-2 border-t pt-3">
          <Who name={name} role={role} />
          <span className="ml-auto flex items-center gap-1">
            <ThemeButton />
            <button
              type="button"
              onClick={() => void signOut()}
              className="flex min-h-9 items-center gap-2 rounded-lg px-3 text-sm text-muted hover:bg-sunken hover:text-ink"
            >
              <LogOut aria-hidden size={15} /> Sign out
            </button>
          </span>
        </div>
      </Dialog>
    </div>
  )
}

function Brand({ small = false }: { small?: boolean }) {
  return (
    <Link
      to="/approvals"
      className={classes('flex w-fit items-center gap-2.5 rounded-lg font-semibold tracking-tight', small ? 'text-[0.95rem]' : 'px-2 py-0.5 text-[1.02rem]')}
    >
      <img src="/console/favicon.svg" alt="" width={small ? 22 : 26} height={small ? 22 : 26} />
      Signalbox
    </Link>
  )
}

function Who({ name, role }: { name: string; role: string }) {
  return (
    <>
      <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent-text uppercase">
        {name.slice(0, 1)}
      </span>
      <span className="min-w-0 text-sm leading-tight">
        <span className="block truncate font-medium">{name}</span>
        <span className="block text-xs text-faint">{role}</span>
      </span>
    </>
  )
}

function Count({ count, className }: { count: number; className?: string }) {
  return (
    <span
      className={classes('min-w-5 rounded-full bg-accent px-1.5 text-center text-[0.72rem] leading-5 font-semibold text-accent-ink tabular-nums', className)}
    >
      {count > 99 ? '99+' : count}
      <span className="sr-only"> waiting</span>
    </span>
  )
}

/** Several at once are told once. */
const TOGETHER_MS = 1_500

/** Says what is new to who does not see it. */
function Announcer() {
  const [words, setWords] = useState('')
  const count = useRef(0)
  const timer = useRef<number>(undefined)
  const hear = useCallback((item: FeedItem) => {
    if (item.kind !== 'approval.requested') return
    count.current += 1
    timer.current ??= window.setTimeout(() => {
      setWords(count.current === 1 ? 'A new approval waits for a decision.' : `${count.current} new approvals wait for a decision.`)
      count.current = 0
      timer.current = undefined
      window.setTimeout(() => setWords(''), 5_000)
    }, TOGETHER_MS)
  }, [])
  useFeedListener(hear)
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {words}
    </p>
  )
}
