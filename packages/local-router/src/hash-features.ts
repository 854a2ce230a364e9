/** How many buckets features are hashed into. */
export const BUCKETS = 1 << 15

/** Sequences of one to three symbols. */
const LONGEST_SEQUENCE = 3
const PRIME = 0x01000193
const SEQUENCE_SEED = 0x811c9dc5
const PAIR_SEED = 0x01234567

/** The buckets of every sequence of symbols and of every pair, each once, in the order of first occurrence. */
export function hashFeatures(symbols: readonly string[], pairs: readonly string[]): number[] {
  const buckets = new Set<number>()
  for (const pair of pairs) buckets.add(toBucket(hash(PAIR_SEED, pair)))
  for (let start = 0; start < symbols.length; start++) {
    let sequence = SEQUENCE_SEED
    for (let at = start; at < Math.min(symbols.length, start + LONGEST_SEQUENCE); at++) {
      sequence = Math.imul(hash(sequence, symbols[at] as string) ^ 0x20, PRIME)
      buckets.add(toBucket(sequence))
    }
  }
  return [...buckets]
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
