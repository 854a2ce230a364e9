import type { ConversationTurn } from '@signalbox/contracts'

import type { RoutingQuestion } from './classify.ts'

/** How much of it a classifier reads. Long prompts carry documents; what is asked stands at their ends. */
const QUESTION_CHARACTERS = 6_000
const EARLIER_TURNS = 4
const TURN_CHARACTERS = 600

/** What a classifier needs of a conversation: the last user text, and in short what led to it. */
export function toRoutingQuestion(conversation: readonly ConversationTurn[]): RoutingQuestion {
  const last = conversation.findLastIndex(({ role }) => role === 'user')
  const earlier = conversation.slice(0, Math.max(0, last)).filter(({ role }) => role === 'user' || role === 'assistant')
  return {
    question: cutMiddle(conversation[last]?.text ?? '', QUESTION_CHARACTERS),
    conversation: earlier
      .slice(-EARLIER_TURNS)
      .map(({ role, text }) => `${role}: ${cutMiddle(text, TURN_CHARACTERS)}`)
      .join('\n'),
  }
}

function cutMiddle(text: string, length: number): string {
  const half = length / 2
  return text.length <= length ? text : `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`
}
