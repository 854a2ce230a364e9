import { z } from 'zod'

/**
 * Who decided: an explicit wish, a live session, the shape of the request, a chat UI's background call, the operator's
 * policy, what the conversation was decided to be before, the local router, the classifier, its cache, its failure, or
 * the model's own name.
 */
export const routingSourceSchema = z.enum([
  'header',
  'model_alias',
  'session',
  'request_shape',
  'background_call',
  'policy',
  'sticky',
  'cache',
  'local',
  'classifier',
  'fail_open',
  'model_name',
])

export const routingDecisionSchema = z.object({
  needs_orchestration: z.boolean(),
  /** One short sentence a person understands; safe for a header. */
  reason: z.string().min(1).max(200),
  source: routingSourceSchema,
  /** How sure the local router was, 0.5 to 1; whoever else decides does not say. */
  confidence: z.number().min(0).max(1).optional(),
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
