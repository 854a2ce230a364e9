import { BUCKETS } from './hash-features.ts'
import type { Features } from './features.ts'
import { walkTree, type Tree } from './tree.ts'

/** Two views of a request, averaged: a line through what occurs in it, and trees over its numbers. */
export interface Model {
  bias: number
  /** One for each bucket. */
  weights: Float64Array
  trees: readonly Tree[]
}

/** What a model says in log-odds: above zero for several capabilities, below it for one. */
export function scoreFeatures(model: Model, features: Features): number {
  return (scoreLine(model, features.active) + scoreTrees(model, features.counts)) / 2
}

export function scoreLine({ bias, weights }: Pick<Model, 'bias' | 'weights'>, active: readonly number[]): number {
  let sum = 0
  for (const bucket of active) sum += weights[bucket] as number
  // Long requests have more features, and are not surer for it.
  return bias + sum / Math.sqrt(active.length + 1)
}

function scoreTrees({ trees }: Model, counts: Float32Array): number {
  let sum = 0
  for (const tree of trees) sum += walkTree(tree, counts)
  return sum
}

export const LINE_SIZE = BUCKETS
