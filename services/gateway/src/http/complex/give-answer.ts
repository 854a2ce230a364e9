import { sessionInputSchema, type SessionView } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { ReadChatRequest } from '@signalbox/openai-wire'

import { isKnownAnswer, readAnswer, toAnswerKey, type ShownQuestions } from '../../core/answer-question.ts'
import type { DuplicateGuard } from '../../core/duplicate-guard.ts'
import type { SessionCall } from '../../core/session-call.ts'
import type { SessionDesk } from '../../core/session-desk.ts'
import { toTurns } from '../to-routing-facts.ts'
import type { Wishes } from './wishes.ts'

export interface GivingAnswer {
  sessions: Pick<SessionDesk, 'answer'>
  duplicates: DuplicateGuard
  shown: ShownQuestions
}

/**
 * Gives a turn's text to the agent that asked for it, where the turn is an answer. Answers the question's id;
 * undefined where there is none, or somebody else was first.
 *
 * @throws AppError naming what is wrong with the text.
 */
export async function giveAnswer(
  session: SessionView,
  read: ReadChatRequest,
  wishes: Pick<Wishes, 'idempotencyKey' | 'retryCount'>,
  call: SessionCall,
  { sessions, duplicates, shown }: GivingAnswer,
): Promise<string | undefined> {
  const answer = readAnswer({ conversation: toTurns(read.request), session, shown: shown.get(toShownKey(call.owner, session.id)) })
  if (!answer) return undefined
  const { question, text } = answer
  const given = { owner: call.owner, body: read.bytes, givenKey: wishes.idempotencyKey, retryCount: wishes.retryCount }
  const key = wishes.idempotencyKey === undefined ? toAnswerKey({ owner: call.owner, session: session.id, body: read.bytes, answer }) : duplicates.keyFor(given)
  if (isKnownAnswer(session, key)) return undefined
  const input = sessionInputSchema.safeParse({ text, question, key })
  if (!input.success)
    throw new AppError('invalid_request', `messages: the answer ${input.error.issues[0]?.message ?? 'is not as it should be'}.`, { param: 'messages' })
  try {
    await sessions.answer(session.id, input.data, call)
    return question
  } catch (error) {
    if (toAppError(error).code !== 'conflict') throw error
    return undefined
  }
}

/** Under what it is remembered which question a caller was shown. */
export function toShownKey(owner: string, session: string): string {
  return `${owner}\n${session}`
}
