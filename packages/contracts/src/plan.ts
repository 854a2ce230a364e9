import { z } from 'zod'

/** Closed bounds on what a planner may draw. */
export const PLAN_LIMITS = {
  nodes: 64,
  needs: 63,
  instruction: 8_000,
  whenDepth: 16,
  whenBytes: 4_096,
  deadlineSeconds: 600,
  retries: 3,
} as const

/** Ids travel in events, logs and idempotency keys, so they stay short and plain. */
export const nodeIdSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'a node id is a-z, 0-9, _ and -, starting with a letter, 40 characters at most')

/** Which output of which node: `n1` (all of it), `n1.text`, or `n1.data`. */
export const inputRefSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,39}(\.(text|data))?$/, 'an input names a node, or a node followed by .text or .data')

/**
 * One piece of work for one agent.
 *
 * `needs` are the edges. `inputs` name what is handed over; without it every needed node's whole
 * result is handed over under its own id. `when` is a JSON Logic rule over
 * `{ [nodeId]: { state, text, data } }`; where it is false the node is skipped.
 */
export const planNodeSchema = z.object({
  id: nodeIdSchema,
  kind: z.literal('agent').default('agent'),
  agent: z.string().min(1).max(64),
  skill: z.string().min(1).max(64).optional(),
  instruction: z.string().trim().min(1).max(PLAN_LIMITS.instruction),
  needs: z.array(nodeIdSchema).max(PLAN_LIMITS.needs).default([]),
  inputs: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), inputRefSchema).optional(),
  when: z.json().optional(),
  deadline_s: z.number().positive().max(PLAN_LIMITS.deadlineSeconds).optional(),
  retries: z.int().min(0).max(PLAN_LIMITS.retries).optional(),
  on_failure: z.enum(['fail', 'skip', 'fallback']).default('fail'),
  fallback: z.string().min(1).max(64).optional(),
})

/** A directed acyclic graph of nodes; `answer` is the node whose text the caller reads. */
export const planSchema = z.object({
  goal: z.string().trim().min(1).max(20_000),
  nodes: z.array(planNodeSchema).min(1).max(PLAN_LIMITS.nodes),
  answer: nodeIdSchema,
})

export type PlanNode = z.infer<typeof planNodeSchema>
export type Plan = z.infer<typeof planSchema>
export const PLAN_SCHEMA_NAME = 'plan'

/** What is needed to plan for an agent: its Agent Card, reduced. */
export const agentSummarySchema = z.object({
  id: z.string().min(1).max(64),
  description: z.string().max(4_000),
  skills: z
    .array(
      z.object({
        id: z.string().min(1).max(64),
        name: z.string().max(200),
        description: z.string().max(4_000),
        tags: z.array(z.string().max(64)).max(64).default([]),
        examples: z.array(z.string().max(1_000)).max(16).default([]),
      }),
    )
    .max(64),
})
export type AgentSummary = z.infer<typeof agentSummarySchema>
