import type { Conversation, ConversationTurn } from './conversation.ts'

const LONGEST_TURN = 4_000

/**
 * The turns that led to a goal, as prompts show them in their section `conversation`: `role: text`,
 * oldest first. Where there is not room for all, what the application's developer said (system turns)
 * and the newest turns stay. A goal that is the last turn is not said twice.
 */
export function toTranscript(conversation: Conversation, options: { goal: string; maxChars: number }): string {
  const earlier = isLast(conversation, options.goal) ? conversation.slice(0, -1) : conversation
  const kept = new Set<ConversationTurn>()
  let room = options.maxChars
  for (const turn of [...earlier.filter(isSystem), ...earlier.toReversed().filter((turn) => !isSystem(turn))]) {
    const { length } = toLine(turn)
    if (length > room) break
    room -= length + 1
    kept.add(turn)
  }
  return earlier
    .filter((turn) => kept.has(turn))
    .map(toLine)
    .join('\n')
}

function isLast(conversation: Conversation, goal: string): boolean {
  const last = conversation.at(-1)
  return last?.role === 'user' && last.text.trim() === goal.trim()
}

function isSystem({ role }: ConversationTurn): boolean {
  return role === 'system'
}

function toLine({ role, text }: ConversationTurn): string {
  const trimmed = text.trim()
  return `${role}: ${trimmed.length <= LONGEST_TURN ? trimmed : `${trimmed.slice(0, LONGEST_TURN - 1)}…`}`
}
