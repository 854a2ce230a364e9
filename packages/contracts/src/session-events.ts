import { z } from 'zod'

import { planSchema } from './plan.ts'
import { citationSchema } from './skills.ts'
import { faultSchema, planSourceSchema, skipReasonSchema } from './session.ts'
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
  z.object({ type: z.literal('plan.started'), ...stamp, agents: z.array(z.string()) }),
  z.object({ type: z.literal('plan.rejected'), ...stamp, faults: z.array(z.string()) }),
  z.object({ type: z.literal('plan.ready'), ...stamp, plan: planSchema, revision: z.int(), source: planSourceSchema }),
  z.object({ type: z.literal('node.started'), ...stamp, ...ofNode, instruction: z.string(), attempt: z.int().positive() }),
  z.object({ type: z.literal('node.progress'), ...stamp, ...ofNode, text: z.string() }),
  z.object({ type: z.literal('node.retrying'), ...stamp, ...ofNode, attempt: z.int(), of: z.int(), delay_ms: z.int(), error: faultSchema }),
  z.object({ type: z.literal('node.fallback'), ...stamp, ...ofNode, from: z.string(), error: faultSchema }),
  z.object({ type: z.literal('node.completed'), ...stamp, ...ofNode, usage: usageSchema.optional(), summary: z.string() }),
  z.object({ type: z.literal('node.failed'), ...stamp, ...ofNode, error: faultSchema }),
  z.object({ type: z.literal('node.skipped'), ...stamp, ...ofNode, reason: skipReasonSchema }),
  z.object({ type: z.literal('answer.delta'), ...stamp, ...ofNode, offset: z.int().nonnegative(), text: z.string() }),
  z.object({ type: z.literal('session.completed'), ...stamp, usage: usageSchema, citations: z.array(citationSchema) }),
  z.object({ type: z.literal('session.failed'), ...stamp, error: faultSchema, usage: usageSchema }),
  z.object({ type: z.literal('session.canceled'), ...stamp, usage: usageSchema }),
])
export type SessionEvent = z.infer<typeof sessionEventSchema>
export type SessionEventType = SessionEvent['type']

/** An event before the store has numbered it. */
export type NewSessionEvent = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'seq'> : never) : never

export const TERMINAL_EVENTS: ReadonlySet<SessionEventType> = new Set(['session.completed', 'session.failed', 'session.canceled'])
