import { approvalSchema, mayActAs, type Approval, type BulkDecision, type BulkDecisionRequest, type DecisionRequest } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import type { Viewer } from '../../core/approvals/ports.ts'

export interface DecideManyTools {
  find: (id: string, viewer: Viewer) => Promise<Approval>
  decide: (id: string, version: number, request: DecisionRequest, viewer: Viewer) => Promise<Approval>
}

/**
 * Several at once, each by itself: what is refused does not keep others from being decided. Only what is of low
 * risk, and of the first one's action type, so that nothing is waved through among what it is not like.
 *
 * @throws AppError `permission_denied` where nobody acts who may decide at all.
 */
export async function decideMany({ decision, reason, items }: BulkDecisionRequest, viewer: Viewer, { find, decide }: DecideManyTools): Promise<BulkDecision> {
  if (!viewer.actor || !mayActAs(viewer.actor.role, 'approver')) throw new AppError('permission_denied', 'Deciding takes the role approver.')
  let type: string | undefined
  const data: BulkDecision['data'] = []
  for (const { id, version } of items) {
    try {
      const approval = await find(id, viewer)
      type ??= approval.action.type
      if (approval.risk.level !== 'low') throw unfit(`Only what is of low risk is decided together; this is ${approval.risk.level}.`, approval)
      if (approval.action.type !== type) throw unfit(`Only one type of action is decided together: ${type}, not ${approval.action.type}.`, approval)
      data.push({ id, approval: await decide(id, version, { decision, ...(reason !== undefined && { reason }) }, viewer), error: null })
    } catch (error) {
      const { code, message, details } = toAppError(error)
      data.push({ id, approval: approvalSchema.safeParse(details['approval']).data ?? null, error: { code, message } })
    }
  }
  return { object: 'list', data }
}

function unfit(message: string, approval: Approval): AppError {
  return new AppError('invalid_request', message, { param: 'items', details: { approval } })
}
