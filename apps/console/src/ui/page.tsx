import type { ReactNode } from 'react'

import { classes } from './classes.ts'

/** A page's head: what it is, in a word; what it is about, in a line; and what can be done. */
export function PageHead({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-[1.45rem] leading-tight font-semibold tracking-tight">{title}</h1>
        {children && <p className="mt-1 max-w-prose text-sm text-muted">{children}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

export function Card({ children, className, label }: { children: ReactNode; className?: string; label?: string }) {
  return (
    <section aria-label={label} className={classes('rounded-card border bg-surface shadow-card', className)}>
      {children}
    </section>
  )
}

/** A card's part with a small heading. */
export function Part({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <div className="border-t px-4 py-3.5 first:border-t-0 sm:px-5">
      <div className="mb-1.5 flex items-center justify-between gap-3">
        <h2 className="text-[0.78rem] font-semibold tracking-wide text-faint uppercase">{title}</h2>
        {aside}
      </div>
      {children}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="grid place-items-center gap-1 px-6 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-sm text-muted">{children}</div>}
    </div>
  )
}

export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <div role="status" className="grid place-items-center px-6 py-14 text-sm text-muted">
      {what}…
    </div>
  )
}

/** What went wrong, in words, with the id by which it is found in the logs. */
export function Fault({ error, again }: { error: unknown; again?: () => void }) {
  const { message = 'Something went wrong.', requestId } = (error ?? {}) as { message?: string; requestId?: string }
  return (
    <div role="alert" className="m-4 rounded-lg bg-bad-soft px-4 py-3 text-sm text-bad">
      <p>{message}</p>
      {requestId && <p className="mt-1 font-mono text-xs">request {requestId}</p>}
      {again && (
        <button type="button" onClick={again} className="mt-2 font-medium underline underline-offset-2">
          Try again
        </button>
      )}
    </div>
  )
}
