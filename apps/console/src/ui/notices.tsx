import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { useSyncExternalStore, type ReactNode } from 'react'

import { classes } from './classes.ts'

/** Something that the person is told and need not answer. */
export interface Notice {
  id: number
  tone: 'good' | 'bad'
  text: ReactNode
}

/** How long good news stay, milliseconds. Bad ones stay until they are put away. */
const STAY_MS = 6_000

let notices: readonly Notice[] = []
let last = 0
const listeners = new Set<() => void>()

function set(next: readonly Notice[]): void {
  notices = next
  for (const listener of listeners) listener()
}

/** Tells something at the page's edge, without taking the focus. */
export function notify(tone: Notice['tone'], text: ReactNode): void {
  last += 1
  const id = last
  set([...notices, { id, tone, text }].slice(-4))
  if (tone === 'good') setTimeout(() => putAway(id), STAY_MS)
}

/** The words of whatever went wrong. */
export function notifyFault(error: unknown): void {
  notify('bad', error instanceof Error ? error.message : 'Something went wrong.')
}

function putAway(id: number): void {
  set(notices.filter((notice) => notice.id !== id))
}

export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => notices,
  )
  return (
    <div aria-live="polite" className="contents">
      {shown.map(({ id, tone, text }) => (
        <div
          key={id}
          role={tone === 'bad' ? 'alert' : undefined}
          className="pointer-events-auto flex w-full max-w-md items-start gap-2.5 rounded-xl border bg-raised py-2.5 pr-2 pl-3.5 text-sm shadow-float motion-safe:animate-rise"
        >
          {tone === 'bad' ? (
            <CircleAlert aria-hidden size={17} className="mt-0.5 shrink-0 text-bad" />
          ) : (
            <CircleCheck aria-hidden size={17} className="mt-0.5 shrink-0 text-good" />
          )}
          <div className="min-w-0 flex-1 break-words">{text}</div>
          <button
            type="button"
            onClick={() => putAway(id)}
            aria-label="Put away"
            className={classes('grid size-7 shrink-0 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink')}
          >
            <X aria-hidden size={15} />
          </button>
        </div>
      ))}
    </div>
  )
}
