import type { Action } from './find-actions.ts'
import type { Mention } from './mention.ts'
import { CARRIERS, VAGUE } from './skill-lexicon.ts'
import { MATTER, type Matter } from './skill-matter.ts'
import { broughtBy } from './skill-patterns.ts'
import type { Token } from './token.ts'
import { words } from './words.ts'

const CARRIER_WORDS = words(CARRIERS)
const VAGUE_WORDS = words(VAGUE)

/** What a request asks for beside the capabilities that are known, and what steps it takes for granted. */
export interface OpenEnds {
  /** Kinds of file that it brings along and that nothing it asks for works on. */
  unused: readonly string[]
  /** What would be worked on and neither is there nor comes out of anything else. */
  missing: readonly string[]
  /** Verbs of no known capability, by what they say themselves or only by what they are done to. */
  plain: readonly string[]
  vague: readonly string[]
}

/** Between a recording and its summary lies a transcript, although nobody speaks of it. */
export function findOpenEnds(tokens: readonly Token[], actions: readonly Action[], mentions: readonly Mention[]): OpenEnds {
  const brought = broughtBy(tokens)
  const matters = [...new Set(mentions.map(({ skill }) => skill))].flatMap((skill) => MATTER.get(skill) ?? [])
  const isThere = (matter: string, one: Matter): boolean =>
    brought.has(matter) || matters.some((other) => other !== one && (other.gives === matter || (matter === 'text' && other.gives === 'facts')))
  const missing = brought.size === 0 ? [] : matters.filter((one) => ![...one.takes].some((matter) => isThere(matter, one)))
  const spoken = new Set(mentions.flatMap(({ at, end }) => Array.from({ length: end - at + 1 }, (_, step) => at + step)))
  const unknown = actions.filter(({ asked, lemma, at }) => asked && !CARRIER_WORDS.has(lemma) && !spoken.has(at))
  const lemmas = [...new Set(unknown.map(({ lemma }) => lemma))]
  return {
    unused: [...brought].filter((matter) => !matters.some(({ takes }) => takes.has(matter))),
    missing: [...new Set(missing.map(({ takes }) => [...takes].join(' ')))],
    plain: lemmas.filter((lemma) => !VAGUE_WORDS.has(lemma)),
    vague: lemmas.filter((lemma) => VAGUE_WORDS.has(lemma)),
  }
}
