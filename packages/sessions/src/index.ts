export type { Doorbell } from './doorbell.ts'
export type { InboxMessage, Lease, SessionChange, SessionQuery, SessionStore, StoredSession } from './session-store.ts'
