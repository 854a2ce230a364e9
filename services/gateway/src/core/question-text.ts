import { toSafeText } from '@signalbox/contracts'

import type { OpenQuestion } from './waiting-for-people.ts'

const LONGEST = 4_000

/** An agent's question as the caller reads it: its own lines, and no markup that a chat UI would act on. */
export function toQuestionText({ agent, text }: Pick<OpenQuestion, 'agent' | 'text'>): string {
  const safe = toSafeText(text).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('](', '] (').replaceAll('```', "'''").trim()
  const cut = safe.length <= LONGEST ? safe : `${safe.slice(0, LONGEST - 1).replace(/[\ud800-\udbff]$/, '')}…`
  return cut === '' ? `${agent} asks for more, and does not say what.` : cut
}
