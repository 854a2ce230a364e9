import type { Actor } from '@signalbox/contracts'

/** On whose behalf the orchestrator is called. */
export interface SessionCall {
  owner: string
  /** Who looks at, or does, what is not the owner's own business. */
  actor?: Actor
  requestId: string
  signal: AbortSignal
}
