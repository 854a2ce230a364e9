import type { ApprovalLedger } from '@signalbox/approvals'
import type { Approval } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import type { Doorbell, SessionStore } from '@signalbox/sessions'

import { approvalNote } from './approval-notes.ts'

const BY_US = { id: 'signalbox', name: 'Signalbox', via: 'policy' }

/** Tells a session that what it asked has been decided, and the ledger that it was told. Told twice it does no harm; one that is gone needs no telling. Throws `unavailable`. */
export type TellSession = (approval: Approval) => Promise<void>

export function createTellSession(tools: {
  store: Pick<SessionStore, 'push'>
  doorbell: Pick<Doorbell, 'ring'>
  ledger: Pick<ApprovalLedger, 'delivered' | 'note'>
}): TellSession {
  const { store, doorbell, ledger } = tools
  return async (approval) => {
    const { id, session_id: session } = approval
    const isThere = await store.push(session, { type: 'approval', id }).then(
      () => true,
      (error: unknown) => {
        if (toAppError(error).code === 'not_found') return false
        throw error
      },
    )
    if (isThere) await doorbell.ring(session)
    await ledger.delivered(id)
    if (isThere) await ledger.note(approvalNote('approval.delivered', approval, BY_US, new Date().toISOString()))
  }
}
