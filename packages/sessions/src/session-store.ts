import type { NewSessionEvent, SessionDocument, SessionEvent, SessionStatus } from '@signalbox/contracts'
import { z } from 'zod'

/**
 * Where sessions live. The embedded adapter is SQLite; Redis offers the same port. One contract
 * suite runs on every adapter.
 *
 * The rules, which tests and reviews point at:
 *  1. The document is the one truth. Nothing about a session is known that is not in it.
 *  2. Only the holder of the lease may write the document, and only with the fence that its lease
 *     was given: every acquire and every release raises the fence, so neither a holder that was thought
 *     dead nor one that has let go can ever write.
 *  3. Every save names the revision it was made from, and raises it by one.
 *  4. A save is atomic: document, events and consumed inbox messages together, or nothing.
 *  5. Events are numbered by the store from 1 without gaps, and are read in that order.
 *     A session that expires is told so by its last event.
 *  6. The inbox is appended without a lease, and read and consumed by the holder, each message once.
 *     Its positions count from 1, and none is given twice.
 *  7. A session parks only while its inbox is empty, checked in the same breath as the release.
 *  8. A node's output of more than 4 KB lies beside the document: a save writes it once, and no save
 *     after that costs more for it. Who loads the session gets it whole.
 *  9. Whatever was acknowledged is kept. A store that cannot be reached says `unavailable`, and a call
 *     that is repeated because its answer was lost does not happen twice.
 */
export interface SessionStore {
  /** Adds a session with its first events. @throws AppError `conflict` when the id is taken. */
  create(document: SessionDocument, events: NewSessionEvent[]): Promise<StoredSession>
  load(id: string): Promise<StoredSession | undefined>
  /** Sessions that a query is for, newest first. `cursor` is opaque. */
  list(query: SessionQuery): Promise<{ sessions: SessionDocument[]; nextCursor: string | undefined; total: number }>
  delete(id: string): Promise<void>

  /** Admits one driver. Undefined where a lease still holds. @throws AppError `not_found`. */
  acquire(id: string, options: { holder: string; leaseMs: number }): Promise<Lease | undefined>
  /** Prolongs the lease. False when it was lost: stop, and write nothing more. */
  renew(lease: Lease, leaseMs: number): Promise<boolean>
  release(lease: Lease): Promise<void>

  /**
   * Writes the document, appends the events and consumes the inbox up to `consumed`, at once.
   * @throws AppError `stale_lease` when the fence is not the current one, `conflict` when the revision is not.
   */
  save(lease: Lease, change: SessionChange): Promise<StoredSession>
  /** Appends events without touching the document (answer tokens, progress). Fenced like a save. */
  append(lease: Lease, events: NewSessionEvent[]): Promise<SessionEvent[]>
  /** Saves and releases, if nothing waits in the inbox beyond `consumed`; else does nothing and says false. @throws as `save` does, whatever waits. */
  park(lease: Lease, change: SessionChange): Promise<boolean>

  /** Leaves a message for whoever drives the session. @throws AppError `not_found`. */
  push(id: string, message: InboxMessage): Promise<void>
  inbox(id: string): Promise<InboxEntry[]>
  /**
   * Messages of the inbox as they come, those that wait already first, each once. Ends when the session is gone,
   * or on the signal; while the store is away it goes on trying. Whoever drives listens here, so a message pushed
   * in any process arrives at once and not at the next poll.
   */
  heed(id: string, signal: AbortSignal): AsyncIterable<InboxEntry>

  /** Events after the one numbered `after`, oldest first, at most `limit`. */
  events(id: string, after: number, limit: number): Promise<SessionEvent[]>
  /**
   * Events after `after` as they come. What was there is replayed first; nothing twice, nothing left out.
   * Ends after the terminal event, when the session is over or gone and nothing is left to tell, or on the signal.
   */
  follow(id: string, after: number, signal: AbortSignal): AsyncIterable<SessionEvent>

  /** Ids of sessions that nobody holds, that are not over, and that want driving: active ones, those with an unread inbox, and those whose `wake_at` has passed. */
  unattended(limit: number): Promise<string[]>
  /** Whether the store can be reached. @throws AppError `unavailable`. */
  ping(signal: AbortSignal): Promise<void>
  /** Removes sessions that finished before `finishedBefore`, except those with dead letters, and marks unfinished ones expired that nobody holds and nobody changed since `abandonedBefore`. */
  sweep(cutoffs: { finishedBefore: Date; abandonedBefore: Date }): Promise<{ removed: number; expired: number }>
  close(): Promise<void>
}

export interface StoredSession {
  document: SessionDocument
  rev: number
}

/** The right to drive one session, until `expiresAt` (milliseconds since the epoch). */
export interface Lease {
  id: string
  holder: string
  fence: number
  expiresAt: number
}

export interface SessionChange {
  document: SessionDocument
  /** The revision that the document was made from. */
  rev: number
  events: NewSessionEvent[]
  /** Position of the last inbox message that this change takes into account; 0 for none. */
  consumed?: number
}

export interface InboxEntry {
  position: number
  message: InboxMessage
}

export interface SessionQuery {
  /** Everybody's where nobody is named. */
  owner?: string
  /** Each of its words in the goal, whatever their case; or exactly the session's or the request's id. */
  text?: string
  /** Only sessions that work for this one: its id is the last of their lineage. */
  of?: string
  /** Only sessions that work for no other. */
  roots?: boolean
  /** Only sessions with dead letters. */
  dead?: boolean
  statuses?: SessionStatus[]
  limit: number
  cursor?: string
}

/** What people and agents tell a session while it runs. */
export const inboxMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cancel'), reason: z.string().optional() }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  /** What was asked under this id has been decided: the ledger says what. */
  z.object({ type: z.literal('approval'), id: z.string() }),
  /** A person's answer to an agent's question; to the one asked first where none is named. `key` is of the message, so that the same one again answers nothing else. */
  z.object({ type: z.literal('answer'), text: z.string(), key: z.string(), question: z.string().optional() }),
  /** Something that this session waits for has moved: look. */
  z.object({ type: z.literal('look') }),
])
export type InboxMessage = z.infer<typeof inboxMessageSchema>
