import { z } from 'zod'

import { conversationSchema } from './conversation.ts'
import { agentSummarySchema, planSchema } from './plan.ts'

/** The skills our own agents offer, as their Agent Cards name them. */
export const SKILLS = {
  plan: 'plan',
  reason: 'reason',
  answer: 'answer',
  retrieve: 'retrieve',
  answerFromKnowledge: 'answer-from-knowledge',
} as const

/** Data part sent to the orchestrator beside the last user message: the whole conversation. */
export const conversationPartSchema = z.object({
  kind: z.literal('conversation'),
  conversation: conversationSchema,
})
export type ConversationPart = z.infer<typeof conversationPartSchema>

/** Data part sent to the planner. `faults` are what was wrong with the `previous` plan. */
export const planRequestSchema = z.object({
  kind: z.literal('plan-request'),
  goal: z.string().min(1),
  conversation: conversationSchema,
  agents: z.array(agentSummarySchema).min(1).max(256),
  previous: z.unknown().optional(),
  faults: z.array(z.string()).max(64).optional(),
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
})
export type NodeContext = z.infer<typeof nodeContextSchema>
