import type { Action, Actor, Approval, Decision, DecisionKind } from '@signalbox/contracts'
import { toPerson } from './may-decide.ts'

/*
 * What happens to an approval, as pure changes of it. Whether somebody may is asked before.
 */

export interface Deciding {
  decision: DecisionKind
  reason: string | null
  /** Of an edit: what is to run instead, masked, with the hash of its bytes. */
  edit?: { args: Action['args']; args_sha256: string }
}

/** Who decides where people did not. */
export const TIMEOUT = { id: 'policy:timeout', name: 'a policy, because time ran out' } as const

/** The hash of the bytes that would run: those of the latest edit, or those that were asked for. */
export function currentHash({ edit, args_sha256: asked }: Pick<Approval, 'edit' | 'args_sha256'>): string {
  return edit?.args_sha256 ?? asked
}

/**
 * One person's word. A rejection stands at once. An edit makes other bytes, so what others approved before is
 * set aside; whoever edits approves the edit. Enough words for the same bytes make it approved.
 */
export function withDecision(approval: Approval, { decision, reason, edit }: Deciding, by: Pick<Actor, 'id' | 'name' | 'via'>, at: string): Approval {
  const hash = edit?.args_sha256 ?? currentHash(approval)
  const said: Decision = { by: { id: by.id, name: by.name }, via: by.via, decision, reason, args_sha256: hash, at, superseded: false }
  const before = edit ? approval.decisions.map((earlier) => ({ ...earlier, superseded: true })) : approval.decisions
  const next: Approval = { ...approval, decisions: [...before, said], ...(edit && { edit: { ...edit, by: by.id, at } }) }
  if (decision === 'reject') return { ...next, state: 'rejected', decided_at: at }
  const approvers = new Set(
    next.decisions.flatMap((one) => (one.superseded || one.decision === 'reject' || one.args_sha256 !== hash ? [] : [toPerson(one.by.id)])),
  )
  return approvers.size >= approval.quorum.required ? { ...next, state: 'approved', decided_at: at } : next
}

/** Nobody decided in time. What a policy approves by itself is what was asked for, and no edit of it. */
export function withTimeout(approval: Approval, at: string): Approval {
  const approves = approval.on_timeout === 'approve' && approval.edit === null && approval.risk.level === 'low'
  const said: Decision = {
    by: TIMEOUT,
    via: 'policy',
    decision: approves ? 'approve' : 'reject',
    reason: 'Nobody decided in time.',
    args_sha256: currentHash(approval),
    at,
    superseded: false,
  }
  return { ...approval, state: approves ? 'approved' : 'expired', decisions: [...approval.decisions, said], decided_at: at }
}

/** It is not asked any more. */
export function withSuperseded(approval: Approval, at: string): Approval {
  return { ...approval, state: 'superseded', decided_at: at }
}
