import type { Paged } from '../page-cursor.ts'

/**
 * The keys of the ledger. They have one hash tag, so that they lie together and one script may touch any of
 * them: an approval, the audit of its change and the messages about it are written at once.
 */
export interface LedgerKeys {
  /** Where the chain ends: `<seq> <hash>`. */
  head: string
  /** The chain, a stream whose entries are `<seq>-0`. */
  audit: string
  /** Numbers of the entries of this kind; about this subject, session or actor. */
  ofKind: (kind: string) => string
  about: (about: string) => string

  /** The approval: its JSON, its facts as JSON, version and state. */
  approval: (id: string) => string
  /** Approvals in the order of that list; `of` a requester only theirs. */
  list: (list: Extract<Paged, 'pending' | 'decided' | 'all'>, of?: string) => string
  /** Approvals of a session, and of its sub-plans where it is the outermost. */
  session: (id: string) => string
  /** Pending ones by when something is to happen to them. */
  due: string
  undelivered: string

  /** Messages by their ids, and who has taken which. */
  deliveries: string
  holders: string
  allDeliveries: string
  ofChannel: (channel: string) => string
  ofApproval: (id: string) => string
  /** By when they may be taken. */
  waiting: string
  /** By when they were finished. */
  finished: string

  used: (token: string) => string
  /** Where the answer of one write is kept. */
  op: (op: string) => string
  /** Where it is told that something was noted. */
  channel: string
}

export function ledgerKeys(prefix: string): LedgerKeys {
  const of = (what: string): string => `${prefix}:{approvals}:${what}`
  return {
    head: of('head'),
    audit: of('audit'),
    ofKind: (kind) => of(`audit:kind:${kind}`),
    about: (about) => of(`audit:about:${about}`),
    approval: (id) => of(`approval:${id}`),
    list: (list, requester) => of(requester === undefined ? list : `${list}:of:${requester}`),
    session: (id) => of(`session:${id}`),
    due: of('due'),
    undelivered: of('undelivered'),
    deliveries: of('deliveries'),
    holders: of('deliveries:holders'),
    allDeliveries: of('deliveries:all'),
    ofChannel: (channel) => of(`deliveries:channel:${channel}`),
    ofApproval: (id) => of(`deliveries:approval:${id}`),
    waiting: of('deliveries:waiting'),
    finished: of('deliveries:finished'),
    used: (token) => of(`used:${token}`),
    op: (op) => of(`op:${op}`),
    channel: of('noted'),
  }
}
