import { z } from 'zod'

import { nodeApprovalSchema } from './approvals.ts'

/** Closed bounds on what a planner may draw. */
export const PLAN_LIMITS = {
  nodes: 64,
  needs: 63,
  instruction: 8_000,
  whenDepth: 16,
  whenBytes: 4_096,
  deadlineSeconds: 600,
  retries: 3,
  /** Items of one `map`. */
  items: 500,
  voters: 9,
  options: 16,
  /** Sessions within sessions, the outermost included. */
  depth: 3,
  /** How often one session's plan may be revised. */
  revisions: 8,
} as const

/** Ids travel in events, logs and idempotency keys, so they stay short and plain. */
export const nodeIdSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'a node id is a-z, 0-9, _ and -, starting with a letter, 40 characters at most')

/** Which output of which node: `n1` (all of it), `n1.text`, or `n1.data`. */
export const inputRefSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,39}(\.(text|data))?$/, 'an input names a node, or a node followed by .text or .data')

const agentIdSchema = z.string().min(1).max(64)
const skillIdSchema = z.string().min(1).max(64)

/** What may be spent at most: seconds, tokens of model calls, and their price in US dollars. */
export const budgetSchema = z.object({
  deadline_s: z.number().positive().max(86_400).optional(),
  tokens: z.int().positive().max(1_000_000_000).optional(),
  usd: z.number().positive().max(1_000_000).optional(),
})
export type Budget = z.infer<typeof budgetSchema>

/** Names of a session's shared values. */
export const contextNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'a shared value is named with a-z, 0-9, _, . and -, starting with a letter, 64 characters at most')

const ofEveryNode = {
  id: nodeIdSchema,
  instruction: z.string().trim().min(1).max(PLAN_LIMITS.instruction),
  needs: z.array(nodeIdSchema).max(PLAN_LIMITS.needs).default([]),
  inputs: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), inputRefSchema).optional(),
  when: z.json().optional(),
  /** A JSON Logic rule over the node's own result and those it needs; where it holds, what has not begun is planned anew. */
  replan_when: z.json().optional(),
  deadline_s: z.number().positive().max(PLAN_LIMITS.deadlineSeconds).optional(),
  /** Of nodes that could begin, those of higher priority begin first; 5 where nothing is said. */
  priority: z.int().min(0).max(9).optional(),
  on_failure: z.enum(['fail', 'skip', 'fallback', 'replan']).default('fail'),
  budget: budgetSchema.optional(),
  /** Nothing of it is begun before a person has approved it. */
  approval: nodeApprovalSchema.optional(),
}

const onAnAgent = {
  agent: agentIdSchema,
  skill: skillIdSchema.optional(),
  retries: z.int().min(0).max(PLAN_LIMITS.retries).optional(),
  fallback: agentIdSchema.optional(),
}

const agentAndSkill = z.object({ agent: agentIdSchema, skill: skillIdSchema.optional() })

/** One piece of work for one agent. */
export const agentNodeSchema = z.object({ kind: z.literal('agent'), ...ofEveryNode, ...onAnAgent })

/**
 * One instruction for every item of a list that another node made: its first data part that is a list
 * (or has a list under `items`), else the lines of its text. With `stream` the items are taken while
 * the other node is still at work, each as soon as it is there.
 */
export const mapNodeSchema = z.object({
  kind: z.literal('map'),
  ...ofEveryNode,
  ...onAnAgent,
  over: inputRefSchema,
  stream: z.boolean().optional(),
  on_item_failure: z.enum(['fail', 'skip']).default('fail'),
})

/** One instruction for several agents, and one decision: what more than half of them say, or what a judge finds. */
export const voteNodeSchema = z.object({
  kind: z.literal('vote'),
  ...ofEveryNode,
  voters: z.array(agentAndSkill).min(2).max(PLAN_LIMITS.voters),
  decide: z.enum(['majority', 'judge']),
  /** Decides where `decide` says so, and where there is no majority. */
  judge: agentAndSkill.optional(),
  /** What may be voted for; where nothing is said, equal texts are equal votes. */
  options: z.array(z.string().trim().min(1).max(200)).min(2).max(PLAN_LIMITS.options).optional(),
  retries: z.int().min(0).max(PLAN_LIMITS.retries).optional(),
})

/** A goal that is planned and run as a session of its own. */
export const subplanNodeSchema = z.object({ kind: z.literal('plan'), ...ofEveryNode })

/** Nothing but a person's word, on what the nodes that it needs have found. Its result says who decided what. */
export const approvalNodeSchema = z.object({ kind: z.literal('approval'), ...ofEveryNode, approval: nodeApprovalSchema })

/**
 * `needs` are the edges. `inputs` name what is handed over; without it every needed node's whole
 * result is handed over under its own id. `when` is a JSON Logic rule over
 * `{ [nodeId]: { state, text, data } }`; where it is false the node is skipped. A node without a `kind`
 * is work for an agent.
 */
export const planNodeSchema = z.preprocess(
  (node) => (typeof node === 'object' && node !== null && !('kind' in node) ? { ...node, kind: 'agent' } : node),
  z.discriminatedUnion('kind', [agentNodeSchema, mapNodeSchema, voteNodeSchema, subplanNodeSchema, approvalNodeSchema]),
)

/** A directed acyclic graph of nodes; `answer` is the node whose text the caller reads. */
export const planSchema = z.object({
  goal: z.string().trim().min(1).max(20_000),
  nodes: z.array(planNodeSchema).min(1).max(PLAN_LIMITS.nodes),
  answer: nodeIdSchema,
})

export type PlanNode = z.infer<typeof planNodeSchema>
export type AgentNode = z.infer<typeof agentNodeSchema>
export type MapNode = z.infer<typeof mapNodeSchema>
export type VoteNode = z.infer<typeof voteNodeSchema>
export type SubplanNode = z.infer<typeof subplanNodeSchema>
export type ApprovalNode = z.infer<typeof approvalNodeSchema>
export type Plan = z.infer<typeof planSchema>
export const PLAN_SCHEMA_NAME = 'plan'

/** Who a node is shown to be worked on by: its agent, or its kind where there is not one agent. */
export function agentOf(node: PlanNode): string {
  return node.kind === 'agent' || node.kind === 'map' ? node.agent : node.kind
}

/** What is needed to plan for an agent: its Agent Card, reduced. */
export const agentSummarySchema = z.object({
  id: agentIdSchema,
  description: z.string().max(4_000),
  skills: z
    .array(
      z.object({
        id: skillIdSchema,
        name: z.string().max(200),
        description: z.string().max(4_000),
        tags: z.array(z.string().max(64)).max(64).default([]),
        examples: z.array(z.string().max(1_000)).max(16).default([]),
      }),
    )
    .max(64),
})
export type AgentSummary = z.infer<typeof agentSummarySchema>
