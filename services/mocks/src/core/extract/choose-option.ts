import { splitGoal } from '../plan/split-goal.ts'
import { pickFindings } from './pick-findings.ts'
import { rankSentences, toCandidates, type Material } from './rank-sentences.ts'

export interface Choice {
  question: string
  options: readonly string[]
  /** What earlier agents said. Where they said one of the options, that is a vote for it. */
  results: readonly Material[]
  passages: readonly Material[]
}

/**
 * Chooses one of the options by what is at hand: what most earlier results say, then what the
 * sentences of the material speak for. Where nothing speaks for any, it is the first; for a question
 * of yes or no it is no.
 */
export function chooseOption({ question, options, results, passages }: Choice): string {
  const materials = [...passages, ...results.filter(({ text }) => voteOf(text, options) === undefined)]
  const votes = results.map(({ text }) => voteOf(text, options))
  const evidence = isYesOrNo(options) ? weighYesOrNo(question, options, materials) : weighNames(question, options, materials)
  const weights = options.map((option, index) => votes.filter((vote) => vote === option).length * VOTE + (evidence[index] ?? 0))
  return options[weights.indexOf(Math.max(...weights))] as string
}

/** One voice weighs more than any sentence: a judge breaks ties by evidence, and nothing else. */
const VOTE = 1_000

function voteOf(text: string, options: readonly string[]): string | undefined {
  const said = plain(text)
  return options.find((option) => plain(option) === said)
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

const YES = /^(?:yes|true|agree|agreed|correct|supported)$/i
const NO = /^(?:no|false|disagree|disagreed|wrong|not supported|unsupported)$/i

function isYesOrNo(options: readonly string[]): boolean {
  return options.some((option) => YES.test(option)) && options.some((option) => NO.test(option))
}

const DENYING = /\b(?:no|not|never|none|neither|nor|cannot|without|unable)\b|n't\b/gi

/** The sentence that answers best says yes, unless it denies and the question does not. */
function weighYesOrNo(question: string, options: readonly string[], materials: readonly Material[]): number[] {
  const [best] = pickFindings([question], toCandidates(materials), 1)[0]?.sentences ?? []
  const says = best !== undefined && countDenials(best.text) % 2 === countDenials(question) % 2
  return options.map((option) => ((says ? YES : NO).test(option) ? 1 : 0))
}

function countDenials(text: string): number {
  return text.match(DENYING)?.length ?? 0
}

const SENTENCES = 3

/** How much the best sentences on each option carry of the question as well. */
function weighNames(question: string, options: readonly string[], materials: readonly Material[]): number[] {
  const candidates = toCandidates(materials)
  const asked = splitGoal(question).kind === 'single' ? options.reduce((rest, option) => rest.replace(option, ' '), question) : ''
  return options.map((option) =>
    rankSentences(`${option} ${asked}`, candidates)
      .filter(({ candidate }) => speaksOf(candidate.text, option) || speaksOf(candidate.material.source, option))
      .slice(0, SENTENCES)
      .reduce((sum, { score }) => sum + score, 0),
  )
}

function speaksOf(text: string, option: string): boolean {
  const words = ` ${plain(text)} `
  if (words.includes(` ${plain(option)} `)) return true
  return plain(option)
    .split(' ')
    .some((word) => word.length > 1 && words.includes(` ${word} `))
}
