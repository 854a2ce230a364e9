import { riskLevelSchema } from '@signalbox/contracts'
import { z } from 'zod'

/**
 * A plan as the model writes it. It differs from the contract's plan where strict structured output
 * cannot follow: what is left out is null, `inputs` is a list, and conditions are JSON Logic as JSON
 * text. Models that are not held to a schema write the contract's own form now and then; both are read.
 */
const conditionSchema = z.preprocess(writeCondition, z.string().nullish())

/** In the order that a model thinks in: what kind, who, what, after what; and what is rarely said last. */
const named = { id: z.string() }
const worker = { agent: z.string(), skill: z.string().nullish() }
const work = {
  instruction: z.string(),
  needs: z.array(z.string()).nullish(),
  inputs: z.preprocess(listInputs, z.array(z.object({ name: z.string(), from: z.string() })).nullish()),
  when: conditionSchema,
  replan_when: conditionSchema,
}
const approvalSchema = z.object({
  why: z.string(),
  action: z.string().nullish(),
  risk: riskLevelSchema.nullish(),
  impact: z.string().nullish(),
})
const limits = {
  approval: approvalSchema.nullish(),
  deadline_s: z.number().nullish(),
  priority: z.number().nullish(),
  budget: z.object({ deadline_s: z.number().nullish(), tokens: z.number().nullish(), usd: z.number().nullish() }).nullish(),
}
const withFallback = { on_failure: z.enum(['fail', 'skip', 'fallback', 'replan']).nullish(), fallback: z.string().nullish() }
const withoutFallback = { on_failure: z.enum(['fail', 'skip', 'replan']).nullish() }

// The kind stands first: strict modes tell the alternatives apart by their first key.
const agentDraftSchema = z.object({ kind: z.literal('agent'), ...named, ...worker, ...work, ...withFallback, ...limits })
const mapDraftSchema = z.object({
  kind: z.literal('map'),
  ...named,
  over: z.string(),
  stream: z.boolean().nullish(),
  ...worker,
  ...work,
  on_item_failure: z.enum(['fail', 'skip']).nullish(),
  ...withFallback,
  ...limits,
})
const voteDraftSchema = z.object({
  kind: z.literal('vote'),
  ...named,
  ...work,
  options: z.array(z.string()).nullish(),
  voters: z.array(z.object(worker)),
  decide: z.enum(['majority', 'judge']),
  judge: z.object(worker).nullish(),
  ...withoutFallback,
  ...limits,
})
const subplanDraftSchema = z.object({ kind: z.literal('plan'), ...named, ...work, ...withoutFallback, ...limits })

const approvalDraftSchema = z.object({ kind: z.literal('approval'), ...named, ...work, ...withoutFallback, ...limits, approval: approvalSchema })

const nodeDraftSchema = z.discriminatedUnion('kind', [agentDraftSchema, mapDraftSchema, voteDraftSchema, approvalDraftSchema, subplanDraftSchema])
export type NodeDraft = z.infer<typeof nodeDraftSchema>

/** What may be drawn where plans can still be nested. */
export const planDraftSchema = draftOf(nodeDraftSchema)
export type PlanDraft = z.infer<typeof planDraftSchema>

/** What may be drawn where they cannot: a model does not draw what its schema does not have. */
const flatPlanDraftSchema = draftOf(z.discriminatedUnion('kind', [agentDraftSchema, mapDraftSchema, voteDraftSchema, approvalDraftSchema]))

/** The form of a draft, where so many levels of plans may still be nested in it. */
export function draftSchemaFor(levels: number): z.ZodType<PlanDraft> {
  return levels > 0 ? planDraftSchema : flatPlanDraftSchema
}

function draftOf<Node extends z.ZodType<NodeDraft>>(node: Node) {
  return z.object({ nodes: z.array(z.preprocess(nameKind, node)), answer: z.string() })
}

/** A node that says no kind is work for an agent. */
function nameKind(value: unknown): unknown {
  if (!isRecord(value) || (value['kind'] !== undefined && value['kind'] !== null)) return value
  return { ...value, kind: 'agent' }
}

/** `{a: 'n1'}` → `[{name: 'a', from: 'n1'}]` */
function listInputs(value: unknown): unknown {
  return isRecord(value) ? Object.entries(value).map(([name, from]) => ({ name, from })) : value
}

/** A rule that is no text yet. */
function writeCondition(value: unknown): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'boolean' ? JSON.stringify(value) : value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
