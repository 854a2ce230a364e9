import { createHash } from 'node:crypto'

import type { Example } from '../examples.ts'
import { featuresOf } from '../features.ts'
import { composeExamples } from '../grammar/compose.ts'
import { createRandom } from '../grammar/random.ts'
import { scoreFeatures, type Model } from '../model.ts'
import type { Weights } from '../weights.ts'
import { calibrate, type Judged } from './calibrate.ts'
import { fitModel, type Sample } from './fit.ts'

export const SEED = 20_261_121
export const COMPOSED = 18_000

export interface TrainOptions {
  seed: number
  /** How many requests are composed and trained on beside the examples. */
  composed: number
  onProgress?: (text: string) => void
}

/**
 * Weights from examples and from requests composed by the grammar. Where an answer is sure is found on sources that the
 * model has not seen: each is judged by a model of all the others.
 */
export function trainRouter(examples: readonly Example[], { seed, composed, onProgress = () => {} }: TrainOptions): Weights {
  onProgress(`reading ${examples.length} examples, composing ${composed}`)
  const all = [...examples, ...composeExamples(createRandom(seed), composed)]
  const samples = toSamples(all)
  const judged = [...leaveOneSourceOut(samples, seed, onProgress)].flatMap(({ source, model }) =>
    judge(
      model,
      samples.filter((sample) => sample.source === source),
    ),
  )
  onProgress('training on everything')
  const record = { seed, sha256: checksumOf(all), examples: countBySource(all) }
  return { model: fitModel(samples, seed), band: calibrate(judged), record }
}

/** A model for each real source that has never seen it. Composed requests are in all of them. */
export function* leaveOneSourceOut(samples: readonly Sample[], seed: number, onProgress: (text: string) => void): Generator<{ source: string; model: Model }> {
  const sources = [...new Set(samples.map(({ source }) => source))].filter((source) => source !== 'composed').toSorted()
  for (const source of sources) {
    onProgress(`training without ${source}`)
    yield {
      source,
      model: fitModel(
        samples.filter((sample) => sample.source !== source),
        seed,
      ),
    }
  }
}

export function toSamples(examples: readonly Example[]): Sample[] {
  return examples.map(({ source, needs_orchestration, prompt }) => ({ source, needs_orchestration, features: featuresOf(prompt) }))
}

export function judge(model: Model, samples: readonly Sample[]): Judged[] {
  return samples.map(({ source, needs_orchestration, features }) => ({ source, needs_orchestration, score: scoreFeatures(model, features) }))
}

function checksumOf(examples: readonly Example[]): string {
  const hash = createHash('sha256')
  for (const { prompt, needs_orchestration, source } of examples) hash.update(`${JSON.stringify([source, prompt, needs_orchestration])}\n`)
  return hash.digest('hex')
}

function countBySource(examples: readonly Example[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { source } of examples.toSorted((one, other) => (one.source < other.source ? -1 : 1))) counts[source] = (counts[source] ?? 0) + 1
  return counts
}
