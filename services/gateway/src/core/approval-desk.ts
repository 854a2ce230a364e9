import type {
  Approval,
  ApprovalDetail,
  ApprovalPage,
  ApprovalQuery,
  BulkDecision,
  BulkDecisionRequest,
  DecisionRequest,
  LinkView,
  linkDecideRequestSchema,
} from '@signalbox/contracts'
import type { z } from 'zod'

import type { SessionCall } from './session-call.ts'

/**
 * The port to what people are asked, and what they answer. Throws `AppError`: `not_found` for what the caller may
 * not see, `permission_denied`, `precondition_required` where no version is named, and `conflict` where another
 * decision stands; its `details.approval` is the approval as it is by now.
 */
export interface ApprovalDesk {
  list(query: ApprovalQuery, call: SessionCall): Promise<ApprovalPage>
  get(id: string, call: SessionCall): Promise<ApprovalDetail>
  decide(id: string, request: DecisionRequest, change: VersionedCall): Promise<Approval>
  extend(id: string, request: { seconds: number }, change: VersionedCall): Promise<Approval>
  decideMany(request: BulkDecisionRequest, call: SessionCall): Promise<BulkDecision>
}

/** A change to what the caller has seen: `ifMatch` is the ETag of that, as the caller sent it. */
export interface VersionedCall extends SessionCall {
  ifMatch: string | undefined
}

/** The port to the links by which a person decides without a key. Throws as `ApprovalDesk` does; a link that is none of ours is `not_found`. */
export interface LinkDesk {
  read(token: string, call: SessionCall): Promise<LinkView>
  decide(request: z.infer<typeof linkDecideRequestSchema>, call: SessionCall): Promise<LinkView>
}
