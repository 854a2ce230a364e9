/** Chance that can be had again: all that one dice says follows from its seed. */
export interface Dice {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
  shuffle<Item>(items: readonly Item[]): Item[]
}

const SEED = 20_261_121

/** The dice of one story. Its seed is printed, and is what `CHAOS_SEED` says where that is set. */
export function rollDice(story: string): Dice {
  const seed = Number(process.env['CHAOS_SEED'] ?? SEED)
  if (!Number.isSafeInteger(seed)) throw new Error('CHAOS_SEED is not a whole number')
  console.log(`${story}: CHAOS_SEED=${seed}`)
  return createDice(seed)
}

/** Mulberry32: small, and good enough to choose by. */
export function createDice(seed: number): Dice {
  let state = seed | 0
  function next(): number {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    between,
    pick(items) {
      if (items.length === 0) throw new Error('there is nothing to pick from')
      return items[between(0, items.length - 1)] as (typeof items)[number]
    },
    shuffle(items) {
      const shuffled = [...items]
      for (let index = shuffled.length - 1; index > 0; index -= 1) {
        const other = between(0, index)
        ;[shuffled[index], shuffled[other]] = [shuffled[other] as (typeof items)[number], shuffled[index] as (typeof items)[number]]
      }
      return shuffled
    },
  }
}
