import type { ConversationTurn } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { hasOtherContent, type ChatRequest } from '@signalbox/openai-wire'

import type { NewSession } from '../core/orchestrator.ts'

/** As many turns as a session takes; of longer conversations the latest. */
const MAX_TURNS = 2_000

/**
 * What a session begins with.
 *
 * @throws AppError naming what of the request no session can honour.
 */
export function toNewSession(request: ChatRequest, turns: readonly ConversationTurn[]): Pick<NewSession, 'question' | 'conversation'> {
  requireOrchestrable(request)
  // A NUL or half of a surrogate pair cannot be stored or sent on by everyone who works on the text.
  const conversation = turns
    .filter(({ text }) => text !== '')
    .slice(-MAX_TURNS)
    .map(({ role, text }) => ({ role, text: text.replaceAll('\0', '').toWellFormed() }))
  const question = conversation.findLast(({ role }) => role === 'user')?.text ?? ''
  if (question.trim() === '') throw new AppError('invalid_request', 'messages: an orchestrated request needs a user message with text.', { param: 'messages' })
  return { question, conversation }
}

function requireOrchestrable(request: ChatRequest): void {
  const foreign = request.messages.findIndex(hasOtherContent)
  if (foreign !== -1) throw refuse(`messages[${foreign}].content`, 'an orchestrated request takes text only')
  if ((request.response_format?.type ?? 'text') !== 'text') throw refuse('response_format', 'an orchestrated answer is text')
  if ((request.n ?? 1) > 1) throw refuse('n', 'an orchestrated request has one answer')
  if (request.logprobs === true) throw refuse('logprobs', 'an orchestrated answer has none')
  if (request.modalities?.some((modality) => modality !== 'text')) throw refuse('modalities', 'an orchestrated answer is text')
  // Whoever asks for it relies on it: an answer that nobody has moderated would look like one that was.
  if (request.moderation) throw refuse('moderation', 'an orchestrated answer is moderated by nobody')
  const choice = request['tool_choice']
  if (choice === 'required' || (typeof choice === 'object' && choice !== null))
    throw refuse('tool_choice', 'an orchestrated answer calls none of the caller’s tools')
}

function refuse(param: string, why: string): AppError {
  return new AppError('invalid_request', `${param}: ${why}. Send X-Skip-Orchestration: true, or another model, to reach the model itself.`, {
    param,
    details: { code: 'unsupported_value' },
  })
}
