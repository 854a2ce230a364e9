import { dataOf, textOf, type Caller, type Message } from '@signalbox/a2a'
import { approvalDecisionPartSchema, hashOf, type ApprovalDecisionPart, type SessionDocument } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Doorbell, SessionStore } from '@signalbox/sessions'

import { openAsks, openQuestions } from '../core/approvals/asks.ts'
import type { ApprovalDesk, Viewer } from '../core/approvals/ports.ts'

export interface SayTools {
  store: Pick<SessionStore, 'push'>
  doorbell: Pick<Doorbell, 'ring'>
  desk: Pick<ApprovalDesk, 'get' | 'decide'>
}

/**
 * A message to a session that waits: decisions on what it asks, or the answer to what it wants to know. Only
 * who holds the service token can send one, and such a one speaks for the people who decided where it is.
 *
 * @returns whether the session goes on because of it. It does not where others have to decide too: more of a
 *   quorum, or people whom only this side knows.
 * @throws AppError `invalid_request` where the session waits for nothing that the message holds.
 */
export async function sayToSession(document: SessionDocument, message: Message, caller: Caller, tools: SayTools): Promise<boolean> {
  const decisions = dataOf(message.parts).flatMap((data) => approvalDecisionPartSchema.safeParse(data).data ?? [])
  if (decisions.length > 0) {
    let goesOn = false
    for (const decision of decisions) if (await decide(document, decision, caller, tools)) goesOn = true
    return goesOn
  }
  const text = textOf(message.parts).trim()
  const [question] = openQuestions(document)
  const key = caller.idempotencyKey ?? message.messageId
  const isRepeated = Object.values(document.questions).some(({ answer }) => answer?.key === key)
  if (isRepeated) return true
  if (!question || text === '') {
    const waits = openAsks(document).length > 0 ? 'for a person’s decision' : 'for nothing that a message says'
    throw new AppError('invalid_request', `Session ${document.id} waits ${waits}; follow it instead.`, { param: 'message.taskId' })
  }
  await tools.store.push(document.id, { type: 'answer', text: text.slice(0, 20_000), key, question: question.id })
  await tools.doorbell.ring(document.id)
  return true
}

/** Again is no error: a decision that stands already, in the same words, was heard. */
async function decide(document: SessionDocument, part: ApprovalDecisionPart, caller: Caller, { desk }: SayTools): Promise<boolean> {
  const ask = document.asks[part.ref]
  if (!ask) throw new AppError('not_found', `Session ${document.id} asks nothing under ${part.ref}.`, { param: 'message.parts' })
  if (ask.state !== 'open') return true
  const names = part.decided_by.join(', ').slice(0, 200)
  const viewer: Viewer = {
    owner: caller.owner,
    actor: { id: `a2a:${names || caller.owner}`, name: names || caller.owner, role: 'admin', via: 'a2a', groups: [] },
  }
  const { approval } = await desk.get(part.ref, viewer)
  if (approval.state !== 'pending') return true
  const { decision, reason, args } = part
  const decided = await desk
    .decide(
      approval.id,
      approval.version,
      {
        decision,
        ...(reason !== undefined && { reason }),
        ...(decision === 'edit' && args !== undefined && { edited_args: args }),
        // Whoever is asked from above has seen the bytes themselves, secrets and all.
        ...(decision !== 'edit' && { args_sha256: part.args_sha256 === hashOf(ask.action.args) ? ask.args_sha256 : part.args_sha256 }),
      },
      viewer,
    )
    .catch((error: unknown) => {
      // It is for others to decide, who are asked where this session is.
      if (toAppError(error).code === 'permission_denied') return approval
      throw error
    })
  return decided.state !== 'pending'
}
