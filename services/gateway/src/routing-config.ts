import { decimal, flag, wholeNumber } from '@signalbox/config'
import { z } from 'zod'

/** What the gateway reads to decide which way a request goes. Spread into its schema. */
export const routingFields = {
  /** Rules for keys and models; `routing.yaml` of DATA_DIR where there is one. */
  ROUTING_FILE: z.string().optional(),
  /** Whether the local router decides where it is sure. */
  ROUTING_LOCAL: flag(true),
  /** The small model that routes; `gpt-4o-mini` at OpenAI, LLM_MODEL at any other endpoint. */
  ROUTING_CLASSIFIER_MODEL: z.string().max(256).optional(),
  ROUTING_CLASSIFIER_TEMPERATURE: decimal({ min: 0, max: 2, fallback: 0 }),
  ROUTING_CLASSIFIER_TIMEOUT_MS: wholeNumber({ min: 10, max: 60_000, fallback: 2_500 }),
  /** How many verdicts are remembered, and for how long. */
  ROUTING_CACHE_ENTRIES: wholeNumber({ min: 0, max: 1_000_000, fallback: 2_000 }),
  ROUTING_CACHE_TTL_S: wholeNumber({ min: 1, max: 86_400, fallback: 600 }),
  /** How many conversations are remembered as what they were decided to be, and for how long. */
  ROUTING_STICKY_ENTRIES: wholeNumber({ min: 0, max: 1_000_000, fallback: 10_000 }),
  ROUTING_STICKY_TTL_S: wholeNumber({ min: 1, max: 604_800, fallback: 86_400 }),
  /** How long a plan may take that is only looked at. */
  ROUTING_PLAN_S: decimal({ min: 0.1, max: 600, fallback: 20 }),
}
