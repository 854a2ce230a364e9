import type { Actor, Approval, AuditKind, AuditNote, DecisionKind } from '@signalbox/contracts'

import { currentHash } from '../../core/approvals/decide-approval.ts'

/** Who did it, as the audit has it. */
export function byOf({ id, name, via, from }: Actor): AuditNote['by'] {
  return { id, name, via, ...(from !== undefined && { from }) }
}

/** What happened to an approval. Never its arguments, and no words of agents. */
export function approvalNote(kind: AuditKind, approval: Approval, by: AuditNote['by'], at: string, facts: AuditNote['facts'] = {}): AuditNote {
  return {
    kind,
    at,
    by,
    subject: approval.id,
    session_id: approval.session_id,
    facts: { root_session_id: approval.root_session_id, state: approval.state, ...facts },
  }
}

export function requestedNote(approval: Approval, at: string): AuditNote {
  const { requested_by: owner, source, agent, node, action, args_sha256: hash, risk, policy, quorum, expires_at: expiresAt } = approval
  const facts = { source, agent, node, action: action.type, args_sha256: hash, risk: risk.level, policy: policy && `${policy.id}@${policy.version}` }
  return approvalNote('approval.requested', approval, { id: owner, name: owner, via: source }, at, { ...facts, quorum: quorum.required, expires_at: expiresAt })
}

/** One person's word, and what has become of the approval by it. */
export function decidedNote(approval: Approval, decision: DecisionKind, by: AuditNote['by'], at: string): AuditNote {
  const approvals = approval.decisions.filter((one) => !one.superseded && one.decision !== 'reject').length
  const hasReason = approval.decisions.at(-1)?.reason !== null
  return approvalNote('approval.decided', approval, by, at, {
    decision,
    args_sha256: currentHash(approval),
    approvals,
    quorum: approval.quorum.required,
    has_reason: hasReason,
    action: approval.action.type,
    agent: approval.agent,
    risk: approval.risk.level,
  })
}
