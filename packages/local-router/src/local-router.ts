import { readFileSync } from 'node:fs'

import { explainVerdict } from './explain-verdict.ts'
import { isFamiliar, MOST_CHARACTERS, standsAlone } from './familiar.ts'
import { toFeatures } from './features.ts'
import { scoreFeatures } from './model.ts'
import { readRequest } from './reading.ts'
import { WEIGHTS_FILE } from './weights-file.ts'
import { parseWeights, type Weights } from './weights.ts'

/** What is to be judged: the last user text, and what was said before it (empty where nothing was). */
export interface LocalQuestion {
  question: string
  conversation: string
}

export interface LocalVerdict {
  needs_orchestration: boolean
  /** How likely it is right, 0.5 to 1, as measured on sources that were not trained on. */
  confidence: number
  /** One short sentence for people. Never quotes the question. */
  reason: string
}

/** Says whether a request takes several capabilities, without asking a model. */
export interface LocalRouter {
  /** Synchronous, below a millisecond, never throws. Undefined when it is not sure. */
  judge(question: LocalQuestion): LocalVerdict | undefined
}

/**
 * 1. It answers only within the band that was calibrated on sources it had not seen; else it leaves the question to others.
 * 2. What is unlike its training (other languages, a word or two, nothing) it leaves to others.
 * 3. A follow-up that means nothing without the conversation it leaves to others: it reads only the question.
 * 4. What a prompt says of its own routing is not read.
 *
 * @throws Error when the weights that ship with it cannot be read.
 */
export function openLocalRouter(): LocalRouter {
  return createLocalRouter(parseWeights(readFileSync(WEIGHTS_FILE, 'utf8')))
}

export function createLocalRouter({ model, band }: Pick<Weights, 'model' | 'band'>): LocalRouter {
  return {
    judge({ question, conversation }) {
      if (question.length > MOST_CHARACTERS) return undefined
      const reading = readRequest(question)
      if (!isFamiliar(reading) || (conversation !== '' && !standsAlone(reading))) return undefined
      const score = scoreFeatures(model, toFeatures(reading))
      const needs_orchestration = score > band.complex
      if (!needs_orchestration && score >= band.simple) return undefined
      return { needs_orchestration, confidence: 1 / (1 + Math.exp(-Math.abs(score) * band.slope)), reason: explainVerdict(reading, needs_orchestration) }
    },
  }
}
