import { mayActAs, ROLES, type Actor, type Approval, type ApprovalDetail } from '@signalbox/contracts'

import type { Viewer } from './ports.ts'

/** Why somebody may not decide, in words for them. `denied` holds whatever becomes of the approval; `over` is so because of how it stands. */
export interface Refusal {
  kind: 'denied' | 'over'
  why: string
}

/** Everybody sees their own requests; who has a role sees everybody's. */
export function maySee({ requested_by: requester }: Pick<Approval, 'requested_by'>, { owner, actor }: Viewer): boolean {
  return actor !== undefined || requester === owner
}

/** Why this viewer may not decide now. */
export function refusalOf(approval: Approval, { actor }: Viewer, now: Date): Refusal | undefined {
  if (!actor || !mayActAs(actor.role, 'approver')) return { kind: 'denied', why: 'Deciding takes the role approver.' }
  if (approval.state !== 'pending') return { kind: 'over', why: STANDS[approval.state] }
  if (Date.parse(approval.expires_at) <= now.getTime()) return { kind: 'over', why: 'The time to decide is over.' }
  const { eligible, exclude_requester: excludes } = approval.quorum
  const wanted = approval.escalated ? [...eligible, ...approval.escalates_to] : eligible
  if (!wanted.some((who) => isNamed(actor, who))) return { kind: 'denied', why: `This is for ${wanted.join(', ')} to decide.` }
  if (excludes && isRequester(actor, approval)) return { kind: 'denied', why: 'Whoever a request is for does not decide on it.' }
  if (hasDecided(approval, actor)) return { kind: 'denied', why: 'You have decided already. It waits for others.' }
  return undefined
}

/** What this viewer may do with it. */
export function standingOf(approval: Approval, viewer: Viewer, now: Date): ApprovalDetail['you'] {
  const refusal = refusalOf(approval, viewer, now)
  return { may_decide: refusal === undefined, why_not: refusal?.why ?? null, decided: viewer.actor !== undefined && hasDecided(approval, viewer.actor) }
}

const STANDS = {
  approved: 'It is approved already.',
  rejected: 'It is rejected already.',
  expired: 'Its time is over.',
  superseded: 'It is not asked any more.',
} as const satisfies Record<Exclude<Approval['state'], 'pending'>, string>

function hasDecided({ decisions }: Approval, { id }: Actor): boolean {
  return decisions.some(({ by, superseded }) => toPerson(by.id) === toPerson(id) && !superseded)
}

/** A key, a user, and whoever is spoken for over A2A, of one name are one. */
export function toPerson(id: string): string {
  return id.replace(/^(key|user|a2a):/, '')
}

/** `role:approver` is that role or a higher one. */
function isNamed({ id, role, groups }: Actor, who: string): boolean {
  const [, kind, name] = /^(role|group):(.*)$/s.exec(who) ?? []
  if (kind === 'group') return groups.includes(name as string)
  if (kind === 'role') return ROLES.some((known) => known === name && mayActAs(role, known))
  return id === who
}

/** Owners are named by the key or the user that asked. */
function isRequester({ id }: Actor, { requested_by: requester }: Approval): boolean {
  return toPerson(id) === toPerson(requester)
}
