import { z } from 'zod'

import { decisionKindSchema, riskLevelSchema } from './approvals.ts'
import { planSchema } from './plan.ts'
import { citationSchema } from './skills.ts'
import { faultSchema, planSourceSchema, revisionReasonSchema, skipReasonSchema, stoppedSchema } from './session.ts'
import { usageSchema } from './usage.ts'

const stamp = { seq: z.int().positive(), at: z.iso.datetime() }
const ofNode = { node: z.string(), agent: z.string() }

/**
 * What a session does, in the order of `seq`, which starts at 1 and has no gaps.
 * `answer.delta.offset` is where the text stands in the answer, in UTF-16 units; an `offset` of 0
 * after a larger one means that the answer was begun anew.
 */
export const sessionEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session.created'), ...stamp }),
  z.object({ type: z.literal('session.resumed'), ...stamp }),
  z.object({ type: z.literal('session.paused'), ...stamp }),
  z.object({ type: z.literal('session.unpaused'), ...stamp }),
  /** Taken out of the dead letters and driven again; `nodes` are those that run anew. */
  z.object({ type: z.literal('session.redriven'), ...stamp, nodes: z.array(z.string()) }),
  /** A budget is spent: nothing more is begun, and the session ends with what it has. */
  z.object({ type: z.literal('session.stopped'), ...stamp, stopped: stoppedSchema }),
  z.object({ type: z.literal('plan.started'), ...stamp, agents: z.array(z.string()) }),
  z.object({ type: z.literal('plan.rejected'), ...stamp, faults: z.array(z.string()) }),
  z.object({
    type: z.literal('plan.ready'),
    ...stamp,
    plan: planSchema,
    revision: z.int(),
    source: planSourceSchema,
    /** Of a revision: why, and what it changed. */
    reason: revisionReasonSchema.optional(),
    added: z.array(z.string()).optional(),
    dropped: z.array(z.string()).optional(),
    changed: z.array(z.string()).optional(),
  }),
  z.object({ type: z.literal('plan.revising'), ...stamp, reason: revisionReasonSchema }),
  /** A revision came to nothing; the plan goes on as it was. */
  z.object({ type: z.literal('plan.kept'), ...stamp, why: z.string() }),
  z.object({ type: z.literal('node.started'), ...stamp, ...ofNode, instruction: z.string(), attempt: z.int().positive() }),
  /** A `map` or `vote` node was taken apart into branches, `<node>.0` and so on; `branches` counts those known so far. */
  z.object({ type: z.literal('node.expanded'), ...stamp, ...ofNode, branches: z.int().nonnegative() }),
  z.object({ type: z.literal('node.decided'), ...stamp, ...ofNode, by: z.enum(['majority', 'judge']), choice: z.string(), votes: z.int(), of: z.int() }),
  /** A `plan` node is worked on as a session of its own. */
  z.object({ type: z.literal('node.session'), ...stamp, ...ofNode, session: z.string() }),
  z.object({ type: z.literal('context.put'), ...stamp, ...ofNode, name: z.string() }),
  z.object({ type: z.literal('dead_letter.kept'), ...stamp, node: z.string().optional(), agent: z.string().optional(), error: faultSchema, attempts: z.int() }),
  z.object({ type: z.literal('node.progress'), ...stamp, ...ofNode, text: z.string() }),
  z.object({ type: z.literal('node.retrying'), ...stamp, ...ofNode, attempt: z.int(), of: z.int(), delay_ms: z.int(), error: faultSchema }),
  z.object({ type: z.literal('node.fallback'), ...stamp, ...ofNode, from: z.string(), error: faultSchema }),
  z.object({ type: z.literal('node.completed'), ...stamp, ...ofNode, usage: usageSchema.optional(), summary: z.string() }),
  z.object({ type: z.literal('node.failed'), ...stamp, ...ofNode, error: faultSchema }),
  z.object({ type: z.literal('node.skipped'), ...stamp, ...ofNode, reason: skipReasonSchema }),
  /** A person is asked to approve something; until then the node waits. `approval` is the id of the ledger's entry. */
  z.object({
    type: z.literal('approval.requested'),
    ...stamp,
    ...ofNode,
    approval: z.string(),
    title: z.string(),
    risk: riskLevelSchema,
    source: z.enum(['plan', 'policy', 'agent']),
    expires_at: z.iso.datetime(),
  }),
  z.object({
    type: z.literal('approval.decided'),
    ...stamp,
    ...ofNode,
    approval: z.string(),
    decision: decisionKindSchema,
    by: z.array(z.string()),
    reason: z.string().optional(),
  }),
  /** Nobody decided in time; `decision` is what stands instead. */
  z.object({ type: z.literal('approval.expired'), ...stamp, ...ofNode, approval: z.string(), decision: decisionKindSchema }),
  /** It is not asked any more: the agent went on by itself, or other bytes wait by now. */
  z.object({ type: z.literal('approval.superseded'), ...stamp, ...ofNode, approval: z.string(), why: z.string() }),
  /** So many approvals are open that no more are asked for until some are decided. */
  z.object({ type: z.literal('approval.held'), ...stamp, open: z.int(), most: z.int() }),
  z.object({ type: z.literal('input.requested'), ...stamp, ...ofNode, question: z.string(), text: z.string() }),
  z.object({ type: z.literal('input.received'), ...stamp, ...ofNode, question: z.string() }),
  /** Whoever works on the node waits for people in turn: `session` names a sub-plan's, where it is one. */
  z.object({ type: z.literal('node.waiting'), ...stamp, ...ofNode, for: z.enum(['approval', 'input', 'others']), session: z.string().optional() }),
  /** Nothing is at work any more, and nothing can go on but for people. */
  z.object({
    type: z.literal('session.waiting'),
    ...stamp,
    for: z.enum(['approval', 'input']),
    approvals: z.array(z.string()),
    questions: z.array(z.string()),
  }),
  z.object({ type: z.literal('answer.delta'), ...stamp, ...ofNode, offset: z.int().nonnegative(), text: z.string() }),
  z.object({
    type: z.literal('session.completed'),
    ...stamp,
    usage: usageSchema,
    citations: z.array(citationSchema),
    /** Where a budget ended it: the answer is what there was. */
    stopped: stoppedSchema.optional(),
  }),
  z.object({ type: z.literal('session.failed'), ...stamp, error: faultSchema, usage: usageSchema }),
  z.object({ type: z.literal('session.canceled'), ...stamp, usage: usageSchema }),
  z.object({ type: z.literal('session.expired'), ...stamp }),
])
export type SessionEvent = z.infer<typeof sessionEventSchema>
export type SessionEventType = SessionEvent['type']

/** An event before the store has numbered it. */
export type NewSessionEvent = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'seq'> : never) : never

export const TERMINAL_EVENTS: ReadonlySet<SessionEventType> = new Set(['session.completed', 'session.failed', 'session.canceled', 'session.expired'])
