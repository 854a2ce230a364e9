import { TERMINAL_STATUSES, type SessionDocument } from '@signalbox/contracts'

/** What is looked for among sessions, beside their documents. Times are milliseconds since the epoch. */
export interface SessionFacts {
  owner: string
  status: SessionDocument['status']
  createdAt: number
  updatedAt: number
  /** Undefined while it is not over. */
  finishedAt: number | undefined
  /** When it wants driving though nobody rings. */
  wakeAt: number | undefined
  /** Whether it has dead letters. */
  dead: boolean
}

export function factsOf(document: SessionDocument): SessionFacts {
  const { owner, status, created_at, updated_at, finished_at, wake_at } = document
  return {
    owner,
    status,
    createdAt: Date.parse(created_at),
    updatedAt: Date.parse(updated_at),
    finishedAt: TERMINAL_STATUSES.has(status) ? Date.parse(finished_at ?? updated_at) : undefined,
    wakeAt: wake_at === null ? undefined : Date.parse(wake_at),
    dead: document.dead_letters.length > 0,
  }
}
