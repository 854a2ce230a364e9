import type { Approval } from '@signalbox/contracts'

/** What a search looks through: words of agents and people about this approval, in one case and one spelling. */
export function toSearchText({ action, goal, agent, statement, why, decisions }: Approval): string {
  const reasons = decisions.map(({ reason }) => reason)
  return fold([action.title, action.type, action.tool, goal, agent, statement, why, ...reasons].filter(Boolean).join('\n'))
}

/** What is searched for: a text is found where every one of these words stands in it. */
export function toSearchWords(query: string | undefined): string[] {
  return [...new Set(fold(query ?? '').split(/\s+/))].filter(Boolean)
}

/** NFKC, because what looks the same should be found the same: full-width letters, ligatures, accents that were typed apart. */
function fold(text: string): string {
  return text.toWellFormed().normalize('NFKC').toLowerCase()
}
