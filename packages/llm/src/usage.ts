import type { Usage } from '@signalbox/contracts'
import { z } from 'zod'

import { toCost, type PriceMap } from './prices.ts'

/** Tokens as providers count them on the wire; some leave out what is 0. */
export const wireUsageSchema = z.looseObject({
  prompt_tokens: z.int().nonnegative().nullish(),
  completion_tokens: z.int().nonnegative().nullish(),
  total_tokens: z.int().nonnegative().nullish(),
})
export type WireUsage = z.infer<typeof wireUsageSchema>

/** What was counted, and what it costs. Where nothing was counted, nothing is known: 0 tokens, cost null. */
export function toUsage(wire: WireUsage | null | undefined, model: string, prices: PriceMap): Usage {
  if (!wire) return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: null }
  const prompt = wire.prompt_tokens ?? 0
  const completion = wire.completion_tokens ?? 0
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: wire.total_tokens ?? prompt + completion,
    cost_usd: toCost(prices, model, { prompt, completion }),
  }
}
