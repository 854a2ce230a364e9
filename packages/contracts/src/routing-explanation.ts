import { z } from 'zod'

import { estimateSchema, planPreviewSchema } from './plan-preview.ts'
import { routingDecisionSchema } from './routing.ts'

/** One step of a decision, and what came of it: `simple` or `complex` where it decided, else why it did not. */
export const consideredSchema = z.object({ rule: z.string(), outcome: z.string() })
export type Considered = z.infer<typeof consideredSchema>

/** `POST /v1/route`, and chat requests with `x-signalbox-explain: true`: which way a request would go, and why. Nothing is run. */
export const routeExplanationSchema = z.object({
  object: z.literal('signalbox.route'),
  route: z.enum(['simple', 'complex']),
  ...routingDecisionSchema.shape,
  /** Who judged, in words: `the classifier (gpt-4o-mini)`. */
  judged_by: z.string(),
  /** What was judged, cut to some hundred characters: what is left of the last message without what clients wrap around it. Null where a rule decided. */
  question: z.string().nullable(),
  considered: z.array(consideredSchema),
  took_ms: z.number().nonnegative(),
  /** The model as the request names it, and what the upstream would be asked for; null where no model of the upstream would answer. */
  model: z.string(),
  upstream_model: z.string().nullable(),
  /** The session that the request would go on with. */
  session_id: z.string().optional(),
  /** The operator's rules that hold for the key and the model, each setting with the rule that makes it. */
  policy: z.record(z.string(), z.string()).optional(),
  /** The plan that would run. Null where none could be had; `plan_note` says why. */
  plan: planPreviewSchema.omit({ object: true, estimate: true }).nullable().optional(),
  plan_note: z.string().optional(),
  estimate: estimateSchema,
})
export type RouteExplanation = z.infer<typeof routeExplanationSchema>
