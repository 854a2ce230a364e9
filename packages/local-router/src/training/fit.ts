import type { Example } from '../examples.ts'
import type { Features } from '../features.ts'
import { createRandom } from '../grammar/random.ts'
import { LINE_SIZE, type Line, type Model } from '../model.ts'
import { trainLine } from './line.ts'
import { trainTrees } from './trees.ts'

/** An example as the trainer sees it. */
export interface Sample {
  source: string
  needs_orchestration: boolean
  features: Features
}

const LINE = { size: LINE_SIZE, epochs: 10, rate: 0.2, decay: 3e-4 }
const TREES = { trees: 120, depth: 4, rate: 0.15, smallestLeaf: 25, regularization: 8 }

/** A model of these samples. The same samples and seed give the same model. */
export function fitModel(samples: readonly Sample[], seed: number): Model {
  const labels = samples.map(({ needs_orchestration }) => (needs_orchestration ? 1 : 0))
  const importance = toImportance(samples)
  const lineThrough = (view: 'sequences' | 'pairs'): Line =>
    trainLine(
      samples.map(({ features }) => features[view]),
      labels,
      importance,
      { ...LINE, random: createRandom(seed) },
    )
  const trees = trainTrees(
    samples.map(({ features }) => features.counts),
    labels,
    importance,
    { ...TREES, random: createRandom(seed + 1) },
  )
  return { sequences: lineThrough('sequences'), pairs: lineThrough('pairs'), trees }
}

/** A source of many examples counts for more than one of few, but not in proportion: what is learned is to hold in all of them. */
function toImportance(samples: readonly Sample[]): number[] {
  const group = ({ source, needs_orchestration }: Pick<Example, 'source' | 'needs_orchestration'>): string => `${source} ${needs_orchestration}`
  const sizes = new Map<string, number>()
  for (const sample of samples) sizes.set(group(sample), (sizes.get(group(sample)) ?? 0) + 1)
  const weights = samples.map((sample) => 1 / Math.sqrt(sizes.get(group(sample)) ?? 1))
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length)
  return weights.map((weight) => weight / mean)
}
