import { hash } from 'node:crypto'

import type { ClassifierVerdict } from '@signalbox/contracts'

import type { BoundedMap } from './bounded-map.ts'

/** Where in a conversation something was decided: whose it is, what it began with, and what was asked then. */
export interface ConversationPlace {
  owner: string
  root: string
  question: string
}

/** What conversations were decided to be, so that what only goes on with something goes the same way. Bounded, and forgets. */
export interface ConversationMemory {
  recall(place: ConversationPlace): ClassifierVerdict | undefined
  remember(place: ConversationPlace, verdict: ClassifierVerdict): void
}

/** Of another owner's conversation nothing is ever recalled, however it began. */
export function createConversationMemory(verdicts: BoundedMap<ClassifierVerdict>): ConversationMemory {
  return {
    recall: (place) => verdicts.get(toKey(place)),
    remember: (place, { needs_orchestration, reason }) => verdicts.set(toKey(place), { needs_orchestration, reason }),
  }
}

function toKey({ owner, root, question }: ConversationPlace): string {
  return hash('sha256', JSON.stringify([owner, root, question]))
}
