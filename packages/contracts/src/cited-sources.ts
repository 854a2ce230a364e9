import type { Citation } from './skills.ts'

/** A place in a file that an answer may cite. Its number is its position, counted from 1. */
export type Source = Omit<Citation, 'n'>

export interface CitedSources {
  /** The new number of source `n`, or undefined where there is no such source. */
  resolve(n: number): number | undefined
  /** What was cited so far, in the order of first use. */
  citations(): Citation[]
}

/** Numbers sources anew, in the order in which they are cited. */
export function createCitedSources(sources: readonly Source[]): CitedSources {
  const numbers = new Map<Source, number>()
  return {
    resolve(n) {
      const source = sources[n - 1]
      if (!source) return undefined
      if (!numbers.has(source)) numbers.set(source, numbers.size + 1)
      return numbers.get(source)
    },
    citations: () => [...numbers].map(([source, n]) => ({ n, ...source })),
  }
}

/** The list that stands under an answer. */
export function toSourceList(citations: readonly Citation[]): string {
  return `\n\nSources:\n${citations.map(({ n, source, start, end }) => `[${n}] ${source} (${start}–${end})`).join('\n')}`
}
