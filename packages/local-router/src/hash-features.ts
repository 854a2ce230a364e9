/** How many buckets features are hashed into. */
export const BUCKETS = 1 << 15

/** Sequences of one to three symbols. */
const LONGEST_SEQUENCE = 3
const PRIME = 0x01000193
const SEQUENCE_SEED = 0x811c9dc5
const PAIR_SEED = 0x01234567

/** The buckets of every sequence of symbols, each once, in the order of first occurrence. */
export function hashSequences(symbols: readonly string[]): number[] {
  const buckets = new Set<number>()
  for (let start = 0; start < symbols.length; start++) {
    let sequence = SEQUENCE_SEED
    for (let at = start; at < Math.min(symbols.length, start + LONGEST_SEQUENCE); at++) {
      sequence = Math.imul(hash(sequence, symbols[at] as string) ^ 0x20, PRIME)
      buckets.add(toBucket(sequence))
    }
  }
  return [...buckets]
}

/** The buckets of texts, each once, in the order of first occurrence. */
export function hashPairs(pairs: readonly string[]): number[] {
  return [...new Set(pairs.map((pair) => toBucket(hash(PAIR_SEED, pair))))]
}

/** FNV-1a. */
function hash(seed: number, text: string): number {
  let value = seed
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), PRIME)
  return value
}

function toBucket(value: number): number {
  return (value ^ (value >>> 15)) & (BUCKETS - 1)
}
