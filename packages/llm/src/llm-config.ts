import { ConfigError, httpUrl, wholeNumber } from '@signalbox/config'
import { z } from 'zod'

import type { ChatModelOptions } from './open-chat-model.ts'
import { readPrices } from './prices.ts'

export const OPENAI_BASE_URL = 'https://api.openai.com/v1'

/** What a service that talks to a model reads from its environment. Spread into the service's schema. */
export const llmFields = {
  /** An OpenAI-compatible base URL with its `/v1`. OpenAI's own when only a key is set. */
  LLM_BASE_URL: httpUrl()
    .refine((url) => new URL(url).username === '', 'carries a user name: put the key into LLM_API_KEY')
    .optional(),
  /** The key for that endpoint; wins over OPENAI_API_KEY. */
  LLM_API_KEY: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  LLM_MODEL: z.string().max(256).default('gpt-4o-mini'),
  LLM_TEMPERATURE: z.coerce.number({ error: 'is not a number' }).min(0, 'is less than 0').max(2, 'is more than 2').optional(),
  /** How long a whole answer, or a streamed one's first piece, may take. */
  LLM_TIMEOUT_MS: wholeNumber({ min: 100, max: 600_000, fallback: 60_000 }),
  /** How long a streamed answer that has begun may be silent. */
  LLM_IDLE_MS: wholeNumber({ min: 100, max: 600_000, fallback: 30_000 }),
  /** Tries beyond the first for calls that failed before their first byte. */
  LLM_RETRIES: wholeNumber({ min: 0, max: 5, fallback: 2 }),
  /** A JSON file of prices, put over the well-known ones. */
  LLM_PRICES_FILE: z.string().optional(),
}

export type LlmConfig = z.infer<z.ZodObject<typeof llmFields>>

/**
 * What to open a chat model with.
 *
 * @throws ConfigError when there is neither an endpoint nor a key, or the price list is none.
 */
export function resolveLlm(service: string, config: LlmConfig): Omit<ChatModelOptions, 'telemetry'> {
  const apiKey = config.LLM_API_KEY ?? config.OPENAI_API_KEY
  if (config.LLM_BASE_URL === undefined && apiKey === undefined) {
    throw new ConfigError(service, [
      'there is no model: set OPENAI_API_KEY to use OpenAI, or LLM_BASE_URL (and LLM_API_KEY) to use another OpenAI-compatible endpoint',
    ])
  }
  return {
    baseUrl: config.LLM_BASE_URL ?? OPENAI_BASE_URL,
    apiKey,
    model: config.LLM_MODEL,
    temperature: config.LLM_TEMPERATURE,
    timeoutMs: config.LLM_TIMEOUT_MS,
    idleMs: config.LLM_IDLE_MS,
    retries: config.LLM_RETRIES,
    prices: readPrices(config.LLM_PRICES_FILE),
  }
}
