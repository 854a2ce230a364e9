import type { Example } from '../examples.ts'
import { BUCKETS, hashPairs } from '../hash-features.ts'
import { createRandom } from '../grammar/random.ts'
import { scoreLine } from '../model.ts'
import { trainLine } from '../training/line.ts'

/** What is usually done: words and pairs of words, hashed, and a line through them. The yardstick that ours is held to. */
export function trainPlainWords(examples: readonly Example[], seed: number): (prompt: string) => number {
  const line = trainLine(
    examples.map(({ prompt }) => toActive(prompt)),
    examples.map(({ needs_orchestration }) => (needs_orchestration ? 1 : 0)),
    examples.map(() => 1),
    { size: BUCKETS, epochs: 10, rate: 0.2, decay: 2e-5, random: createRandom(seed) },
  )
  return (prompt) => scoreLine(line, toActive(prompt))
}

function toActive(prompt: string): number[] {
  const words = prompt.toLowerCase().match(/[a-z]+|\d+|[^\s\w]/g) ?? []
  return hashPairs([...words, ...words.slice(1).map((word, at) => `${words[at]} ${word}`)])
}
