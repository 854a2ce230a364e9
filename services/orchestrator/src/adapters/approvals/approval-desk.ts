import type { ApprovalLedger } from '@signalbox/approvals'
import { hashOf, TERMINAL_STATUSES, type Actor, type Approval, type ApprovalDetail, type Ask, type DecisionRequest } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { SessionStore } from '@signalbox/sessions'
import type { Telemetry } from '@signalbox/telemetry'

import { currentHash, withDecision, withSuperseded, type Deciding } from '../../core/approvals/decide-approval.ts'
import { maySee, refusalOf, standingOf } from '../../core/approvals/may-decide.ts'
import type { ApprovalDesk, Notifier, Viewer } from '../../core/approvals/ports.ts'
import { readEdit } from '../../core/approvals/read-edit.ts'
import { approvalNote, byOf, decidedNote } from './approval-notes.ts'
import { decideMany } from './decide-many.ts'
import type { TellSession } from './tell-session.ts'

/** Sessions that nothing happens to are given up after a week. */
const FARTHEST_MS = 7 * 86_400_000
/** Who has looked at what is remembered for longer than it can be decided. */
const VIEWS_KEPT_MS = 90 * 86_400_000

export interface ApprovalDeskOptions {
  ledger: Pick<ApprovalLedger, 'get' | 'list' | 'change' | 'note' | 'useOnce'>
  store: Pick<SessionStore, 'load'>
  notifier: Notifier
  tell: TellSession
  log: Pick<Telemetry['log'], 'warn'>
}

/**
 * People's side of the ledger.
 *
 *  1. Who may decide is asked here, whoever asks: no client and no route is trusted to have done so.
 *  2. A decision is made from the version and the bytes that its maker saw. Whoever comes too late is told how it stands.
 *  3. A decision is in the ledger and in the audit before it is acknowledged. Its session is told afterwards,
 *     and again by the sweeper if that fails.
 */
