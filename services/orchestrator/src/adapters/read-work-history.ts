import type { SessionStore } from '@signalbox/sessions'

import { toWorkHistory, type WorkHistory } from '../core/estimate/work-history.ts'

/** So many say what work usually takes, and no look at them takes long. */
const SESSIONS = 60
const KEPT_MS = 30_000

/** What work took in the sessions that ended last, whoever drove them and for whom: times and sums, and nothing of what they were about. */
export function createWorkHistoryReader(store: Pick<SessionStore, 'list'>, now: () => number = Date.now): () => Promise<WorkHistory> {
  let kept: { at: number; history: Promise<WorkHistory> } | undefined
  return () => {
    if (kept && now() - kept.at < KEPT_MS) return kept.history
    const reading = { at: now(), history: store.list({ statuses: ['completed'], limit: SESSIONS }).then(({ sessions }) => toWorkHistory(sessions)) }
    // What failed is asked for again.
    reading.history.catch(() => {
      if (kept === reading) kept = undefined
    })
    kept = reading
    return reading.history
  }
}
