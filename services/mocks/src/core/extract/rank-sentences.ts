import { toTerms } from '../text/terms.ts'
import { readSentences } from './read-sentences.ts'

/** What sentences are taken from: a passage with its number, or an earlier agent's result with none. */
export interface Material {
  n?: number
  source: string
  text: string
}

export interface Candidate {
  material: Material
  text: string
  terms: ReadonlySet<string>
  /** Terms of what stands around it: its heading and its file's name. */
  around: ReadonlySet<string>
  /** Neighbouring pairs of its terms, for questions that use a phrase. */
  pairs: ReadonlySet<string>
  /** Where it stands among all sentences, in reading order. */
  position: number
}

export interface Ranked {
  candidate: Candidate
  score: number
  /** How much of the question's weight the sentence and its surroundings carry, 0 to 1. */
  coverage: number
}

/** The sentences of all materials, ready to be held against questions. */
export function toCandidates(materials: readonly Material[]): Candidate[] {
  const seen = new Set<string>()
  const candidates: Candidate[] = []
  for (const material of materials) {
    for (const { text, heading } of readSentences(material.text)) {
      const terms = toTerms(text)
      const key = terms.join(' ')
      // Passages overlap, and pages repeat each other.
      if (seen.has(key)) continue
      seen.add(key)
      candidates.push({
        material,
        text,
        terms: new Set(terms),
        around: new Set(toTerms(`${heading} ${material.source.replace(/\.\w+$/, '')}`)),
        pairs: toPairs(terms),
        position: candidates.length,
      })
    }
  }
  return candidates
}

/** Words around a sentence say what it is about, but less surely than its own. */
const AROUND = 0.6
const PAIR = 0.35
const DEFINITION = 0.25

/**
 * Sentences by how much of the question they carry: a rare word more than one
 * that all of them use. Long sentences, late passages and
 * sentences that lean on the one before them ("This…") step back a little.
 */
export function rankSentences(question: string, candidates: readonly Candidate[]): Ranked[] {
  const terms = [...new Set(toTerms(question))]
  const weigh = toWeights(candidates)
  const total = terms.reduce((sum, term) => sum + weigh(term), 0)
  if (total === 0) return []
  const pairs = toPairs(toTerms(question))

  return candidates
    .map((candidate) => {
      const own = sumOf(terms.filter((term) => candidate.terms.has(term)).map(weigh))
      const near = sumOf(terms.filter((term) => !candidate.terms.has(term) && candidate.around.has(term)).map(weigh))
      const phrases = [...pairs].filter((pair) => candidate.pairs.has(pair)).length
      const score =
        ((own + AROUND * near) / total + PAIR * Math.min(phrases, 2) + (defines(candidate, terms) ? DEFINITION : 0)) *
        manner(candidate) *
        novelty(candidate, terms)
      return { candidate, score: own === 0 ? 0 : score, coverage: (own + AROUND * near) / total }
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.candidate.position - b.candidate.position)
}

/** True where a sentence says nearly the same as another. */
export function isAlike(one: Candidate, other: Candidate): boolean {
  const shared = [...one.terms].filter((term) => other.terms.has(term)).length
  return shared / Math.max(1, Math.min(one.terms.size, other.terms.size)) > 0.7
}

/** A file or heading about the subject says nothing of what is asked on it: some word of that must be the sentence's own. */
function novelty(candidate: Candidate, terms: readonly string[]): number {
  const open = terms.filter((term) => !candidate.around.has(term))
  return open.length === 0 || open.some((term) => candidate.terms.has(term)) ? 1 : 0.35
}

function manner(candidate: Candidate): number {
  const length = candidate.text.length > 240 ? 240 / candidate.text.length : 1
  const leaning =
    /^(?:this|these|that|those|it|its|they|here|then|so|but|and|also|however|therefore|thus|otherwise|instead|note|see|for more|in (?:this|that) (?:case|example)|as (?:you can|shown))\b/i.test(
      candidate.text,
    )
      ? 0.75
      : 1
  const late = 1 - 0.015 * Math.min((candidate.material.n ?? 1) - 1, 10)
  return Math.sqrt(length) * leaning * late
}

/** "A stalled job is …": what begins with the asked words and a verb of being tells what they are. */
function defines(candidate: Candidate, terms: readonly string[]): boolean {
  const opening = /^(?:an?\s|the\s)?(.{2,50}?)\s(?:is|are|means?|refers? to|lets?|allows?|defines?|describes?)\s/i.exec(candidate.text)?.[1]
  if (opening === undefined) return false
  const subject = toTerms(opening)
  return subject.length > 0 && subject.every((term) => terms.includes(term))
}

/**
 * Half a term's weight is its own, half its idf: where all the material is about the thing that was
 * asked for, its name is in every sentence and must not come to nothing.
 */
function toWeights(candidates: readonly Candidate[]): (term: string) => number {
  const counts = new Map<string, number>()
  for (const { terms } of candidates) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
  const idf = (count: number): number => Math.log(1 + (candidates.length - count + 0.5) / (count + 0.5))
  return (term) => 0.5 + (0.5 * idf(counts.get(term) ?? 0)) / idf(0)
}

function toPairs(terms: readonly string[]): Set<string> {
  return new Set(terms.slice(1).map((term, index) => `${terms[index]} ${term}`))
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
