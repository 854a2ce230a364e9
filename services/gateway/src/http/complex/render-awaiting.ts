import { toSafeLine } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { SignalboxExtra } from '@signalbox/openai-wire'

import { toQuestionText } from '../../core/question-text.ts'
import type { Awaiting, OpenApproval } from '../../core/waiting-for-people.ts'
import { toApprovalUrl } from '../console-url.ts'

export interface AwaitingPlace {
  sessionId: string
  consoleUrl: string
}

/** What the caller reads where a turn ends for people: what is asked, where it is decided, and what the next turn goes on with. */
export function toAwaitingText({ approvals, questions: [question] }: Awaiting, { sessionId, consoleUrl }: AwaitingPlace): string {
  const paragraphs = [
    ...(question ? [toQuestionText(question)] : []),
    ...toApprovalParagraphs(approvals, consoleUrl),
    ...(!question && approvals.length === 0 ? ['**Approval needed**: somebody has to decide at another agent before this can go on.'] : []),
    ...(question ? [] : ['Decide it there; then reply here to get the result.']),
    `Ref: ${sessionId}`,
  ]
  return paragraphs.join('\n\n')
}

function toApprovalParagraphs(approvals: readonly OpenApproval[], consoleUrl: string): string[] {
  const [first] = approvals
  if (!first) return []
  if (approvals.length === 1) return [`**Approval needed** ${describe(first)}`, toReview(first, consoleUrl)]
  const list = approvals.map((approval, index) => `${index + 1}. ${describe(approval)}\n   ${toReview(approval, consoleUrl)}`)
  return [`**${approvals.length} approvals needed**`, list.join('\n')]
}

function describe({ risk, agent, title }: OpenApproval): string {
  return `(risk: ${risk}): ${toPlainLine(agent)} wants to: ${toPlainLine(title)}`
}

function toReview({ id, expires_at: expiresAt }: OpenApproval, consoleUrl: string): string {
  return `Review: ${toApprovalUrl(consoleUrl, id)} (expires ${expiresAt.slice(0, 16).replace('T', ' ')} UTC)`
}

/** An agent's words in which nothing becomes a link: the only one to follow is ours. */
function toPlainLine(text: string): string {
  return toSafeLine(text)
    .replaceAll('://', '[:]//')
    .replace(/\bwww\./gi, 'www[.]')
}

/** The same for programs. */
export function renderAwaiting({ status, approvals, questions, usage }: Awaiting, { sessionId, consoleUrl }: AwaitingPlace): SignalboxExtra {
  return {
    v: 1,
    type: 'session.waiting',
    status,
    session_id: sessionId,
    approvals: approvals.map(({ id, title, risk, expires_at }) => ({ id, url: toApprovalUrl(consoleUrl, id), expires_at, risk, title: toSafeLine(title) })),
    ...(questions.length > 0 && {
      questions: questions.map(({ id, agent, text }) => ({ id, agent: toSafeLine(agent), text: toQuestionText({ agent, text }) })),
    }),
    cost_usd: usage.cost_usd,
  }
}

/** A question is the caller's to answer, whatever it wants to hear of approvals. */
export function isForApproval({ approvals, questions }: Awaiting): boolean {
  return approvals.length > 0 || questions.length === 0
}

/** For callers that want to be refused where a person has to decide. */
export function toApprovalError(awaiting: Awaiting, place: AwaitingPlace): AppError {
  const [first] = awaiting.approvals
  const what =
    awaiting.approvals.length > 1 ? `${awaiting.approvals.length} approvals are needed.` : `Approval needed ${first ? describe(first) : 'at another agent'}.`
  const where = first ? ` ${toReview(first, place.consoleUrl)}.` : ''
  return new AppError('approval_required', `${what}${where} Session ${place.sessionId} goes on when it is decided.`, {
    retryable: false,
    details: { signalbox: renderAwaiting(awaiting, place) },
  })
}
