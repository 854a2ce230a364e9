import { APPROVAL_LIMITS, type Approval, type Ask, type SessionDocument } from '@signalbox/contracts'

import { mask, toShort, toStatement } from './mask.ts'
import { sealedBy } from './seal.ts'

/** What a session asks as people see it, before anybody has: without its secrets, and no longer than it can be read. */
export function toApproval(document: Pick<SessionDocument, 'id' | 'lineage' | 'goal' | 'owner' | 'traceparent'>, ask: Ask): Approval {
  const { action } = ask
  return {
    id: ask.id,
    version: 1,
    state: 'pending',
    source: ask.source,
    session_id: document.id,
    root_session_id: document.lineage[0] ?? document.id,
    node: ask.node,
    epoch: ask.epoch,
    agent: ask.agent,
    skill: ask.skill,
    goal: toShort(document.goal, APPROVAL_LIMITS.statement),
    requested_by: document.owner,
    action: { ...action, args: mask(action.args, sealedBy(ask)) },
    args_sha256: ask.args_sha256,
    edit: null,
    statement: toStatement(ask.statement),
    why: ask.why,
    impact: ask.impact,
    risk: ask.risk,
    policy: ask.policy,
    allowed: ask.allowed,
    quorum: ask.quorum,
    on_timeout: ask.on_timeout,
    decisions: [],
    notify: ask.notify,
    created_at: ask.asked_at,
    escalates_at: ask.escalates_at,
    escalates_to: ask.escalates_to,
    escalated: false,
    expires_at: ask.expires_at,
    decided_at: null,
    traceparent: document.traceparent ?? null,
  }
}
