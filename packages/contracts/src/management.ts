import { z } from 'zod'

import { conversationSchema } from './conversation.ts'
import { budgetSchema, PLAN_LIMITS } from './plan.ts'
import { sessionEventSchema } from './session-events.ts'
import { deadLetterSchema, faultSchema, sessionStatusSchema, sessionViewSchema } from './session.ts'
import { usageSchema } from './usage.ts'

/** The orchestrator's management API: what A2A has no word for. Paths are the same at the gateway, which passes them on. */
export const MANAGEMENT_PATHS = {
  agents: '/v1/agents',
  approvals: '/v1/approvals',
  audit: '/v1/audit',
  feed: '/v1/feed',
  channels: '/v1/channels',
  deliveries: '/v1/deliveries',
  links: '/v1/links',
  deadLetters: '/v1/dead-letters',
  plan: '/v1/plan',
  sessions: '/v1/sessions',
} as const

/** `GET /v1/dead-letters?limit=&cursor=`: sessions that have any, newest first. */
export const deadLetterQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(256).optional(),
})
export type DeadLetterQuery = z.infer<typeof deadLetterQuerySchema>

export const deadSessionSchema = z.object({
  session_id: z.string(),
  status: sessionStatusSchema,
  goal: z.string(),
  letters: z.array(deadLetterSchema),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type DeadSession = z.infer<typeof deadSessionSchema>

export const deadLetterPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(deadSessionSchema),
  total: z.int().nonnegative(),
  next_cursor: z.string().nullable(),
})
export type DeadLetterPage = z.infer<typeof deadLetterPageSchema>

/** `GET /v1/dead-letters/{session_id}`: with everything that is known, so that what went wrong can be seen and mended. */
export const deadSessionDetailSchema = deadSessionSchema.extend({ session: sessionViewSchema, conversation: conversationSchema })
export type DeadSessionDetail = z.infer<typeof deadSessionDetailSchema>

/**
 * `POST /v1/dead-letters/{session_id}/redrive`. Runs the named node anew with what is changed of it,
 * and all that rests on it; without a node, all that failed. What had finished stays.
 */
export const redriveRequestSchema = z.strictObject({
  node: z.string().max(64).optional(),
  instruction: z.string().trim().min(1).max(PLAN_LIMITS.instruction).optional(),
  agent: z.string().min(1).max(64).optional(),
  /** What the session may spend in all from now on, what it has spent included; where a limit is not named it stays. */
  budget: budgetSchema.optional(),
})
export type RedriveRequest = z.infer<typeof redriveRequestSchema>

/** What redrive, drop, pause and resume answer: the session as it is afterwards. */
export const sessionChangedSchema = z.object({ session_id: z.string(), status: sessionStatusSchema })
export type SessionChanged = z.infer<typeof sessionChangedSchema>

/** `closed`: calls go through; `open`: they are refused at once; `half-open`: one goes through to see. */
export const breakerStateSchema = z.enum(['closed', 'open', 'half-open'])
export type BreakerState = z.infer<typeof breakerStateSchema>

/** `GET /v1/agents`. */
export const agentReportSchema = z.object({
  id: z.string().nullable(),
  url: z.string(),
  healthy: z.boolean(),
  last_seen_at: z.string().nullable(),
  last_error: z.string().nullable(),
  card: z
    .object({
      name: z.string(),
      description: z.string(),
      version: z.string(),
      skills: z.array(z.looseObject({ id: z.string(), name: z.string(), description: z.string() })),
    })
    .nullable(),
  breaker: z.object({
    state: breakerStateSchema,
    /** Failures in a row. */
    failures: z.int().nonnegative(),
    /** When an open one lets a call through to see; null while closed. */
    retry_at: z.iso.datetime().nullable(),
  }),
  /** Calls under way from the replica that was asked. */
  calls: z.int().nonnegative(),
})
export type AgentReport = z.infer<typeof agentReportSchema>
export const agentListSchema = z.object({ object: z.literal('list'), data: z.array(agentReportSchema) })

/** `GET /v1/sessions/{id}/events?after=&limit=`: what a session did, after the event numbered `after`. */
export const sessionEventQuerySchema = z.object({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
  /** How long to wait where there are none yet, seconds. */
  wait_s: z.coerce.number().min(0).max(25).default(0),
})
export type SessionEventQuery = z.infer<typeof sessionEventQuerySchema>

/** The events in order; fewer than were asked for means that there are no more so far. `over`: the session has ended. */
export const sessionEventPageSchema = z.object({ object: z.literal('list'), data: z.array(sessionEventSchema), over: z.boolean() })
export type SessionEventPage = z.infer<typeof sessionEventPageSchema>

/**
 * `GET /v1/sessions` at the orchestrator, for actors: everybody's sessions, newest first. Without an actor it is the
 * owner's own. Sub-plans' sessions are left out but where `lineage` names the session they work for.
 */
export const sessionQuerySchema = z.object({
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(sessionStatusSchema).max(8))
    .optional(),
  owner: z.string().max(256).optional(),
  /** In the goal, or an exact session or request id. */
  q: z.string().trim().max(200).optional(),
  of: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(512).optional(),
})
export type SessionsQuery = z.infer<typeof sessionQuerySchema>

/** A session as one row of a list. */
export const sessionBriefSchema = z.object({
  id: z.string(),
  owner: z.string(),
  status: sessionStatusSchema,
  goal: z.string(),
  request_id: z.string(),
  nodes: z.object({ total: z.int(), completed: z.int(), running: z.int(), waiting: z.int(), failed: z.int() }),
  agents: z.array(z.string()),
  usage: usageSchema,
  approvals_open: z.int(),
  questions_open: z.int(),
  error: faultSchema.nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
})
export type SessionBrief = z.infer<typeof sessionBriefSchema>
export const sessionBriefPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(sessionBriefSchema),
  total: z.int(),
  next_cursor: z.string().nullable(),
})
export type SessionBriefPage = z.infer<typeof sessionBriefPageSchema>

/** `GET /v1/sessions/{id}` at the orchestrator's management API: whole, with whose it is and what was asked. */
export const sessionDetailSchema = z.object({
  session: sessionViewSchema,
  owner: z.string(),
  conversation: conversationSchema,
  traceparent: z.string().nullable(),
})
export type SessionDetail = z.infer<typeof sessionDetailSchema>

/** `POST /v1/sessions/{id}/input`: answers what an agent asks; the question that was asked first where none is named. The same key again changes nothing. */
export const sessionInputSchema = z.strictObject({
  text: z.string().trim().min(1).max(20_000),
  question: z.string().max(200).optional(),
  key: z.string().min(1).max(300).optional(),
})
export type SessionInput = z.infer<typeof sessionInputSchema>
