import type { Approval, ApprovalQuery, AuditEntry, AuditNote, AuditPage, AuditQuery, AuditVerdict, Delivery, DeliveryQuery } from '@signalbox/contracts'

/**
 * What people are asked and what they answered, beside the sessions that wait for it. The embedded adapter is
 * SQLite; Redis offers the same port. One contract suite runs on both.
 *
 *  1. An approval is changed only by somebody who names the version that the change was made from; each change
 *     raises it by one. Of two that decide at once one is too late, and is told so.
 *  2. An approval, the audit notes of its change and the messages about it are written together or not at all.
 *     What was acknowledged is in the audit.
 *  3. The audit is a chain: no entry can be changed, left out or put in between without its hashes telling.
 *     `seq` counts from 1 without gaps, over all replicas.
 *  4. A decided approval is undelivered until its session has been told; telling it twice does no harm.
 *  5. What has been decided is never undecided, and nothing is removed but by `sweep`.
 *  6. Whatever was acknowledged is kept. A ledger that cannot be reached says `unavailable`, and a call that is
 *     repeated because its answer was lost does not happen twice.
 */
export interface ApprovalLedger {
  /** Enters a request. One with this id that is there already stays as it is and is answered; nothing is noted or sent again. */
  open(approval: Approval, also: Also): Promise<Approval>
  get(id: string): Promise<Approval | undefined>
  /**
   * Writes `approval` over the one of `version`, as version + 1. `undelivered` says that its session is to be
   * told; without it, that stays as it is. Session, requester and creation are never changed.
   * @throws AppError `conflict` where it has another version by now (`details.version`) or another state for
   * good (`details.state`), `not_found`.
   */
  change(approval: Approval, version: number, also: Also & { undelivered?: boolean }): Promise<Approval>
  /**
   * Those that the query wants, of this requester where one is named. Pending ones come the soonest to expire
   * first, then by id; all together the newest first; of those that are decided, the last decided first.
   *  - `session_id` finds what the session's sub-plans ask, too.
   *  - `q` finds those in which each of its words stands somewhere, also as a part of a word.
   *  - `total` counts what the query wants on all pages, `pending` all that wait (of the requester).
   *  - Pages stay right while others are asked and decided: nothing that stays is left out or shown twice.
   * @throws AppError `invalid_request` for a cursor that is not of this list.
   */
  list(query: ApprovalQuery & { requestedBy?: string }): Promise<{ approvals: Approval[]; total: number; pending: number; nextCursor: string | undefined }>
  /** Decided ones whose sessions have not been told, those first that were decided first. */
  undelivered(limit: number): Promise<Approval[]>
  /** The session has been told. Said again, or of one that is gone, it does nothing. */
  delivered(id: string): Promise<void>
  /** Pending ones that have expired, or that are to be escalated and were not yet; the longest due first. */
  due(now: Date, limit: number): Promise<Approval[]>

  /** Notes something that changes no approval. Halves of surrogate pairs become U+FFFD: there is no canonical JSON of them. */
  note(note: AuditNote): Promise<AuditEntry>
  /** Newest first. `about` is a subject, a session or an actor. */
  audit(query: AuditQuery): Promise<AuditPage>
  /** Entries after `after`, oldest first, at most `limit`. */
  entries(after: number, limit: number): Promise<AuditEntry[]>
  /** The last entry's number; 0 for none. */
  head(): Promise<number>
  /** Settles when there is an entry after `after`, or on the signal; also one that another process wrote, within a second. */
  waitBeyond(after: number, signal: AbortSignal): Promise<void>
  /**
   * Reads the whole chain and recomputes it, while others go on writing. Where something does not fit,
   * `entries` and `head` are of the part before it, which does.
   */
  verify(): Promise<AuditVerdict>

  /** Enters a message that belongs to no change (a test). One with this id that is there already stays as it is and is answered. */
  send(delivery: NewDelivery): Promise<Delivery>
  /** Takes messages whose time has come, the longest due first: nobody else gets them until `now` + `leaseMs`. */
  claim(now: Date, limit: number, leaseMs: number): Promise<Delivery[]>
  /**
   * How a try went: delivered, given up, or to be tried again at `next_at`. What is finished stays so; of one
   * that another ledger has claimed since, only that it was delivered after all is believed.
   * @throws AppError `not_found`.
   */
  settle(delivery: Delivery): Promise<void>
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<{ deliveries: Delivery[]; nextCursor: string | undefined }>
  /** The newest message to each of these channels. */
  lastDeliveries(channels: readonly string[]): Promise<Map<string, Delivery>>

  /** True for the first who uses this up; kept until some minutes after `expiresAt`, as clocks differ. */
  useOnce(token: string, expiresAt: Date): Promise<boolean>
  /** Removes approvals that were decided and messages that were finished before `before`; not those whose sessions have not been told. The audit stays. */
  sweep(before: Date): Promise<{ removed: number }>
  /** @throws AppError `unavailable`. */
  ping(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** What is written together with an approval. */
export interface Also {
  notes: AuditNote[]
  deliveries: NewDelivery[]
}

export type NewDelivery = Pick<Delivery, 'id' | 'channel' | 'event' | 'approval_id' | 'created_at'>
