import { hash } from 'node:crypto'

import { TERMINAL_STATUSES, type ConversationTurn, type SessionView } from '@signalbox/contracts'

import type { BoundedMap } from './bounded-map.ts'
import { toQuestionText } from './question-text.ts'
import { readOpenAsks, type OpenQuestion } from './waiting-for-people.ts'

/** The question that a caller was shown last in a session; null where its last turn ended with none. */
export type ShownQuestions = BoundedMap<string | null>

export interface PossibleAnswer {
  conversation: readonly ConversationTurn[]
  session: SessionView
  /** What this caller was shown last in the session, as far as is remembered. */
  shown: string | null | undefined
}

export interface QuestionAnswer {
  question: string
  text: string
  /** The question was found in the replayed conversation, which is another one for every turn. */
  replayed: boolean
}

/**
 * Whether a turn in a session is the answer to what its agent asks, and to which question.
 *
 * 1. Who replays the conversation answers the question that stands in its last answer, and no other: one that was
 *    answered meanwhile is not mistaken for the next.
 * 2. Who does not answers what it was shown last; where that is not remembered, what was asked first.
 * 3. The question that the session began with, said again, is a caller that comes back, and no answer.
 */
export function readAnswer({ conversation, session, shown }: PossibleAnswer): QuestionAnswer | undefined {
  if (TERMINAL_STATUSES.has(session.status)) return undefined
  const { questions } = readOpenAsks(session)
  const [first] = questions
  const text = (conversation.findLast(({ role }) => role === 'user')?.text ?? '').replaceAll('\0', '').toWellFormed().trim()
  if (!first || text === '' || text === session.goal.trim()) return undefined
  const replay = conversation.findLast(({ role }) => role === 'assistant')?.text
  if (replay?.includes(session.id) === true) {
    const question = questions.find((candidate) => stands(candidate, replay))
    return question && { question: question.id, text, replayed: true }
  }
  if (shown === null) return undefined
  const question = shown === undefined ? first : questions.find(({ id }) => id === shown)
  return question && { question: question.id, text, replayed: false }
}

/** Chat UIs may lay out text anew. */
function stands(question: OpenQuestion, replay: string): boolean {
  const plain = (text: string): string => text.replace(/\s+/g, ' ')
  return plain(replay).includes(plain(toQuestionText(question)))
}

/** True where this very request has been an answer already: it was sent again. */
export function isKnownAnswer({ questions }: Pick<SessionView, 'questions'>, key: string): boolean {
  return Object.values(questions).some(({ answer }) => answer?.key === key)
}

/**
 * What an answer is known by, so that a request that is sent again answers nothing twice. Without the conversation the
 * same words may be meant for the next question too.
 */
export function toAnswerKey({ owner, session, body, answer }: { owner: string; session: string; body: Uint8Array; answer: QuestionAnswer }): string {
  return `turn-${hash('sha256', [owner, session, hash('sha256', body), answer.replayed ? '' : answer.question].join('\n'))}`
}
