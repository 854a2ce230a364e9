import { readPassages, readSection } from '@signalbox/contracts'

import { toTerms } from '../text/terms.ts'
import type { Material } from './rank-sentences.ts'
import { readResults } from './read-results.ts'
import { writeAnswer, writeContrast } from './write-answer.ts'

/**
 * Answers a prompt made of sections, out of its `passages`, or where there are none out of earlier
 * agents' `results`. Undefined where the prompt asks nothing.
 */
export function answerFromSections(prompt: string): string | undefined {
  const question = readQuestion(prompt)
  if (question === undefined) return undefined
  const passages: Material[] = readPassages(readSection(prompt, 'passages') ?? '')
  const results = readResults(readSection(prompt, 'results') ?? '')
  if (passages.length === 0 && results.length === 0) return NOTHING_TO_GO_BY
  const materials = passages.length > 0 ? passages : results
  return isComparingStep(prompt) ? writeContrast({ question, materials }) : writeAnswer({ question, materials })
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
