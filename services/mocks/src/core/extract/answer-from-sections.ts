import { readPassages, readSection } from '@signalbox/contracts'

import { splitGoal } from '../plan/split-goal.ts'
import { readWishes } from '../plan/read-wishes.ts'
import { readOptions } from '../read-options.ts'
import { toTerms } from '../text/terms.ts'
import { chooseOption } from './choose-option.ts'
import { listFindings, readListing } from './list-findings.ts'
import { readNotDone } from './not-done.ts'
import type { Material } from './rank-sentences.ts'
import { readResults } from './read-results.ts'
import { writeAnswer, writeContrast } from './write-answer.ts'
import { joinWholes, readWholes } from './write-whole.ts'

/**
 * Answers a prompt made of sections, out of its `passages`, or where there are none out of earlier
 * agents' `results`. A vote is one of its options, a list is its lines, and what was decided or
 * worked out by itself is passed on. What it is told to say was not done comes last. Undefined where the prompt asks nothing.
 */
export function answerFromSections(told: string): string | undefined {
  const { prompt, notDone } = withoutNotDone(told)
  const answer = answerWithout(prompt)
  if (answer === undefined) return undefined
  return [answer, ...notDone.filter((note) => !answer.includes(note)).map((note) => `**Not done:** ${note}`)].join('\n\n')
}

/** What the instruction would have said besides is no question. */
function withoutNotDone(prompt: string): { prompt: string; notDone: string[] } {
  const told = readSection(prompt, 'instruction')
  if (told === undefined) return { prompt, notDone: [] }
  const { instruction, notDone } = readNotDone(told)
  return { prompt: notDone.length === 0 ? prompt : prompt.replace(told, () => instruction), notDone }
}

function answerWithout(prompt: string): string | undefined {
  const instruction = readSection(prompt, 'instruction') ?? ''
  const question = readQuestion(prompt)
  if (question === undefined) return undefined
  const passages: Material[] = readPassages(readSection(prompt, 'passages') ?? '')
  const results = readResults(readSection(prompt, 'results') ?? '')
  const options = readOptions(instruction)
  if (options) return chooseOption({ question: withoutOptions(instruction), options, results, passages })
  if (passages.length === 0 && results.length === 0) return NOTHING_TO_GO_BY

  const item = results.find(({ name }) => name === 'item')
  const others = results.filter((result) => result !== item)
  const materials = passages.length > 0 ? passages : others.length > 0 ? others : results
  const listing = readListing(instruction)
  if (listing !== undefined) return listFindings(listing, materials)
  if (item) return answerItem(item.text.split('\n')[0] ?? '', readSection(prompt, 'goal') ?? question, materials)
  // One side may have been looked up here, and the other worked out elsewhere.
  if (isComparingStep(prompt)) return writeContrast({ question, materials: [...passages, ...others] })
  return answerWhole({ question, passages, results })
}

/** An answer to the goal, in which what is whole already is passed on. */
function answerWhole({ question, passages, results }: { question: string; passages: Material[]; results: ReturnType<typeof readResults> }): string {
  const wholes = readWholes(results)
  const materials = passages.length > 0 ? passages : wholes.others
  if (wholes.decision === undefined && wholes.parts.length === 0) return writeAnswer({ question, materials })
  const { goal, each } = readWishes(question)
  const isAnswered = materials.length === 0 || goal === '' || each !== undefined || splitGoal(goal).topics.every((topic) => toTerms(topic).length === 0)
  return joinWholes(wholes, isAnswered ? undefined : writeAnswer({ question: goal, materials }))
}

function withoutOptions(instruction: string): string {
  return instruction
    .replace(/\s*\bAnswer with exactly one of:[^\n]*$/i, '')
    .replace(/^Several agents were asked[^\n]*\n+/i, '')
    .trim()
}

/** What the material says of one item of a list: an item that is a file by what stands in it, any other by its own words. */
function answerItem(item: string, goal: string, materials: readonly Material[]): string {
  const ofFile = materials.filter(({ source }) => source === item)
  return `**${item}**\n\n${ofFile.length > 0 ? writeAnswer({ question: goal, materials: ofFile }) : writeAnswer({ question: item, materials })}`
}

/** A node that compares for others to read; not the goal itself handed on. */
function isComparingStep(prompt: string): boolean {
  const instruction = readSection(prompt, 'instruction')?.trim() ?? ''
  return /^compare\b/i.test(instruction) && instruction !== readSection(prompt, 'goal')?.trim()
}

const NOTHING_TO_GO_BY =
  'I was given no passages and no results to answer from. I am the built-in scripted model: I know nothing by myself and only quote documents. ' +
  'Add documents with `npm run ingest -- PATH`, or set OPENAI_API_KEY or LLM_BASE_URL to use a real model.'

/** An instruction that has words of its own is what is asked; "write the answer to the goal" is not. */
function readQuestion(prompt: string): string | undefined {
  const goal = readSection(prompt, 'goal') ?? readSection(prompt, 'question')
  const instruction = readSection(prompt, 'instruction')
  const own = toTerms(instruction ?? '').filter((term) => !GENERIC.has(term))
  const question = goal === undefined || own.length > 2 ? (instruction ?? goal) : goal
  return question?.trim() === '' ? undefined : question
}

const GENERIC = new Set(
  toTerms(
    'answer goal question user result results passages source sources cite citing citation write final complete rests earlier nodes agents text clear concise findings based combine summarise reply',
  ),
)
