import { toTerms } from './terms.ts'

/** How much each kind of feature weighs. Stems carry the meaning; pieces of words forgive spelling. */
const WEIGHTS = { term: 1, pair: 0.6, trigram: 0.25 } as const

/**
 * A text as a vector of unit length: its stems, neighbouring pairs of stems and letter trigrams,
 * each hashed to one dimension and one sign. Texts that share words point the same way; nothing is
 * known of meaning beyond that. The same text is the same vector on every machine.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float64Array(dimensions)
  const add = (feature: string, weight: number): void => {
    const hash = hashOf(feature)
    const index = (hash >>> 1) % dimensions
    vector[index] = (vector[index] ?? 0) + (hash & 1 ? weight : -weight)
  }

  const terms = toTerms(text)
  for (const [index, term] of terms.entries()) {
    add(`t:${term}`, WEIGHTS.term)
    if (index > 0) add(`p:${terms[index - 1]} ${term}`, WEIGHTS.pair)
    for (let start = 0; start + 3 <= term.length; start++) add(`g:${term.slice(start, start + 3)}`, WEIGHTS.trigram)
  }
  // A text of nothing but stop words or signs is still some vector, and always the same one.
  if (terms.length === 0) add(`r:${text}`, 1)
  return toUnitLength(vector)
}

function toUnitLength(vector: Float64Array): Float32Array {
  let length = Math.hypot(...vector)
  if (length === 0) {
    vector[0] = 1
    length = 1
  }
  return Float32Array.from(vector, (value) => value / length)
}

/** FNV-1a with a last stir, since its low bits alone are poor. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
