import { z } from 'zod'

import { conversationSchema } from './conversation.ts'
import { agentSummarySchema, budgetSchema, contextNameSchema, PLAN_LIMITS, planSchema } from './plan.ts'

/** The skills our own agents offer, as their Agent Cards name them. */
export const SKILLS = {
  plan: 'plan',
  reason: 'reason',
  answer: 'answer',
  retrieve: 'retrieve',
  answerFromKnowledge: 'answer-from-knowledge',
} as const

/**
 * The request that a session is to begin with: the SHA-256 of its body, and whether the caller's client has sent it
 * before. A request sent again attaches to the session that its first try began, also where that went another way.
 */
export const askedRequestSchema = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), again: z.boolean() })
export type AskedRequest = z.infer<typeof askedRequestSchema>

/** Data part sent to the orchestrator beside the last user message: the whole conversation. */
export const conversationPartSchema = z.object({
  kind: z.literal('conversation'),
  conversation: conversationSchema,
  /** What the caller lets the session spend. */
  budget: budgetSchema.optional(),
  request: askedRequestSchema.optional(),
})
export type ConversationPart = z.infer<typeof conversationPartSchema>

/** What is known of a node when its plan is drawn anew. One that is not `pending` cannot be changed any more. */
export const nodeSoFarSchema = z.object({ id: z.string(), state: z.string(), agent: z.string(), result: z.string().optional() })
export type NodeSoFar = z.infer<typeof nodeSoFarSchema>

/**
 * Data part sent to the planner. `faults` are what was wrong with the `previous` plan. `current` is
 * there when a plan that runs is to be revised: the answer is a whole plan again, in which nodes that
 * have begun may be left out, and stand as they are where they are not.
 */
export const planRequestSchema = z.object({
  kind: z.literal('plan-request'),
  goal: z.string().min(1),
  conversation: conversationSchema,
  agents: z.array(agentSummarySchema).min(1).max(256),
  previous: z.unknown().optional(),
  faults: z.array(z.string()).max(64).optional(),
  current: z.object({ plan: planSchema, nodes: z.array(nodeSoFarSchema), reason: z.string() }).optional(),
  /** How many levels of `plan` nodes may still be nested. */
  levels: z.int().nonnegative().max(PLAN_LIMITS.depth).default(0),
})
export type PlanRequest = z.infer<typeof planRequestSchema>

/** Data part the planner answers with. `repairs` counts how often the model had to try again. */
export const planResultSchema = z.object({
  kind: z.literal('plan'),
  plan: planSchema,
  repairs: z.int().nonnegative().default(0),
})
export type PlanResult = z.infer<typeof planResultSchema>

/** A piece of a document: where it stands (character offsets, end exclusive), what it says, how well it fits. */
export const passageSchema = z.object({
  id: z.string(),
  document_id: z.string(),
  source: z.string(),
  title: z.string().default(''),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
  text: z.string(),
  score: z.number(),
})
export type Passage = z.infer<typeof passageSchema>

/** Data part of skill `retrieve`. */
export const passagesPartSchema = z.object({
  kind: z.literal('passages'),
  query: z.string(),
  passages: z.array(passageSchema),
})
export type PassagesPart = z.infer<typeof passagesPartSchema>

/** `[n]` in an answer stands for this place in this file. */
export const citationSchema = z.object({
  n: z.int().positive(),
  source: z.string(),
  title: z.string().default(''),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
})
export type Citation = z.infer<typeof citationSchema>

/** Data part that comes with an answer's text. */
export const citationsPartSchema = z.object({
  kind: z.literal('citations'),
  citations: z.array(citationSchema),
})
export type CitationsPart = z.infer<typeof citationsPartSchema>

/** What one node made: its text and its data parts, in order. */
export const nodeOutputSchema = z.object({
  text: z.string(),
  data: z.array(z.json()),
})
export type NodeOutput = z.infer<typeof nodeOutputSchema>

/** Data part that hands an earlier node's result to the next agent. */
export const nodeInputSchema = z.object({
  kind: z.literal('node-input'),
  name: z.string(),
  node: z.string(),
  agent: z.string(),
  instruction: z.string(),
  ...nodeOutputSchema.shape,
})
export type NodeInput = z.infer<typeof nodeInputSchema>

/** Data part that tells a node what it is part of: the session's goal and the conversation. */
export const nodeContextSchema = z.object({
  kind: z.literal('node-context'),
  goal: z.string(),
  skill: z.string().optional(),
  conversation: conversationSchema,
  /** The session's shared values, by name. */
  context: z.record(z.string(), z.json()).optional(),
  /** What is left to spend on this node. */
  budget: budgetSchema.optional(),
})
export type NodeContext = z.infer<typeof nodeContextSchema>

/** Data part by which a node's agent shares a value with the nodes after it. */
export const putContextPartSchema = z.object({ kind: z.literal('put-context'), name: contextNameSchema, value: z.json() })
export type PutContextPart = z.infer<typeof putContextPartSchema>
export type PutContext = Pick<PutContextPart, 'name' | 'value'>

/** Data part by which a node's agent asks for what has not begun to be planned anew. */
export const replanRequestPartSchema = z.object({ kind: z.literal('replan-request'), reason: z.string().trim().min(1).max(2_000) })
export type ReplanRequestPart = z.infer<typeof replanRequestPartSchema>

/** Data part of a `map` node's result: what became of each item, in the list's order. */
export const mapResultPartSchema = z.object({
  kind: z.literal('map-result'),
  items: z.array(z.object({ index: z.int().nonnegative(), state: z.enum(['completed', 'skipped']), text: z.string(), data: z.array(z.json()) })),
})
export type MapResultPart = z.infer<typeof mapResultPartSchema>

/** Data part of a `vote` node's result. */
export const voteResultPartSchema = z.object({
  kind: z.literal('vote-result'),
  by: z.enum(['majority', 'judge']),
  choice: z.string(),
  tally: z.array(z.object({ choice: z.string(), votes: z.int() })),
})
export type VoteResultPart = z.infer<typeof voteResultPartSchema>
