import { rankSentences, toCandidates, type Material } from './rank-sentences.ts'
import { readSentences } from './read-sentences.ts'

const MOST = 8

/** What `List every X that is found, one a line, and nothing else.` asks for. */
export function readListing(instruction: string): string | undefined {
  return /^list every (?<what>.+?) that is found, one a line\b/i.exec(instruction.trim())?.groups?.['what']
}

/**
 * The things of a kind that the material speaks of, one a line: its files where files are asked for;
 * else the headings under which the question's words stand, or where there are no two of those, the
 * sentences.
 */
export function listFindings(what: string, materials: readonly Material[]): string {
  const ranked = rankSentences(what, toCandidates(materials))
  if (/\b(?:documents?|files?|pages?|sources?|articles?|reports?)\b/i.test(what)) {
    const sources = new Set([...ranked.map(({ candidate }) => candidate.material.source), ...materials.map(({ source }) => source)])
    return [...sources].slice(0, MOST).join('\n')
  }
  const headings = new Set(ranked.flatMap(({ candidate }) => headingOf(candidate.material, candidate.text)))
  const lines = headings.size > 1 ? [...headings] : ranked.map(({ candidate }) => candidate.text)
  return lines.length > 0 ? lines.slice(0, MOST).join('\n') : `Nothing was found on ${what}.`
}

function headingOf({ text }: Material, sentence: string): string[] {
  const heading = readSentences(text).find((one) => one.text === sentence)?.heading ?? ''
  return heading === '' ? [] : [heading]
}
