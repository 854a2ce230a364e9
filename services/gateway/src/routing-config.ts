import { decimal, wholeNumber } from '@signalbox/config'
import { z } from 'zod'

/** What the gateway reads to decide which way a request goes. Spread into its schema. */
export const routingFields = {
  /** The small model that routes; `gpt-4o-mini` at OpenAI, LLM_MODEL at any other endpoint. */
  ROUTING_CLASSIFIER_MODEL: z.string().max(256).optional(),
  ROUTING_CLASSIFIER_TEMPERATURE: decimal({ min: 0, max: 2, fallback: 0 }),
  ROUTING_CLASSIFIER_TIMEOUT_MS: wholeNumber({ min: 10, max: 60_000, fallback: 2_500 }),
  /** How many verdicts are remembered, and for how long. */
  ROUTING_CACHE_ENTRIES: wholeNumber({ min: 0, max: 1_000_000, fallback: 2_000 }),
  ROUTING_CACHE_TTL_S: wholeNumber({ min: 1, max: 86_400, fallback: 600 }),
}
