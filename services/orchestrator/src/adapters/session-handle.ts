import type { Lease, SessionStore, StoredSession } from '@signalbox/sessions'
import { AppError } from '@signalbox/errors'

import type { SessionHandle } from '../core/drive-session.ts'

/** A session as its driver holds it: every save is made from the revision before it. */
export async function openSessionHandle(store: SessionStore, lease: Lease): Promise<SessionHandle> {
  const loaded = await store.load(lease.id)
  if (!loaded) throw new AppError('not_found', `There is no session ${lease.id}.`)
  let stored: StoredSession = loaded
  return {
    get document() {
      return stored.document
    },
    resumed: loaded.rev > 1,
    async save(document, events, consumed) {
      stored = await store.save(lease, { document, rev: stored.rev, events, ...(consumed !== undefined && { consumed }) })
    },
    async append(events) {
      if (events.length > 0) await store.append(lease, events)
    },
    inbox: () => store.inbox(lease.id),
  }
}
