import { BUCKETS } from './hash-features.ts'
import type { Features } from './features.ts'
import { walkTree, type Tree } from './tree.ts'

/** A line through what occurs in a request. */
export interface Line {
  bias: number
  /** One for each bucket. */
  weights: Float64Array
}

/** Three views of a request: a line through its sentences, a line through what is asked for, and trees over its numbers. */
export interface Model {
  sequences: Line
  pairs: Line
  trees: readonly Tree[]
}

/** How much each view counts. Together they are one. */
const SHARES = { sequences: 4 / 11, pairs: 4 / 11, trees: 3 / 11 }

/** What a model says in log-odds: above zero for several capabilities, below it for one. */
export function scoreFeatures(model: Model, features: Features): number {
  return (
    SHARES.sequences * scoreLine(model.sequences, features.sequences) +
    SHARES.pairs * scoreLine(model.pairs, features.pairs) +
    SHARES.trees * scoreTrees(model.trees, features.counts)
  )
}

export function scoreLine({ bias, weights }: Line, active: readonly number[]): number {
  let sum = 0
  for (const bucket of active) sum += weights[bucket] as number
  // Long requests have more features, and are not surer for it.
  return bias + sum / Math.sqrt(active.length + 1)
}

function scoreTrees(trees: readonly Tree[], counts: Float32Array): number {
  let sum = 0
  for (const tree of trees) sum += walkTree(tree, counts)
  return sum
}

export const LINE_SIZE = BUCKETS
