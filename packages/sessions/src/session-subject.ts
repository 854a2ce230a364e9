import type { SessionDocument } from '@signalbox/contracts'

import type { SessionQuery } from './session-store.ts'

/** What a session is found by and that never changes. */
export interface SessionSubject {
  /** The goal, as it is searched in. */
  goal: string
  /** The session that this one works for; '' for none. */
  parent: string
  requestId: string
}

export function subjectOf({ goal, lineage, request_id: requestId }: SessionDocument): SessionSubject {
  return { goal: fold(goal), parent: lineage.at(-1) ?? '', requestId }
}

/** A text in one case and one spelling, because what looks the same should be found the same. */
export function fold(text: string): string {
  return text.toWellFormed().normalize('NFKC').toLowerCase()
}

/** What a text is searched for by: each of these words stands in it. */
export function toWords(text: string): string[] {
  return [...new Set(fold(text).split(/\s+/))].filter(Boolean)
}

/** Whether a query is for this session. */
export function isWanted(document: SessionDocument, { owner, dead, statuses, text, of, roots }: SessionQuery): boolean {
  if (owner !== undefined && document.owner !== owner) return false
  if (dead && document.dead_letters.length === 0) return false
  if (statuses && !statuses.includes(document.status)) return false
  const { goal, parent, requestId } = subjectOf(document)
  if ((of !== undefined && parent !== of) || (roots && parent !== '')) return false
  if (!text) return true
  return document.id === text || requestId === text || toWords(text).every((word) => goal.includes(word))
}
