import type { Random } from '../grammar/random.ts'
import { walkTree, type Tree } from '../tree.ts'

export interface TreesOptions {
  trees: number
  depth: number
  rate: number
  smallestLeaf: number
  regularization: number
  random: Random
}

const BINS = 48
const SEEN_FEATURES = 0.5

/** Gradient-boosted trees for logistic loss, over histograms. Each tree sees half of the features, so that none is leant on. */
export function trainTrees(rows: readonly Float32Array[], labels: readonly number[], importance: readonly number[], options: TreesOptions): Tree[] {
  const width = rows[0]?.length ?? 0
  const edges = Array.from({ length: width }, (_, feature) => binEdges(rows, feature))
  const binned = edges.map((edge, feature) => Uint8Array.from(rows, (row) => binOf(edge, row[feature] as number)))
  const scores = new Float64Array(rows.length)
  const gradient = new Float64Array(rows.length)
  const curvature = new Float64Array(rows.length)
  return Array.from({ length: options.trees }, () => {
    for (let row = 0; row < rows.length; row++) {
      const probability = 1 / (1 + Math.exp(-(scores[row] as number)))
      gradient[row] = ((labels[row] as number) - probability) * (importance[row] as number)
      curvature[row] = Math.max(1e-6, probability * (1 - probability) * (importance[row] as number))
    }
    const seen = Array.from({ length: width }, () => options.random() < SEEN_FEATURES)
    const tree = growTree({ binned, edges, gradient, curvature, options, seen })
    for (let row = 0; row < rows.length; row++) scores[row] = (scores[row] as number) + walkTree(tree, rows[row] as Float32Array)
    return tree
  })
}

interface Growth {
  binned: Uint8Array[]
  edges: Float32Array[]
  gradient: Float64Array
  curvature: Float64Array
  options: TreesOptions
  seen: readonly boolean[]
}

interface Node {
  feature: number
  threshold: number
  left: number
  right: number
  value: number
}

function growTree(growth: Growth): Tree {
  const nodes: Node[] = []
  const grow = (rows: Int32Array, depth: number): number => {
    const place = nodes.length
    let sumGradient = 0
    let sumCurvature = 0
    for (const row of rows) {
      sumGradient += growth.gradient[row] as number
      sumCurvature += growth.curvature[row] as number
    }
    nodes.push({ feature: -1, threshold: 0, left: 0, right: 0, value: (growth.options.rate * sumGradient) / (sumCurvature + growth.options.regularization) })
    if (depth === 0 || rows.length < 2 * growth.options.smallestLeaf) return place
    const split = bestSplit(growth, rows, sumGradient, sumCurvature)
    if (!split) return place
    const column = growth.binned[split.feature] as Uint8Array
    const goesLeft = (row: number): boolean => (column[row] as number) <= split.bin
    const node = nodes[place] as Node
    node.feature = split.feature
    node.threshold = (growth.edges[split.feature] as Float32Array)[split.bin] as number
    node.left = grow(rows.filter(goesLeft), depth - 1)
    node.right = grow(
      rows.filter((row) => !goesLeft(row)),
      depth - 1,
    )
    return place
  }
  grow(Int32Array.from(growth.gradient.keys()), growth.options.depth)
  return {
    feature: Int8Array.from(nodes, ({ feature }) => feature),
    threshold: Float32Array.from(nodes, ({ threshold }) => threshold),
    left: Int16Array.from(nodes, ({ left }) => left),
    right: Int16Array.from(nodes, ({ right }) => right),
    value: Float32Array.from(nodes, ({ value }) => value),
  }
}

function bestSplit({ binned, edges, gradient, curvature, options, seen }: Growth, rows: Int32Array, sumGradient: number, sumCurvature: number) {
  let best: { feature: number; bin: number } | undefined
  let bestGain = 1e-3
  const worth = (g: number, h: number): number => (g * g) / (h + options.regularization)
  const whole = worth(sumGradient, sumCurvature)
  const gradients = new Float64Array(BINS + 1)
  const curvatures = new Float64Array(BINS + 1)
  const counts = new Int32Array(BINS + 1)
  for (let feature = 0; feature < binned.length; feature++) {
    if (!seen[feature]) continue
    const column = binned[feature] as Uint8Array
    const last = (edges[feature] as Float32Array).length
    gradients.fill(0)
    curvatures.fill(0)
    counts.fill(0)
    for (const row of rows) {
      const bin = column[row] as number
      gradients[bin] = (gradients[bin] as number) + (gradient[row] as number)
      curvatures[bin] = (curvatures[bin] as number) + (curvature[row] as number)
      counts[bin] = (counts[bin] as number) + 1
    }
    let leftGradient = 0
    let leftCurvature = 0
    let leftCount = 0
    for (let bin = 0; bin < last; bin++) {
      leftGradient += gradients[bin] as number
      leftCurvature += curvatures[bin] as number
      leftCount += counts[bin] as number
      if (leftCount < options.smallestLeaf || rows.length - leftCount < options.smallestLeaf) continue
      const gain = worth(leftGradient, leftCurvature) + worth(sumGradient - leftGradient, sumCurvature - leftCurvature) - whole
      if (gain > bestGain) {
        bestGain = gain
        best = { feature, bin }
      }
    }
  }
  return best
}

/** Where a feature's values are cut: a value belongs to the first edge that it does not exceed. */
function binEdges(rows: readonly Float32Array[], feature: number): Float32Array {
  const values = Float32Array.from(rows, (row) => row[feature] as number).toSorted()
  const edges = new Set<number>()
  for (let cut = 1; cut <= BINS; cut++) edges.add(values[Math.min(values.length - 1, Math.floor((cut * values.length) / (BINS + 1)))] as number)
  const distinct = [...new Set(values)]
  if (distinct.length <= BINS) return Float32Array.from(distinct.slice(0, -1))
  return Float32Array.from(edges).toSorted()
}

function binOf(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= (edges[middle] as number)) high = middle
    else low = middle + 1
  }
  return low
}
