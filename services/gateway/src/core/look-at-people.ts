import type { Approval, SessionView } from '@signalbox/contracts'

import type { ApprovalDesk } from './approval-desk.ts'
import type { Orchestrator } from './orchestrator.ts'
import type { SessionCall } from './session-call.ts'
import { readOpenAsks, waitsForPeople, type OpenApproval, type OpenAsks } from './waiting-for-people.ts'

export interface PeopleSource {
  orchestrator: Pick<Orchestrator, 'find'>
  approvals: Pick<ApprovalDesk, 'list'>
}

/** More than a session may have open. */
const LEDGER_PAGE = 100

/**
 * The session as it is, and what of it people are still to say. What they have said already and the session has not
 * heard yet is left out: approvals that the ledger has as decided, and `answered` questions.
 *
 * @throws AppError where the session cannot be asked for; a ledger that is away is done without.
 */
export async function lookAtPeople(
  { orchestrator, approvals }: PeopleSource,
  { id, answered }: { id: string; answered: (question: string) => boolean },
  call: SessionCall,
): Promise<{ session: SessionView; open: OpenAsks }> {
  const session = await orchestrator.find(id, call)
  if (!waitsForPeople(session)) return { session, open: { approvals: [], questions: [] } }
  const open = readOpenAsks(session)
  const ledger = await readLedger(approvals, open.approvals, id, call)
  return {
    session,
    open: {
      approvals: open.approvals.flatMap((approval) => asLedgerHasIt(approval, ledger.get(approval.id))),
      questions: open.questions.filter((question) => !answered(question.id)),
    },
  }
}

async function readLedger(
  approvals: PeopleSource['approvals'],
  open: readonly OpenApproval[],
  session: string,
  call: SessionCall,
): Promise<Map<string, Approval>> {
  const sessions = new Set(open.map((approval) => approval.session ?? session))
  const pages = await Promise.allSettled(
    [...sessions].map((id) => approvals.list({ status: 'all', session_id: id, limit: LEDGER_PAGE }, call).then(({ data }) => data)),
  )
  return new Map(pages.flatMap((page) => (page.status === 'fulfilled' ? page.value.map((approval) => [approval.id, approval] as const) : [])))
}

/** Time may have been added. What is not in the ledger yet is on its way there. */
function asLedgerHasIt(open: OpenApproval, approval: Approval | undefined): OpenApproval[] {
  if (!approval) return [open]
  return approval.state === 'pending' ? [{ ...open, expires_at: approval.expires_at, risk: approval.risk.level }] : []
}
