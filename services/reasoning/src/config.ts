import { wholeNumber } from '@signalbox/config'
import { llmFields } from '@signalbox/llm'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

export const reasoningConfigSchema = z.object({
  ...serviceFields({ port: 8003 }),
  ...llmFields,
  /** Where others reach this service, as its Agent Card says it; its own address when absent. */
  PUBLIC_URL: z.url().optional(),
  /** How large goal, results and passages may be together in one prompt, in characters. */
  MAX_PROMPT_CHARS: wholeNumber({ min: 2_000, max: 2_000_000, fallback: 48_000 }),
})

export type ReasoningConfig = z.infer<typeof reasoningConfigSchema>
