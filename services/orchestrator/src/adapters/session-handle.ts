import type { NewSessionEvent } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Lease, SessionStore, StoredSession } from '@signalbox/sessions'

import type { SessionHandle } from '../core/ports.ts'
import { patiently } from './patiently.ts'

/**
 * A session as its driver holds it: every save is made from the revision before it. While the store is
 * away a write is tried again for as long as the lease may hold; a short absence costs nothing but time.
 */
export async function openSessionHandle(store: SessionStore, lease: Lease, signal: AbortSignal): Promise<SessionHandle> {
  const loaded = await store.load(lease.id)
  if (!loaded) throw new AppError('not_found', `There is no session ${lease.id}.`)
  let stored: StoredSession = loaded
  const write = <Result>(work: () => Promise<Result>): Promise<Result> => patiently(work, signal)
  const change = (document: StoredSession['document'], events: NewSessionEvent[], consumed = 0) => ({ document, rev: stored.rev, events, consumed })

  return {
    get document() {
      return stored.document
    },
    resumed: loaded.rev > 1,
    async save(document, events, consumed) {
      const next = change(document, events, consumed)
      stored = await write(() => store.save(lease, next))
    },
    async append(events) {
      if (events.length > 0) await write(() => store.append(lease, events))
    },
    async park(document, events, consumed) {
      const next = change(document, events, consumed)
      return write(() => store.park(lease, next))
    },
    heed: (until) => store.heed(lease.id, until),
  }
}
