import { describeBreakers } from './breaker-rules.ts'
import { createMemoryBreakers } from './memory-breakers.ts'

describeBreakers('breakers of one process', async (rules) => {
  let now = 1_700_000_000_000
  const breakers = createMemoryBreakers({ ...rules, clock: () => now })
  return {
    replicas: [breakers, breakers],
    now: async () => now,
    pass: async (ms) => void (now += ms),
    dispose: () => breakers.close(),
  }
})
