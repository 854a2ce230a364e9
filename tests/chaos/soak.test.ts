import { expect, test } from 'vitest'

import { runSoak } from './soak/run-soak.ts'

/** `CHAOS_SEED` and `SOAK_SECONDS` make it another, or a longer one; `npm run soak` is ten minutes of it. */
const seed = Number(process.env['CHAOS_SEED'] ?? 20_261_121)
const seconds = Number(process.env['SOAK_SECONDS'] ?? 25)

test(
  'callers of every kind before a model that fails all the time: each hears its own answer or what went wrong, nobody waits for ever, and nothing piles up',
  async () => {
    console.log(`soak: CHAOS_SEED=${seed} SOAK_SECONDS=${seconds}`)
    const { requests, wrong, leftOpen, faults, memory, outcomes } = await runSoak({ seconds, seed, callers: 12 })
    console.log(JSON.stringify({ requests, memory, outcomes }))
    expect(wrong).toEqual([])
    expect(faults).toEqual([])
    expect(leftOpen).toBe(0)
    expect(requests).toBeGreaterThan(50)
    // What is warm by then grows by one or two; what is kept of every request would show as tens.
    expect(memory.heap.growth).toBeLessThan(20)
    expect(memory.external.growth).toBeLessThan(20)
  },
  (seconds + 240) * 1_000,
)
