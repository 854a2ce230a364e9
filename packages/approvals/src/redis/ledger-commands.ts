import type { Approval, AuditEntry, Delivery } from '@signalbox/contracts'

import type { NewDelivery } from '../approval-ledger.ts'
import { factsOf } from '../approval-facts.ts'
import { aboutOf } from '../audit-about.ts'
import type { ChainHead } from '../chain.ts'
import { dueAtOf, toDelivery } from '../new-delivery.ts'
import type { LedgerKeys } from './ledger-keys.ts'

/** A command of Redis as `WRITE` does it: its name, its key, its arguments. */
export type Command = [name: string, key: string, ...rest: (string | number)[]]

/** All that puts the approval where it belongs, wherever it was before. */
export function approvalCommands(keys: LedgerKeys, approval: Approval, undelivered: boolean): Command[] {
  const { id, requested_by: requester } = approval
  const facts = factsOf(approval)
  const enter = (key: string, score: number): Command => ['ZADD', key, score, id]
  const leave = (key: string): Command => ['ZREM', key, id]
  const state: Command[] =
    facts.decidedAt === undefined
      ? [enter(keys.list('pending'), facts.expiresAt), enter(keys.list('pending', requester), facts.expiresAt)]
      : [
          leave(keys.list('pending')),
          leave(keys.list('pending', requester)),
          enter(keys.list('decided'), facts.decidedAt),
          enter(keys.list('decided', requester), facts.decidedAt),
        ]
  return [
    ['HSET', keys.approval(id), 'json', JSON.stringify(approval), 'version', approval.version, 'state', approval.state, 'facts', JSON.stringify(facts)],
    ...state,
    enter(keys.list('all'), facts.createdAt),
    enter(keys.list('all', requester), facts.createdAt),
    ...facts.sessions.map((session) => enter(keys.session(session), facts.createdAt)),
    facts.dueAt === undefined ? leave(keys.due) : enter(keys.due, facts.dueAt),
    ...(undelivered ? [enter(keys.undelivered, facts.decidedAt ?? Date.now())] : []),
  ]
}

/** The chain's next links. Redis refuses an entry that is not behind the last one: these come before all else that is written. */
export function auditCommands(keys: LedgerKeys, entries: readonly AuditEntry[], head: ChainHead): Command[] {
  if (entries.length === 0) return []
  return [
    ...entries.map((entry): Command => ['XADD', keys.audit, `${entry.seq}-0`, 'json', JSON.stringify(entry)]),
    ['SET', keys.head, toHead(head)],
    ...entries.flatMap((entry) => [keys.ofKind(entry.kind), ...aboutOf(entry).map(keys.about)].map((list): Command => ['ZADD', list, entry.seq, entry.seq])),
  ]
}

/** Enters a message, unless one with its id is there. */
export function deliveryCommands(keys: LedgerKeys, added: NewDelivery): Command[] {
  const delivery: Delivery = toDelivery(added)
  const createdAt = Date.parse(delivery.created_at)
  const lists = [keys.allDeliveries, keys.ofChannel(delivery.channel), ...(delivery.approval_id === null ? [] : [keys.ofApproval(delivery.approval_id)])]
  const entering: Command[] = [
    ...lists.map((list): Command => ['ZADD', list, createdAt, delivery.id]),
    ['ZADD', keys.waiting, dueAtOf(delivery) ?? createdAt, delivery.id],
  ]
  return [['UNLESS', keys.deliveries, delivery.id, JSON.stringify(delivery), entering.length], ...entering]
}

export function toHead({ seq, hash }: ChainHead): string {
  return `${seq} ${hash}`
}

export function readHead(text: string): ChainHead {
  const [seq, hash = ''] = text.split(' ')
  return { seq: Number(seq), hash }
}
