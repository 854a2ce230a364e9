import type { Band } from '../weights.ts'

/** What a model said of a request whose source it had not seen, and what was true. */
export interface Judged {
  source: string
  needs_orchestration: boolean
  score: number
}

/** How often a sure answer may be wrong, of a source that holds as many requests of either kind. */
const WRONG_COMPLEX = 0.035
const WRONG_SIMPLE = 0.04
/** How often a source of nothing but single calls may be called complex. */
const FALSE_COMPLEX = 0.015

/**
 * Where an answer is sure, from judgements of sources that were not seen: the nearest bounds at which no source has more
 * wrong answers than allowed. Sources are looked at one by one, so that a large one cannot hide a small one.
 */
export function calibrate(judged: readonly Judged[]): Band {
  const sources = [...new Set(judged.map(({ source }) => source))].map((source) => {
    const of = judged.filter((judgement) => judgement.source === source)
    return { complex: scores(of, true), simple: scores(of, false) }
  })
  const candidates = Array.from({ length: 161 }, (_, step) => step / 20)
  const complex = candidates.find((bound) =>
    sources.every((source) => {
      const wrong = share(source.simple, (score) => score > bound)
      const right = share(source.complex, (score) => score > bound)
      return source.complex.length === 0 ? wrong <= FALSE_COMPLEX : wrong / Math.max(1e-9, wrong + right) <= WRONG_COMPLEX
    }),
  )
  const simple = candidates.find((bound) =>
    sources.every((source) => {
      const wrong = share(source.complex, (score) => score < -bound)
      const right = share(source.simple, (score) => score < -bound)
      return source.complex.length === 0 || wrong / Math.max(1e-9, wrong + right) <= WRONG_SIMPLE
    }),
  )
  return { simple: -(simple ?? 8), complex: complex ?? 8, slope: slopeOf(judged) }
}

function scores(judged: readonly Judged[], needs_orchestration: boolean): number[] {
  return judged.filter((judgement) => judgement.needs_orchestration === needs_orchestration).map(({ score }) => score)
}

function share(values: readonly number[], test: (value: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(test).length / values.length
}

/** By what a score is multiplied so that it means what it says: the slope at which such judgements are the most likely. */
function slopeOf(judged: readonly Judged[]): number {
  const amounts = { complex: scores(judged, true).length, simple: scores(judged, false).length }
  const loss = (slope: number): number =>
    judged.reduce(
      (sum, { score, needs_orchestration }) =>
        sum + Math.log1p(Math.exp(needs_orchestration ? -slope * score : slope * score)) / amounts[needs_orchestration ? 'complex' : 'simple'],
      0,
    )
  const slopes = Array.from({ length: 60 }, (_, step) => 0.1 + step / 20)
  return slopes.reduce((best, slope) => (loss(slope) < loss(best) ? slope : best))
}