export function createApprovalDesk(options: ApprovalDeskOptions): ApprovalDesk & {
  /** As `get`, and notes nothing. */
  peek: (id: string, viewer: Viewer) => Promise<ApprovalDetail>
} {
  const { ledger, store, notifier, tell, log } = options

  async function find(id: string, viewer: Viewer): Promise<Approval> {
    const approval = id.length > 200 ? undefined : await ledger.get(id)
    if (!approval || !maySee(approval, viewer)) throw new AppError('not_found', `There is no approval ${id.slice(0, 64)}.`)
    return approval
  }

  /** The approval as it is, and who may change it. */
  async function findToChange(id: string, version: number, viewer: Viewer): Promise<{ approval: Approval; actor: Actor }> {
    const approval = await find(id, viewer)
    const { actor } = viewer
    const refusal = refusalOf(approval, viewer, new Date())
    if (refusal?.kind === 'over') throw conflict(refusal.why, approval)
    if (refusal || !actor) throw new AppError('permission_denied', refusal?.why ?? 'Deciding takes somebody who acts.')
    if (approval.version !== version) throw conflict(`It has changed since: it is at version ${approval.version}, and you have seen ${version}.`, approval)
    return { approval, actor }
  }

  /** Writes what was made from `before`. Whoever was faster is in the way, with what has become of it. */
  async function change(before: Approval, next: Approval, also: Parameters<ApprovalLedger['change']>[2]): Promise<Approval> {
    try {
      return await ledger.change(next, before.version, also)
    } catch (error) {
      if (toAppError(error).code !== 'conflict') throw error
      throw conflict('Somebody else was faster.', (await ledger.get(before.id)) ?? before)
    }
  }

  /** What its session asks, unmasked. @throws AppError `conflict` where it does not ask it any more. */
  async function askOf(approval: Approval): Promise<Ask> {
    const document = (await store.load(approval.session_id))?.document
    const ask = document?.asks[approval.id]
    if (document && ask?.state === 'open' && !TERMINAL_STATUSES.has(document.status)) return ask
    const at = new Date().toISOString()
    const why = document ? 'Its session has ended, or does not ask it any more.' : 'Its session is gone.'
    const next = withSuperseded(approval, at)
    const by = { id: `session:${approval.session_id}`, name: approval.session_id, via: 'policy' }
    const superseded = await change(approval, next, { notes: [approvalNote('approval.superseded', next, by, at, { why })], deliveries: [] })
    throw conflict(`It is not asked any more. ${why}`, superseded)
  }

  async function toDeciding(approval: Approval, { decision, reason, edited_args: edited, args_sha256: seen }: DecisionRequest): Promise<Deciding> {
    if (!approval.allowed.includes(decision))
      throw new AppError('invalid_request', `This can be answered by ${approval.allowed.join(', ')}, not by ${decision}.`, { param: 'decision' })
    if (seen !== undefined && seen !== currentHash(approval)) throw conflict('Other arguments wait by now than those that you have seen.', approval)
    if (decision !== 'edit' && edited !== undefined)
      throw new AppError('invalid_request', 'Edited arguments come with the decision to edit.', { param: 'edited_args' })
    const ask = await askOf(approval)
    const said = { decision, reason: reason === undefined || reason === '' ? null : reason }
    return decision === 'edit' ? { ...said, edit: readEdit(ask, edited, currentHash(approval)) } : said
  }

  async function decide(id: string, version: number, request: DecisionRequest, viewer: Viewer): Promise<Approval> {
    const { approval, actor } = await findToChange(id, version, viewer)
    const deciding = await toDeciding(approval, request)
    const at = new Date().toISOString()
    const next = withDecision(approval, deciding, actor, at)
    const isDecided = next.state !== 'pending'
    const decided = await change(approval, next, {
      notes: [decidedNote(next, deciding.decision, byOf(actor), at)],
      deliveries: isDecided ? notifier.deliveriesFor(next, 'approval.decided') : [],
      undelivered: isDecided,
    })
    if (isDecided) {
      await tell(decided).catch((error: unknown) =>
        log.warn(
          { approval_id: id, session_id: decided.session_id, code: toAppError(error).code },
          'a session was not told of a decision; the sweeper will tell it',
        ),
      )
    }
    return decided
  }

  async function peek(id: string, viewer: Viewer): Promise<ApprovalDetail> {
    const approval = await find(id, viewer)
    return { approval, you: standingOf(approval, viewer, new Date()) }
  }

  return {
    peek,
    decide,
    async list(query, { owner, actor }) {
      const { approvals, total, pending, nextCursor } = await ledger.list({ ...query, ...(!actor && { requestedBy: owner }) })
      return { object: 'list', data: approvals, total, pending, next_cursor: nextCursor ?? null }
    },
    async get(id, viewer) {
      const detail = await peek(id, viewer)
      const { actor } = viewer
      if (!actor) return detail
      const { approval } = detail
      const keptUntil = new Date(Math.max(Date.parse(approval.expires_at), Date.now()) + VIEWS_KEPT_MS)
      const isFirst = await ledger.useOnce(`viewed ${hashOf([approval.id, actor.id])}`, keptUntil)
      if (isFirst) await ledger.note(approvalNote('approval.viewed', approval, byOf(actor), new Date().toISOString()))
      return detail
    },
    decideMany: (request, viewer) => decideMany(request, viewer, { find, decide }),
    async extend(id, version, seconds, viewer) {
      const { approval, actor } = await findToChange(id, version, viewer)
      const at = new Date().toISOString()
      const expiresAt = Date.parse(approval.expires_at) + seconds * 1_000
      if (expiresAt > Date.now() + FARTHEST_MS)
        throw new AppError('invalid_request', 'That would be more than seven days from now, when sessions that nothing happens to are given up.', {
          param: 'seconds',
        })
      const next = { ...approval, expires_at: new Date(expiresAt).toISOString() }
      const facts = { seconds, expires_at: next.expires_at }
      return change(approval, next, { notes: [approvalNote('approval.extended', next, byOf(actor), at, facts)], deliveries: [] })
    },
  }
}

/** It stands otherwise than whoever comes thinks; trying the same again is of no use. */
function conflict(message: string, approval: Approval): AppError {
  return new AppError('conflict', message, { retryable: false, details: { approval } })
}
