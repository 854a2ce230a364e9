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
  /** Finds a session of the caller's own. @throws AppError `not_found`. */
  findOwn(session: string): Promise<unknown>
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
    // What is decided here is gone on with here. Whoever decides for others does so where they are all listed.
    if (session === undefined) await place.findOwn(approval.root_session_id).catch(toNotAsked(given))
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

function findAsked(given: GivenDecision, call: SessionCall, { approvals }: DecidingPlace) {
  return approvals.get(given.approval, call).catch(toNotAsked(given))
}

function toNotAsked({ approval: id, param }: GivenDecision): (error: unknown) => never {
  return (error) => {
    throw error instanceof AppError && error.code === 'not_found' ? notAsked(id, param) : error
  }
}

function notAsked(id: string, param: string): AppError {
  return new AppError('not_found', `There is no approval request '${id.slice(0, 256)}' to answer.`, { param })
}
