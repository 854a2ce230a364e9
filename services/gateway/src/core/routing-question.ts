import type { ConversationTurn } from '@signalbox/contracts'

import { readFollowUp, readOffer, type FollowUp } from './follow-up.ts'
import { cutMiddle, unwrapPrompt } from './unwrap-prompt.ts'

/** What there is to judge: the last thing a person said, and what was said before it. Both are cut to size. */
export interface RoutingQuestion {
  question: string
  conversation: string
  /** Set where the person's last words say nothing by themselves. `question` is then what they go on with. */
  follows?: FollowsUp
  /** What the conversation began with: the same in all its turns. */
  root: string
}

export interface FollowsUp {
  kind: Exclude<FollowUp, 'either'>
  /** The question before it that did say something, as it was judged then. */
  earlier: string
}

/** How much of it a judge reads. Long prompts carry documents; what is asked stands at their ends. */
const QUESTION_CHARACTERS = 6_000
const EARLIER_TURNS = 4
const TURN_CHARACTERS = 600

/** What a judge needs of a conversation: what the person said last, and in short what led to it. */
export function toRoutingQuestion(turns: readonly ConversationTurn[]): RoutingQuestion {
  const last = findUser(turns, turns.length - 1)
  const words = wordsOf(turns, last)
  const first = findFirstUser(turns)
  const root = cutMiddle(first === last ? words : wordsOf(turns, first), QUESTION_CHARACTERS)
  const kind = words === '' ? 'go_on' : readFollowUp(words)
  const answered = kind === undefined ? -1 : turns.findLastIndex(({ role }, index) => index < last && role === 'assistant')
  // Who only says "continue" and has not said anything before it says just that.
  if (kind === undefined || answered === -1) return { ...toQuestion(turns, last, words), root }

  const earlier = findSpeaking(turns, last)
  const asked = toQuestion(turns, earlier, wordsOf(turns, earlier))
  const offer = kind === 'assent' || kind === 'either' ? readOffer(turns[answered]?.text ?? '') : undefined
  if (kind === 'courtesy' || (kind === 'either' && offer === undefined)) return { ...asked, root, follows: { kind: 'courtesy', earlier: asked.question } }
  const judged = offer === undefined ? asked : { question: offer, conversation: toConversation(turns, answered) }
  return { ...judged, root, follows: { kind: kind === 'go_on' ? 'go_on' : 'assent', earlier: asked.question } }
}

function toQuestion(turns: readonly ConversationTurn[], at: number, words: string): Pick<RoutingQuestion, 'question' | 'conversation'> {
  return { question: cutMiddle(words, QUESTION_CHARACTERS), conversation: toConversation(turns, at) }
}

function toConversation(turns: readonly ConversationTurn[], before: number): string {
  const earlier: string[] = []
  for (let index = before - 1; index >= 0 && earlier.length < EARLIER_TURNS; index -= 1) {
    const { role, text } = turns[index] as ConversationTurn
    if (role !== 'user' && role !== 'assistant') continue
    earlier.push(`${role}: ${cutMiddle(role === 'user' ? unwrapPrompt(text) : text, TURN_CHARACTERS)}`)
  }
  return earlier.toReversed().join('\n')
}

/** The last turn before it in which a person said something; the first one where none did. */
function findSpeaking(turns: readonly ConversationTurn[], before: number): number {
  let found = before
  for (let index = findUser(turns, before - 1); index !== -1; index = findUser(turns, index - 1)) {
    found = index
    const words = wordsOf(turns, index)
    if (words !== '' && readFollowUp(words) === undefined) break
  }
  return found
}

function findUser(turns: readonly ConversationTurn[], from: number): number {
  for (let index = from; index >= 0; index -= 1) if (turns[index]?.role === 'user') return index
  return -1
}

function findFirstUser(turns: readonly ConversationTurn[]): number {
  return turns.findIndex(({ role }) => role === 'user')
}

function wordsOf(turns: readonly ConversationTurn[], at: number): string {
  return unwrapPrompt(turns[at]?.text ?? '')
}
