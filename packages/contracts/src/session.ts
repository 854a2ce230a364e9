import { z } from 'zod'

import { actionSchema, askSchema, type Ask } from './approvals.ts'
import { conversationSchema } from './conversation.ts'
import { budgetSchema, planSchema } from './plan.ts'
import { citationSchema, nodeOutputSchema } from './skills.ts'
import { NO_USAGE, usageSchema } from './usage.ts'

export const sessionStatusSchema = z.enum(['active', 'paused', 'waiting_approval', 'waiting_input', 'completed', 'failed', 'canceled', 'expired'])
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
export const skipReasonSchema = z.enum(['condition', 'failure', 'upstream', 'not_needed', 'rejected'])

/** A value that nodes of a session share. */
export const sharedValueSchema = z.object({ value: z.json(), node: z.string(), at: z.iso.datetime() })
export type SharedValue = z.infer<typeof sharedValueSchema>

/** `<node>.<index>` works on one item or is one voter; `<node>.judge` decides. */
export const branchSchema = z.object({
  of: z.string(),
  role: z.enum(['item', 'voter', 'judge']),
  index: z.int().nonnegative(),
  agent: z.string(),
  skill: z.string().optional(),
  item: z.json().optional(),
})
export type Branch = z.infer<typeof branchSchema>

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
  /** What its tries have spent up to where it waits for people, the one under way included; it is no part of the session's sum yet. */
  waiting_usage: usageSchema.optional(),
  error: faultSchema.optional(),
  skip_reason: skipReasonSchema.optional(),
  /** The `map` or `vote` node that this one is a branch of, and what it is there. Branches are not in the plan. */
  branch: branchSchema.optional(),
  /** What the try under way is sent beside its instruction, kept until its task is known: what is sent again under one key must be the same. */
  sent: z.object({ budget: budgetSchema, context: z.record(z.string(), sharedValueSchema) }).optional(),
  /** The bytes that a person has approved, where a person had to: only these are run. `args` are there where they were edited. */
  approved: z.object({ ask: z.string(), args_sha256: z.string(), args: z.json().optional() }).optional(),
  /** Why it was not approved, in words for whoever goes on without it. */
  rejection: z.string().optional(),
  /** What a node in `waiting` waits for: a person's word, a person's answer, or whoever works on it and waits for one. */
  waits_for: z.enum(['approval', 'input', 'others']).optional(),
  /** The session that a `plan` node is worked on as. */
  session: z.string().optional(),
  started_at: z.iso.datetime().optional(),
  finished_at: z.iso.datetime().optional(),
})
export type NodeState = z.infer<typeof nodeStateSchema>

/** Where a session's plan came from. */
export const planSourceSchema = z.enum(['planner', 'repaired', 'fallback'])

/** Why a plan was drawn anew: who or what asked. */
export const revisionReasonSchema = z.object({
  kind: z.enum(['condition', 'request', 'failure', 'approval', 'operator']),
  node: z.string().optional(),
  text: z.string(),
})
export type RevisionReason = z.infer<typeof revisionReasonSchema>

export const revisionSchema = z.object({
  revision: z.int().positive(),
  at: z.iso.datetime(),
  reason: revisionReasonSchema,
  added: z.array(z.string()),
  dropped: z.array(z.string()),
  changed: z.array(z.string()),
})
export type Revision = z.infer<typeof revisionSchema>

/** A session or node that exhausted its attempts, kept until somebody redrives or drops it. `node` is null where the session itself failed. */
export const deadLetterSchema = z.object({
  node: z.string().nullable(),
  agent: z.string().nullable(),
  error: faultSchema,
  attempts: z.int().nonnegative(),
  at: z.iso.datetime(),
})
export type DeadLetter = z.infer<typeof deadLetterSchema>

/** The hard stop of a budget: which limit was reached, and what became of it in words. */
export const stoppedSchema = z.object({ limit: z.enum(['deadline', 'tokens', 'usd']), message: z.string() })
export type Stopped = z.infer<typeof stoppedSchema>

/** What an agent asks the person it works for. Open until it is answered; `key` is of the message that answered it. */
export const questionSchema = z.object({
  id: z.string(),
  node: z.string(),
  agent: z.string(),
  epoch: z.int().nonnegative(),
  text: z.string(),
  asked_at: z.iso.datetime(),
  answer: z.object({ text: z.string(), key: z.string(), at: z.iso.datetime() }).nullable(),
  /** The agent has been told, or does not want to know any more. */
  told: z.boolean(),
})
export type Question = z.infer<typeof questionSchema>

