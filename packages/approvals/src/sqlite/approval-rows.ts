import { approvalSchema, type Approval } from '@signalbox/contracts'
import type { Database } from '@signalbox/sessions/sqlite'

import { factsOf } from '../approval-facts.ts'
import { alreadyDecided, movedOn, noSuchApproval } from '../ledger-errors.ts'

export interface ApprovalRow {
  id: string
  json: string
}

export function readApproval({ json }: ApprovalRow): Approval {
  return approvalSchema.parse(JSON.parse(json))
}

/** Those that can be read: one that cannot must not stand in the way of all others. Asked for by its id, it says what is wrong. */
export function readApprovals(rows: readonly ApprovalRow[]): Approval[] {
  return rows.flatMap((row) => {
    try {
      return [readApproval(row)]
    } catch {
      return []
    }
  })
}

export function findApproval(database: Database, id: string): Approval | undefined {
  const row = database.get<ApprovalRow>('SELECT id, json FROM approvals WHERE id = ?', id)
  return row && readApproval(row)
}

/** Inside a transaction, and only there. */
export function insertApproval(database: Database, approval: Approval): Approval {
  const facts = factsOf(approval)
  database.run(
    `INSERT INTO approvals (id, version, state, session_id, root_session_id, agent, risk, requested_by, created_at, expires_at, due_at, decided_at, search, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    approval.id,
    approval.version,
    facts.state,
    approval.session_id,
    approval.root_session_id,
    facts.agent,
    facts.risk,
    facts.requestedBy,
    facts.createdAt,
    facts.expiresAt,
    facts.dueAt ?? null,
    facts.decidedAt ?? null,
    facts.search,
    JSON.stringify(approval),
  )
  return approval
}

/** Inside a transaction, and only there. */
export function updateApproval(database: Database, approval: Approval, madeFrom: number, undelivered: boolean): Approval {
  const { id } = approval
  const row = database.get<{ version: number; state: Approval['state'] }>('SELECT version, state FROM approvals WHERE id = ?', id)
  if (!row) throw noSuchApproval(id)
  if (row.version !== madeFrom) throw movedOn(id, { version: row.version, madeFrom })
  if (row.state !== 'pending' && row.state !== approval.state) throw alreadyDecided(id, row.state)
  const changed: Approval = { ...approval, version: madeFrom + 1 }
  const facts = factsOf(changed)
  database.run(
    `UPDATE approvals SET version = ?, state = ?, risk = ?, expires_at = ?, due_at = ?, decided_at = ?,
     undelivered_at = CASE WHEN ? THEN ? ELSE undelivered_at END, search = ?, json = ? WHERE id = ?`,
    changed.version,
    facts.state,
    facts.risk,
    facts.expiresAt,
    facts.dueAt ?? null,
    facts.decidedAt ?? null,
    Number(undelivered),
    facts.decidedAt ?? Date.now(),
    facts.search,
    JSON.stringify(changed),
    id,
  )
  return changed
}
