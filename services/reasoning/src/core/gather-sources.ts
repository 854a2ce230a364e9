import { citationsPartSchema, passagesPartSchema, rewriteCitations, type Citation, type NodeInput, type Passage, type Source } from '@signalbox/contracts'

import { isBookkeeping, takeApart } from './take-apart.ts'

/** What a prompt is made of, beside goal and instruction. */
export interface Material {
  /** Numbered 1..n, in this order. */
  passages: Passage[]
  /** The passages' places first, then places that earlier results cite though their text is not at hand. */
  sources: Source[]
  /** What earlier nodes found out, in their own words; `[n]` in them is already one of `sources`. */
  results: { name: string; agent: string; text: string }[]
}

/** Merges the results of earlier nodes into one set of material with one numbering, within a size. */
export function gatherMaterial(handedOver: readonly NodeInput[], maxChars: number): Material {
  const inputs = handedOver.flatMap(takeApart)
  const told = inputs.map(toTold).filter(({ words, data }) => words !== '' || data !== '')
  const roomForEach = told.length === 0 ? 0 : Math.floor(maxChars / 2 / told.length)
  const shortened = told.map(({ input, words, data }) => ({
    input,
    words: shorten(words, roomForEach),
    data: shorten(data, Math.max(0, roomForEach - words.length)),
  }))
  const used = shortened.reduce((sum, { words, data }) => sum + words.length + data.length, 0)

  const passages = choosePassages(mergePassages(inputs), maxChars - used)
  const numbering = createNumbering(passages)
  const results = shortened.map(({ input, words, data }) => ({
    name: input.name,
    agent: input.agent,
    text: [rewriteCitations(words, numberingOf(input, numbering)), data].filter((piece) => piece !== '').join('\n\n'),
  }))
  return { passages, sources: numbering.sources, results }
}

interface RankedPassage {
  passage: Passage
  /** How far down it stood in the best of the lists it came in. */
  rank: number
}

/** The passages of all inputs, each place once, with its best score. */
function mergePassages(inputs: readonly NodeInput[]): RankedPassage[] {
  const merged = new Map<string, RankedPassage>()
  for (const input of inputs) {
    const found = passagesOf(input).toSorted((a, b) => b.score - a.score)
    for (const [rank, passage] of found.entries()) {
      const key = JSON.stringify([passage.document_id, passage.start, passage.end])
      const known = merged.get(key)
      merged.set(key, {
        passage: known && known.passage.score >= passage.score ? known.passage : passage,
        rank: Math.min(rank, known?.rank ?? rank),
      })
    }
  }
  return [...merged.values()]
}

/** A heading and the blank lines around a passage. */
const PASSAGE_OVERHEAD = 40

/**
 * As many as there is room for. The best of every list come before the second of any: scores of two
 * searches do not compare, and an answer about two subjects needs passages about both.
 */
function choosePassages(merged: readonly RankedPassage[], room: number): Passage[] {
  const best = merged.toSorted((a, b) => a.rank - b.rank || b.passage.score - a.passage.score)
  const chosen = new Set<RankedPassage>()
  let left = room
  for (const candidate of best) {
    const size = candidate.passage.text.length + candidate.passage.source.length + PASSAGE_OVERHEAD
    if (size > left) continue
    left -= size
    chosen.add(candidate)
  }
  return merged.filter((candidate) => chosen.has(candidate)).map(({ passage }) => passage)
}

interface Numbering {
  sources: Source[]
  /** The place's number; places that are new get the next one. */
  numberOf(place: Source): number
}

function createNumbering(passages: readonly Passage[]): Numbering {
  const sources: Source[] = []
  const numbers = new Map<string, number>()
  const numberOf = ({ source, title, start, end }: Source): number => {
    const key = JSON.stringify([source, start, end])
    const known = numbers.get(key)
    if (known !== undefined) return known
    sources.push({ source, title, start, end })
    numbers.set(key, sources.length)
    return sources.length
  }
  // Two documents may carry the same name; passages keep their own numbers all the same.
  for (const { source, title, start, end } of passages) {
    const key = JSON.stringify([source, start, end])
    sources.push({ source, title, start, end })
    if (!numbers.has(key)) numbers.set(key, sources.length)
  }
  return { sources, numberOf }
}

/** From the numbers that an input's text uses to ours. Numbers that it never explained go away. */
function numberingOf(input: NodeInput, numbering: Numbering): (n: number) => number | undefined {
  const citations = new Map(citationsOf(input).map((citation) => [citation.n, citation]))
  return (n) => {
    const citation = citations.get(n)
    return citation && numbering.numberOf(citation)
  }
}

interface Told {
  input: NodeInput
  words: string
  /** JSON, one value a line; brackets in it are never citations. */
  data: string
}

/** What an input says in words, and the data that no part of ours explains. Passages speak for themselves. */
function toTold(input: NodeInput): Told {
  const words = passagesOf(input).length > 0 ? '' : withoutSourceList(input.text, citationsOf(input)).trim()
  const unknown = input.data.filter((item) => !isOurs(item))
  return { input, words, data: unknown.map((item) => JSON.stringify(item)).join('\n') }
}

/** The list at the end of an earlier answer is made anew for this one. */
function withoutSourceList(text: string, citations: readonly Citation[]): string {
  return citations.length === 0 ? text : text.replace(/\n+Sources:\n(?:\[\d+\] .*(?:\n|$))+$/, '')
}

function passagesOf(input: NodeInput): Passage[] {
  return input.data.flatMap((item) => passagesPartSchema.safeParse(item).data?.passages ?? [])
}

function citationsOf(input: NodeInput): Citation[] {
  return input.data.flatMap((item) => citationsPartSchema.safeParse(item).data?.citations ?? [])
}

function isOurs(item: unknown): boolean {
  return passagesPartSchema.safeParse(item).success || citationsPartSchema.safeParse(item).success || isBookkeeping(item)
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`
}