/** The one truth about a session. `schema` is raised when its shape changes, and old ones are migrated on load. */
export const sessionDocumentSchema = z.object({
  schema: z.literal(1),
  id: z.string(),
  owner: z.string(),
  status: sessionStatusSchema,
  goal: z.string(),
  conversation: conversationSchema,
  request_id: z.string(),
  /** SHA-256 of the request that began it, where whoever began it said so. */
  request_sha256: z.string().optional(),
  traceparent: z.string().optional(),
  plan: planSchema.nullable(),
  plan_revision: z.int().nonnegative(),
  plan_source: planSourceSchema.nullable(),
  plan_repairs: z.int().nonnegative(),
  nodes: z.record(z.string(), nodeStateSchema),
  answer: z.object({ text: z.string(), citations: z.array(citationSchema) }).nullable(),
  usage: usageSchema,
  error: faultSchema.nullable(),
  /** Ids of the sessions this one works for, outermost first: its parent is the last. */
  lineage: z.array(z.string()).default([]),
  budget: budgetSchema.default({}),
  /** Set where a budget ended the session with what it had. */
  stopped: stoppedSchema.nullable().default(null),
  context: z.record(z.string(), sharedValueSchema).default({}),
  revisions: z.array(revisionSchema).default([]),
  /** A revision that was asked for and is not decided. */
  revising: revisionReasonSchema.nullable().default(null),
  dead_letters: z.array(deadLetterSchema).default([]),
  /** What people were asked to approve, by its id: open and decided. */
  asks: z.record(z.string(), askSchema).default({}),
  questions: z.record(z.string(), questionSchema).default({}),
  /** So many asks are open that no more are made. */
  held: z.boolean().default(false),
  /** Since when nothing can go on but for people. */
  waiting_at: z.iso.datetime().nullable().default(null),
  paused_at: z.iso.datetime().nullable().default(null),
  /** How long it was paused, or waited for people, in all, milliseconds; its deadline waits as long. */
  paused_ms: z.int().nonnegative().default(0),
  /** When a session that nobody drives wants driving again. */
  wake_at: z.iso.datetime().nullable().default(null),
  /** How often it was taken up since it last got on. */
  takeovers: z.int().nonnegative().default(0),
  last_seq: z.int().nonnegative(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
})
export type SessionDocument = z.infer<typeof sessionDocumentSchema>

/** What a document holds before anybody has driven its session. */
export const UNDRIVEN = {
  status: 'active',
  plan: null,
  plan_revision: 0,
  plan_source: null,
  plan_repairs: 0,
  nodes: {},
  answer: null,
  usage: NO_USAGE,
  error: null,
  lineage: [],
  budget: {},
  stopped: null,
  context: {},
  revisions: [],
  revising: null,
  dead_letters: [],
  asks: {},
  questions: {},
  held: false,
  waiting_at: null,
  paused_at: null,
  paused_ms: 0,
  wake_at: null,
  takeovers: 0,
  last_seq: 0,
  finished_at: null,
} satisfies Partial<SessionDocument>

/** What a session's view shows of an ask: all but what it would run, which only the ledger shows, masked. */
export const askViewSchema = askSchema
  .omit({ outcome: true, told: true, seal: true })
  .extend({ action: actionSchema.omit({ args: true, secrets: true }), outcome: askSchema.shape.outcome.unwrap().omit({ args: true }).nullable() })
export type AskView = z.infer<typeof askViewSchema>

/** A session as its owner sees it over the public API and on its A2A task: the document without the conversation, and without what approvals are about. */
export const sessionViewSchema = sessionDocumentSchema
  .omit({ conversation: true, traceparent: true, owner: true, request_sha256: true })
  .extend({ asks: z.record(z.string(), askViewSchema).default({}) })
export type SessionView = z.infer<typeof sessionViewSchema>

export function toSessionView(document: SessionDocument): SessionView {
  const { conversation: _conversation, traceparent: _traceparent, owner: _owner, request_sha256: _request, asks, nodes, ...view } = document
  return {
    ...view,
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([id, { approved, ...state }]) => [
        id,
        { ...state, ...(approved && { approved: { ask: approved.ask, args_sha256: approved.args_sha256 } }) },
      ]),
    ),
    asks: Object.fromEntries(Object.entries(asks).map(([id, ask]) => [id, toAskView(ask)])),
  }
}

function toAskView({ action, outcome, told: _told, seal: _seal, ...ask }: Ask): AskView {
  const { args: _args, secrets: _secrets, ...shown } = action
  if (!outcome) return { ...ask, action: shown, outcome: null }
  const { args: _edited, ...decided } = outcome
  return { ...ask, action: shown, outcome: decided }
}
