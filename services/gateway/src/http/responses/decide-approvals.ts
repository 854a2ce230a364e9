import { mayActAs, type Actor } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { ConversationItem } from '@signalbox/openai-wire/responses'

import type { ApprovalDesk } from '../../core/approval-desk.ts'
import type { SessionCall } from '../../core/session-call.ts'
import { toApprovalUrl } from '../console-url.ts'
import { readRequestId } from './tell-response.ts'

/** An answer to an approval, as a caller's input holds it. */
export interface GivenDecision {
  approval: string
  decision: 'approve' | 'reject'
  reason: string | undefined
  param: string
}

/** What of a request's own input decides approvals. @throws AppError for an answer to what was never asked here. */
export function readDecisions(input: readonly ConversationItem[]): GivenDecision[] {
  return input.flatMap((item, index) => {
    if (item.type !== 'mcp_approval_response') return []
    const param = `input[${index}].approval_request_id`
    const asked = String(item['approval_request_id'])
    const approval = readRequestId(asked)
    if (approval === undefined) throw notAsked(asked, param)
    const reason = typeof item['reason'] === 'string' && item['reason'].trim() !== '' ? item['reason'].trim() : undefined
    return [{ approval, decision: item['approve'] === true ? ('approve' as const) : ('reject' as const), reason, param }]
  })
}

export interface DecidingPlace {
  approvals: Pick<ApprovalDesk, 'get' | 'decide'>
  consoleUrl: string
  /** Which version of which approval the caller was shown. */
  seen: Record<string, number>
  /** The session that they must be asked in, where it is known. */
  session: string | undefined
}

/**
 * Decides what the caller's key may decide, as people do at the console: about the version that was looked at, and
 * only where nobody else has. The same decision again is no second one.
 *
 * @returns the session whose approvals they are.
 * @throws AppError `permission_denied` for a key that may not, `conflict` where something else stands.
 */
export async function decideApprovals(decisions: readonly GivenDecision[], call: SessionCall, place: DecidingPlace): Promise<string | undefined> {
  let session = place.session
  for (const given of decisions) {
    const { approval: id, decision, reason, param } = given
    requireMayDecide(call.actor, id, place)
    const { approval } = await findAsked(given, call, place)
    if (session !== undefined && approval.session_id !== session && approval.root_session_id !== session) throw notAsked(id, param)
    session ??= approval.root_session_id
    const standing = { approved: 'approve', rejected: 'reject' }[approval.state as string]
    if (standing === decision) continue
    const version = place.seen[id] ?? approval.version
    await place.approvals.decide(id, { decision, ...(reason !== undefined && { reason }) }, { ...call, ifMatch: `"${version}"` })
  }
  return session
}

function requireMayDecide(actor: Actor | undefined, id: string, { consoleUrl }: DecidingPlace): void {
  if (actor && mayActAs(actor.role, 'approver')) return
  throw new AppError(
    'permission_denied',
    `This key decides no approvals: they are decided at ${toApprovalUrl(consoleUrl, id)}. Go on with previous_response_id and empty input to get the result.`,
    { param: 'input' },
  )
}

async function findAsked({ approval: id, param }: GivenDecision, call: SessionCall, { approvals }: DecidingPlace) {
  try {
    return await approvals.get(id, call)
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') throw notAsked(id, param)
    throw error
  }
}

function notAsked(id: string, param: string): AppError {
  return new AppError('not_found', `There is no approval request '${id.slice(0, 256)}' to answer.`, { param })
}
