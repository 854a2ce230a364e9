import { z } from 'zod'

import { conversationSchema } from './conversation.ts'
import { budgetSchema, planSchema } from './plan.ts'
import { planSourceSchema } from './session.ts'
import { usageSchema } from './usage.ts'

/** `POST /v1/plan` at the orchestrator: the plan that it would run now. No session is begun, and no agent but the planner is asked. */
export const planPreviewRequestSchema = z.strictObject({
  conversation: conversationSchema,
  /** What the session would be asked to keep within. */
  budget: budgetSchema.optional(),
  /** How long it may take, seconds. */
  deadline_s: z.number().positive().max(600).default(20),
})
export type PlanPreviewRequest = z.infer<typeof planPreviewRequestSchema>

/** From what is usual to what is still not rare. */
export const rangeSchema = z.object({ low: z.number().nonnegative(), high: z.number().nonnegative() })
export type Range = z.infer<typeof rangeSchema>

/** What something is likely to take. Null where it is not known; `notes` say why, and what the numbers rest on. */
export const estimateSchema = z.object({
  cost_usd: rangeSchema.nullable(),
  tokens: rangeSchema.nullable(),
  seconds: rangeSchema.nullable(),
  notes: z.array(z.string()),
})
export type Estimate = z.infer<typeof estimateSchema>

export const planPreviewSchema = z.object({
  object: z.literal('signalbox.plan'),
  plan: planSchema,
  source: planSourceSchema,
  repairs: z.int().nonnegative(),
  /** What drawing it has cost. */
  usage: usageSchema,
  took_ms: z.number().nonnegative(),
  /** What the session could spend. */
  budget: budgetSchema,
  estimate: estimateSchema,
})
export type PlanPreview = z.infer<typeof planPreviewSchema>
