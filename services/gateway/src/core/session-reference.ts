import { isSessionId, SESSION_ID_PATTERN, type ConversationTurn } from '@signalbox/contracts'

/** Marks around it, as clients and models leave them; none of them a line's end, or every line would be read to the text's end. */
const MARKS = '[^\\w\\n\\r\\u2028\\u2029]*'
/** How the turns end that we write ourselves. */
const REFERENCE = new RegExp(`^${MARKS}Ref: (${SESSION_ID_PATTERN.source})${MARKS}$`, 'gm')

/**
 * The session that the caller's last replayed assistant turn speaks of: a hint, never a right. What we wrote at its
 * end counts before what an agent may have said above it.
 */
export function readSessionHint(conversation: readonly ConversationTurn[]): string | undefined {
  const last = conversation.findLast(({ role }) => role === 'assistant')
  return last && ([...last.text.matchAll(REFERENCE)].at(-1)?.[1] ?? SESSION_ID_PATTERN.exec(last.text)?.[0])
}

/**
 * The session that the caller named outright. What stands in a request's metadata counts only where
 * it is one of our ids: many clients keep ids of their own under the same name.
 */
export function readNamedSession(named: { header: string | undefined; metadata: string | undefined }): string | undefined {
  if (named.header !== undefined && named.header !== '') return named.header
  return named.metadata !== undefined && isSessionId(named.metadata) ? named.metadata : undefined
}
