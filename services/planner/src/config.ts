import { wholeNumber } from '@signalbox/config'
import { llmFields } from '@signalbox/llm'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

export const plannerConfigSchema = z.object({
  ...serviceFields({ port: 8002 }),
  ...llmFields,
  /** Where others reach this service, as its Agent Card says it; its own address when absent. */
  PUBLIC_URL: z.url().optional(),
  /** How long a plan may take, with all its repairs. */
  PLANNER_TIMEOUT_MS: wholeNumber({ min: 100, max: 300_000, fallback: 20_000 }),
})

export type PlannerConfig = z.infer<typeof plannerConfigSchema>
