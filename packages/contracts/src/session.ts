import { z } from 'zod'

import { conversationSchema } from './conversation.ts'
import { planSchema } from './plan.ts'
import { citationSchema, nodeOutputSchema } from './skills.ts'
import { usageSchema } from './usage.ts'

export const sessionStatusSchema = z.enum(['active', 'waiting_approval', 'completed', 'failed', 'canceled', 'expired'])
export type SessionStatus = z.infer<typeof sessionStatusSchema>

export const TERMINAL_STATUSES: ReadonlySet<SessionStatus> = new Set(['completed', 'failed', 'canceled', 'expired'])

export const nodeStateNameSchema = z.enum(['pending', 'running', 'waiting', 'completed', 'failed', 'skipped'])
export type NodeStateName = z.infer<typeof nodeStateNameSchema>

/** An error as it is kept and shown: a code of `@signalbox/errors`, and words a person can use. */
export const faultSchema = z.object({
  code: z.string(),
  message: z.string(),
  node: z.string().optional(),
})
export type Fault = z.infer<typeof faultSchema>

/** Why a node did not run to completion though the session went on. */
export const skipReasonSchema = z.enum(['condition', 'failure', 'upstream', 'not_needed'])

/**
 * What is known of one node. `epoch` counts the agents and tries it was given to: `session/node/epoch`
 * is the A2A message id and idempotency key, so a try repeated after a crash keeps its key.
 */
export const nodeStateSchema = z.object({
  state: nodeStateNameSchema,
  agent: z.string(),
  attempts: z.int().nonnegative(),
  epoch: z.int().nonnegative(),
  task_id: z.string().optional(),
  output: nodeOutputSchema.optional(),
  usage: usageSchema.optional(),
  error: faultSchema.optional(),
  skip_reason: skipReasonSchema.optional(),
  started_at: z.iso.datetime().optional(),
  finished_at: z.iso.datetime().optional(),
})
export type NodeState = z.infer<typeof nodeStateSchema>

/** Where a session's plan came from. */
export const planSourceSchema = z.enum(['planner', 'repaired', 'fallback'])

/** The one truth about a session. `schema` is raised when its shape changes, and old ones are migrated on load. */
export const sessionDocumentSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  owner: z.string(),
  status: sessionStatusSchema,
  goal: z.string(),
  conversation: conversationSchema,
  request_id: z.string(),
  traceparent: z.string().optional(),
  plan: planSchema.nullable(),
  plan_revision: z.int().nonnegative(),
  plan_source: planSourceSchema.nullable(),
  plan_repairs: z.int().nonnegative(),
  nodes: z.record(z.string(), nodeStateSchema),
  answer: z.object({ text: z.string(), citations: z.array(citationSchema) }).nullable(),
  usage: usageSchema,
  error: faultSchema.nullable(),
  last_seq: z.int().nonnegative(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
})
export type SessionDocument = z.infer<typeof sessionDocumentSchema>

/** A session as its owner sees it over the public API and on its A2A task: the document without the conversation. */
export const sessionViewSchema = sessionDocumentSchema.omit({ conversation: true, traceparent: true, owner: true })
export type SessionView = z.infer<typeof sessionViewSchema>

export function toSessionView(document: SessionDocument): SessionView {
  const { conversation: _conversation, traceparent: _traceparent, owner: _owner, ...view } = document
  return view
}
