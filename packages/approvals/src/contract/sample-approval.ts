import { createId, hashOf, type Approval, type ApprovalQuery, type AuditNote, type Decision, type Delivery } from '@signalbox/contracts'

import type { Also, NewDelivery } from '../approval-ledger.ts'

/** An approval as it is when it has just been asked for: alice's, good until tomorrow. */
export function sampleApproval(overrides: Partial<Approval> = {}): Approval {
  const now = Date.now()
  const session = createId('ses')
  const args = { env: 'prod' }
  return {
    id: createId('apr'),
    version: 1,
    state: 'pending',
    source: 'agent',
    session_id: session,
    root_session_id: session,
    node: 'n1',
    epoch: 1,
    agent: 'deployer',
    skill: null,
    goal: 'Ship the release',
    requested_by: 'alice',
    action: { type: 'deploy', title: 'Deploy to production', args, side_effects: [], reversible: null, secrets: [] },
    args_sha256: hashOf(args),
    edit: null,
    statement: null,
    why: null,
    impact: null,
    risk: { level: 'medium', reasons: [] },
    policy: null,
    allowed: ['approve', 'edit', 'reject'],
    quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true },
    on_timeout: 'reject',
    decisions: [],
    notify: null,
    created_at: new Date(now).toISOString(),
    escalates_at: null,
    escalates_to: [],
    escalated: false,
    expires_at: new Date(now + 86_400_000).toISOString(),
    decided_at: null,
    traceparent: null,
    ...overrides,
  }
}

/** The approval as somebody has decided it. */
export function decided(approval: Approval, by = 'bob', overrides: Partial<Approval> = {}): Approval {
  const at = new Date().toISOString()
  const decision: Decision = {
    by: { id: `user:${by}`, name: by },
    via: 'console',
    decision: 'approve',
    reason: null,
    args_sha256: approval.args_sha256,
    at,
    superseded: false,
  }
  return { ...approval, state: 'approved', decisions: [...approval.decisions, decision], decided_at: at, ...overrides }
}

export function sampleNote(overrides: Partial<AuditNote> = {}): AuditNote {
  return {
    kind: 'approval.viewed',
    at: new Date().toISOString(),
    by: { id: 'user:bob', name: 'bob', via: 'console' },
    subject: 'apr_1',
    session_id: 'ses_1',
    facts: {},
    ...overrides,
  }
}

export function sampleDelivery(overrides: Partial<NewDelivery> = {}): NewDelivery {
  return { id: createId('dlv'), channel: 'ops', event: 'approval.requested', approval_id: null, created_at: new Date().toISOString(), ...overrides }
}

/** What is written together with an approval: a note that tells `what`, and messages. */
export function also(approval: Approval, kind: AuditNote['kind'] = 'approval.requested', deliveries: NewDelivery[] = []): Also {
  return { notes: [sampleNote({ kind, subject: approval.id, session_id: approval.session_id })], deliveries }
}

export const NOTHING_ELSE: Also = { notes: [], deliveries: [] }

/** How a try of this message went well. */
export function taken(delivery: Delivery): Delivery {
  return { ...delivery, state: 'delivered', attempts: delivery.attempts + 1, status: 200, next_at: null, finished_at: new Date().toISOString() }
}

export function query(overrides: Partial<ApprovalQuery> & { requestedBy?: string } = {}): ApprovalQuery & { requestedBy?: string } {
  return { status: 'pending', limit: 20, ...overrides }
}

/** `at(5)` is the fifth minute of the year 2026. */
export function at(minute: number): string {
  return new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString()
}
