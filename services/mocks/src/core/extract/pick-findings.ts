import { toTerms } from '../text/terms.ts'
import { isAlike, rankSentences, type Candidate, type Ranked } from './rank-sentences.ts'

/** What was found on one topic, in reading order; none where the material does not speak of it. */
export interface Findings {
  topic: string
  sentences: Candidate[]
}

/** A sentence must carry this much of the question's weight to be taken for an answer to it. */
const ENOUGH = 0.34
/** With one or two words to go by, more of them must be there: "capital" alone says nothing of a country. */
const ENOUGH_FOR_FEW = 0.5
/** Sentences much weaker than the best one are about something else. */
const RELATIVE = 0.55

/** Picks what to quote on each topic. No sentence is quoted twice; each goes to the topic that it fits best. */
export function pickFindings(topics: readonly string[], candidates: readonly Candidate[], perTopic: number): Findings[] {
  const ranked = topics.map((topic) => rankSentences(topic, candidates))
  const own = topics.map((topic) => termsOnlyIn(topic, topics))
  const owner = (index: number, { candidate, score }: Ranked): boolean =>
    ranked.every((others, other) => other === index || (others.find((rival) => rival.candidate === candidate)?.score ?? 0) <= score)

  return topics.map((topic, index) => {
    const enough = new Set(toTerms(topic)).size <= 3 ? ENOUGH_FOR_FEW : ENOUGH
    const fitting = (ranked[index] as Ranked[]).filter(
      (sentence) => sentence.coverage >= enough && owner(index, sentence) && speaksOf(sentence.candidate, own[index] as ReadonlySet<string>),
    )
    return { topic, sentences: takeBest(fitting, perTopic) }
  })
}

function takeBest(ranked: readonly Ranked[], limit: number): Candidate[] {
  const taken: Candidate[] = []
  const best = ranked[0]?.score ?? 0
  for (const { candidate, score } of ranked) {
    if (taken.length === limit || score < best * RELATIVE) break
    if (!taken.some((other) => isAlike(candidate, other))) taken.push(candidate)
  }
  const order = new Map(taken.map(({ material }, rank) => [material, rank] as const).toReversed())
  // The best passage first; inside a passage as it is written.
  return taken.toSorted((a, b) => (order.get(a.material) as number) - (order.get(b.material) as number) || a.position - b.position)
}

/** What a topic has that its siblings have not: in "stalled jobs | failed jobs" the words that matter. */
function termsOnlyIn(topic: string, topics: readonly string[]): Set<string> {
  const others = new Set(topics.filter((other) => other !== topic).flatMap(toTerms))
  const terms = toTerms(topic)
  const own = terms.filter((term) => !others.has(term))
  return new Set(own.length > 0 ? own : terms)
}

function speaksOf(candidate: Candidate, terms: ReadonlySet<string>): boolean {
  if (terms.size === 0) return true
  return [...terms].some((term) => candidate.terms.has(term) || candidate.around.has(term))
}
