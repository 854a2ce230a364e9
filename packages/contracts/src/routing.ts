import { z } from 'zod'

/** Who decided: an explicit wish, a live session, the shape of the request, a chat UI's background call, the classifier, its cache, or its failure. */
export const routingSourceSchema = z.enum([
  'header',
  'model_alias',
  'session',
  'request_shape',
  'background_call',
  'classifier',
  'cache',
  'fail_open',
  'model_name',
])

export const routingDecisionSchema = z.object({
  needs_orchestration: z.boolean(),
  /** One short sentence a person understands; safe for a header. */
  reason: z.string().min(1).max(200),
  source: routingSourceSchema,
})
export type RoutingSource = z.infer<typeof routingSourceSchema>
export type RoutingDecision = z.infer<typeof routingDecisionSchema>

/** What the classifier model answers, as structured output. */
export const classifierVerdictSchema = z.object({
  needs_orchestration: z.boolean(),
  reason: z.string().min(1).max(200),
})
export type ClassifierVerdict = z.infer<typeof classifierVerdictSchema>
export const CLASSIFIER_SCHEMA_NAME = 'routing_decision'
