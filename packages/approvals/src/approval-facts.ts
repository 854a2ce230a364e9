import type { Approval, ApprovalState, RiskLevel } from '@signalbox/contracts'

import { toSearchText } from './search-text.ts'

/** What lists and filters need of an approval, beside it. Times are milliseconds since the epoch. */
export interface ApprovalFacts {
  state: ApprovalState
  /** Its session and the outermost one, where that is another. */
  sessions: string[]
  agent: string
  risk: RiskLevel
  requestedBy: string
  createdAt: number
  expiresAt: number
  /** When something is to happen to a pending one: it is escalated, or expires. */
  dueAt: number | undefined
  /** When it ceased to be pending. */
  decidedAt: number | undefined
  search: string
}

export function factsOf(approval: Approval): ApprovalFacts {
  const pending = approval.state === 'pending'
  return {
    state: approval.state,
    sessions: [...new Set([approval.session_id, approval.root_session_id])],
    agent: approval.agent,
    risk: approval.risk.level,
    requestedBy: approval.requested_by,
    createdAt: Date.parse(approval.created_at),
    expiresAt: Date.parse(approval.expires_at),
    dueAt: pending ? toDueAt(approval) : undefined,
    decidedAt: pending ? undefined : Date.parse(approval.decided_at ?? approval.created_at),
    search: toSearchText(approval),
  }
}

function toDueAt({ expires_at, escalates_at, escalated }: Approval): number {
  const escalatesAt = escalates_at === null || escalated ? Infinity : Date.parse(escalates_at)
  return Math.min(Date.parse(expires_at), escalatesAt)
}
