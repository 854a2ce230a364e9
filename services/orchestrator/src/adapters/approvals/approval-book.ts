import type { ApprovalLedger } from '@signalbox/approvals'
import type { Approval } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { currentHash, withSuperseded } from '../../core/approvals/decide-approval.ts'
import type { ApprovalBook, BookedOutcome, Notifier } from '../../core/approvals/ports.ts'
import { toApproval } from '../../core/approvals/to-approval.ts'
import { approvalNote, requestedNote } from './approval-notes.ts'

const REASON_CHARS = 2_000
/** Of two that change one approval, one is too late and looks again; so often at most. */
const TRIES = 5

/** The driver's side of the ledger. */
export function createApprovalBook({ ledger, notifier }: { ledger: Pick<ApprovalLedger, 'open' | 'get' | 'change'>; notifier: Notifier }): ApprovalBook {
  /** What is being entered: whoever sets an ask aside must not overtake it. */
  const entering = new Set<Promise<unknown>>()

  async function supersede(id: string, why: string): Promise<void> {
    for (let left = TRIES; ; left -= 1) {
      const approval = await ledger.get(id)
      if (approval?.state !== 'pending') return
      const at = new Date().toISOString()
      const next = withSuperseded(approval, at)
      const by = { id: `session:${approval.session_id}`, name: approval.session_id, via: 'policy' }
      const note = approvalNote('approval.superseded', next, by, at, { why })
      try {
        // Whoever was told that it is waiting for them is told that it does not any more.
        await ledger.change(next, approval.version, { notes: [note], deliveries: notifier.deliveriesFor(next, 'approval.decided') })
        return
      } catch (error) {
        if (toAppError(error).code !== 'conflict' || left <= 1) throw error
      }
    }
  }

  return {
    async open(document, asks) {
      const entered = Promise.all(
        asks.map(async (ask) => {
          const approval = toApproval(document, ask)
          const note = requestedNote(approval, new Date().toISOString())
          await ledger.open(approval, { notes: [note], deliveries: notifier.deliveriesFor(approval, 'approval.requested') })
        }),
      )
      entering.add(entered)
      await entered.finally(() => entering.delete(entered))
    },
    async read(ids) {
      const approvals = await Promise.all(ids.map((id) => ledger.get(id)))
      return approvals.flatMap((approval) => (approval && approval.state !== 'pending' ? [toOutcome({ ...approval, state: approval.state })] : []))
    },
    async supersede(ids, why) {
      await Promise.allSettled(entering)
      await Promise.all(ids.map((id) => supersede(id, why)))
    },
  }
}

/** How it ended, for the session that runs what was decided. */
export function toOutcome(approval: Approval & { state: BookedOutcome['state'] }): BookedOutcome {
  const { id, state, decisions, edit, decided_at: at, created_at: createdAt } = approval
  const standing = decisions.filter(({ superseded }) => !superseded)
  const approves = state === 'approved'
  const decisive = standing.filter((one) => (one.decision !== 'reject') === approves)
  const reasons = decisive.flatMap(({ reason }) => (reason === null || reason === '' ? [] : [reason]))
  return {
    id,
    state,
    decision: approves ? (edit ? 'edit' : 'approve') : 'reject',
    by: decisive.map(({ by }) => by.name),
    reason: reasons.length > 0 ? reasons.join('\n').slice(0, REASON_CHARS) : null,
    ...(approves && edit && { args: edit.args }),
    args_sha256: currentHash(approval),
    at: at ?? createdAt,
  }
}
