import type { Passage } from '@signalbox/contracts'

export interface ChoiceOptions {
  topK: number
  /** At most so many from one document, so that one long file does not crowd out the others. */
  perDocument: number
}

/** From passages in order of their score: the best, no two that say the same lines, and not all of one document. */
export function choosePassages(ranked: readonly Passage[], { topK, perDocument }: ChoiceOptions): Passage[] {
  const chosen: Passage[] = []
  for (const passage of ranked) {
    if (chosen.length === topK) break
    const siblings = chosen.filter(({ document_id: id }) => id === passage.document_id)
    if (siblings.length >= perDocument || siblings.some((other) => overlap(other, passage) > 0.5)) continue
    chosen.push(passage)
  }
  return chosen
}

/** How much of the shorter one both share, 0…1. */
function overlap(a: Passage, b: Passage): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start)
  return Math.max(0, shared) / Math.max(1, Math.min(a.end - a.start, b.end - b.start))
}
