/**
 * Latent semantic analysis: vectors for texts, computed from the texts themselves.
 *
 * A corpus is a matrix of passages by terms, weighted by how rare a term is. Its strongest directions,
 * found by subspace iteration, are what its words have in common; a text's vector is its shadow on
 * them. Nothing is downloaded, the same corpus gives the same vectors, and together with BM25 it was
 * measured to beat BM25 alone.
 */

/** A text as its terms, each with how often it stands there. */
export type Terms = ReadonlyMap<string, number>

export interface LsaModel {
  dimensions: number
  /** Each term's column. */
  columns: ReadonlyMap<string, number>
  /** Each column's weight: how rare its term is. */
  weights: Float32Array
  /** columns × dimensions, row by row: where each term stands in the space. */
  basis: Float32Array
}

export interface LsaOptions {
  dimensions: number
  /** How many terms are looked at, the most frequent first. */
  maxTerms: number
  iterations: number
}

export const DEFAULT_LSA: LsaOptions = { dimensions: 256, maxTerms: 20_000, iterations: 4 }

interface SparseRow {
  columns: Int32Array
  values: Float32Array
}

/** Fits a model to a corpus. Deterministic. Costs seconds for ten thousand passages. */
export function fitLsa(corpus: readonly Terms[], options: LsaOptions = DEFAULT_LSA): LsaModel {
  const { columns, weights } = readVocabulary(corpus, options.maxTerms)
  const dimensions = Math.max(1, Math.min(options.dimensions, Math.floor(corpus.length / 2), columns.size))
  const rows = corpus.map((terms) => toRow(terms, columns, weights))
  let basis = randomMatrix(columns.size, dimensions)
  for (let iteration = 0; iteration < options.iterations; iteration += 1) {
    basis = timesTransposed(rows, times(rows, basis, dimensions), columns.size, dimensions)
    // Between the iterations the directions only need to stay apart; at the end they must be at right angles.
    orthonormalize(basis, { rows: columns.size, columns: dimensions, passes: iteration + 1 < options.iterations ? 1 : 2 })
  }
  return { dimensions, columns, weights, basis }
}

/** A text's vector, of length 1; all zeros for a text of which no term is known. */
export function embedTerms(model: LsaModel, terms: Terms): Float32Array {
  const row = toRow(terms, model.columns, model.weights)
  const vector = new Float32Array(model.dimensions)
  for (const [index, column] of row.columns.entries()) {
    const value = row.values[index] as number
    const at = column * model.dimensions
    for (let dimension = 0; dimension < model.dimensions; dimension += 1)
      vector[dimension] = (vector[dimension] as number) + value * (model.basis[at + dimension] as number)
  }
  return normalize(vector)
}

function readVocabulary(corpus: readonly Terms[], maxTerms: number): { columns: Map<string, number>; weights: Float32Array } {
  const frequency = new Map<string, number>()
  for (const terms of corpus) for (const term of terms.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1)
  // A term that stands in one passage alone says nothing about what passages have in common.
  const kept = [...frequency]
    .filter(([, count]) => count > 1)
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, maxTerms)
  return {
    columns: new Map(kept.map(([term], index) => [term, index])),
    weights: Float32Array.from(kept, ([, count]) => Math.log((corpus.length + 1) / (count + 0.5))),
  }
}

function toRow(terms: Terms, columns: ReadonlyMap<string, number>, weights: Float32Array): SparseRow {
  const known = [...terms].flatMap(([term, count]): [number, number][] => {
    const column = columns.get(term)
    return column === undefined ? [] : [[column, (1 + Math.log(count)) * (weights[column] as number)]]
  })
  return { columns: Int32Array.from(known, ([column]) => column), values: normalize(Float32Array.from(known, ([, value]) => value)) }
}

/** rows · basis: passages × dimensions. */
function times(rows: readonly SparseRow[], basis: Float32Array, dimensions: number): Float32Array {
  const product = new Float32Array(rows.length * dimensions)
  for (const [rowIndex, row] of rows.entries()) {
    const to = rowIndex * dimensions
    for (let index = 0; index < row.columns.length; index += 1) {
      const value = row.values[index] as number
      const from = (row.columns[index] as number) * dimensions
      for (let dimension = 0; dimension < dimensions; dimension += 1)
        product[to + dimension] = (product[to + dimension] as number) + value * (basis[from + dimension] as number)
    }
  }
  return product
}

/** rowsᵀ · matrix: terms × dimensions. */
function timesTransposed(rows: readonly SparseRow[], matrix: Float32Array, terms: number, dimensions: number): Float32Array {
  const product = new Float32Array(terms * dimensions)
  for (const [rowIndex, row] of rows.entries()) {
    const from = rowIndex * dimensions
    for (let index = 0; index < row.columns.length; index += 1) {
      const value = row.values[index] as number
      const to = (row.columns[index] as number) * dimensions
      for (let dimension = 0; dimension < dimensions; dimension += 1)
        product[to + dimension] = (product[to + dimension] as number) + value * (matrix[from + dimension] as number)
    }
  }
  return product
}

/** Gram–Schmidt over the columns, in place; in two passes nothing of the others is left in a column, in one almost nothing. The matrix lies row by row, so the columns are taken out first. */
function orthonormalize(matrix: Float32Array, { rows, columns, passes }: { rows: number; columns: number; passes: number }): void {
  const vectors = Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_unused, row) => matrix[row * columns + column] as number),
  )
  for (const [index, vector] of vectors.entries()) {
    for (let pass = 0; pass < passes; pass += 1) {
      for (let other = 0; other < index; other += 1) {
        const before = vectors[other] as Float64Array
        let dot = 0
        for (let row = 0; row < rows; row += 1) dot += (vector[row] as number) * (before[row] as number)
        for (let row = 0; row < rows; row += 1) vector[row] = (vector[row] as number) - dot * (before[row] as number)
      }
    }
    let length = 0
    for (let row = 0; row < rows; row += 1) length += (vector[row] as number) ** 2
    const scale = length > 1e-20 ? 1 / Math.sqrt(length) : 0
    for (let row = 0; row < rows; row += 1) matrix[row * columns + index] = vector[row] = (vector[row] as number) * scale
  }
}

/** Small numbers that are the same in every run. */
function randomMatrix(rows: number, columns: number): Float32Array {
  let state = 0x2545_f491
  return Float32Array.from({ length: rows * columns }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0xffff_ffff - 0.5
  })
}

function normalize(vector: Float32Array): Float32Array {
  let length = 0
  for (const value of vector) length += value * value
  if (length === 0) return vector
  const scale = 1 / Math.sqrt(length)
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] as number) * scale
  return vector
}
