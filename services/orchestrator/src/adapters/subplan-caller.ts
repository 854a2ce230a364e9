import { addUsage, NO_USAGE, TERMINAL_STATUSES, UNDRIVEN, type SessionDocument, type SessionEvent } from '@signalbox/contracts'
import { AppError, isErrorCode, toAppError } from '@signalbox/errors'
import type { Doorbell, SessionStore } from '@signalbox/sessions'
import type { Telemetry } from '@signalbox/telemetry'

import { openAsks, openQuestions } from '../core/approvals/asks.ts'
import type { AgentCaller, NodeCall, NodeSignal, NodeWait } from '../core/ports.ts'
import { asText } from './a2a-agent-caller.ts'
import { patiently } from './patiently.ts'
import { sessionIdFor } from '../core/session-id.ts'

/** The name under which a sub-plan is called; no agent has it. */
export const SUBPLAN = 'plan'

/** How long a sub-plan that is told something may take to read it. */
const REPLY_WAIT_MS = 5_000

export interface SubplanCallerOptions {
  store: SessionStore
  doorbell: Pick<Doorbell, 'ring'>
  /** Drives a session here, if nobody else does. */
  drive: (id: string) => Promise<void>
  telemetry: Telemetry
}

/**
 * Works on `plan` nodes: each is a session of its own, whose id comes from the call's key, so that a
 * call which is repeated after a crash finds the session it began. It is driven beside its parent and
 * takes no place of those that sessions wait for: a parent that waits for its children in a place that
 * they need would wait for ever.
 */
export function createSubplanCaller({ store, doorbell, drive, telemetry }: SubplanCallerOptions): AgentCaller {
  /** What the sub-plan waits for, if it still does: what was told may be long ago. */
  async function waitNow(id: string, signal: AbortSignal): Promise<NodeWait | undefined> {
    const document = (await patiently(() => store.load(id), signal))?.document
    if (!document || document.waiting_at === null) return undefined
    const [question] = openQuestions(document)
    if (openAsks(document).length === 0 && question) return { type: 'question', text: question.text }
    return { type: 'relay', session: id, asks: openAsks(document) }
  }

  async function* reply(id: string, { key, text }: NonNullable<NodeCall['reply']>): AsyncGenerator<NodeSignal> {
    if (text !== undefined) {
      const seen = (await store.load(id))?.document.last_seq ?? 0
      await store.push(id, { type: 'answer', text, key })
      await doorbell.ring(id)
      // It waits until it has read that: what it waited for before is no news.
      for await (const event of store.follow(id, seen, AbortSignal.timeout(REPLY_WAIT_MS))) if (event.type === 'input.received') break
    }
    yield { type: 'replied' }
  }

  return {
    async *call(call, signal) {
      const id = sessionIdFor([call.owner, call.key])
      await patiently(async () => {
        if (!(await store.load(id))) await create(store, toSession(id, call))
      }, signal)
      yield { type: 'task', taskId: id }
      drive(id).catch((error: unknown) =>
        telemetry.log.warn({ session_id: id, reason: toAppError(error).code }, 'driving a sub-plan failed; it is left to the sweeper'),
      )
      let spent = NO_USAGE
      let told = 0
      if (call.reply) yield* reply(id, call.reply)
      for await (const event of store.follow(id, 0, signal)) {
        if (event.type === 'session.waiting') {
          const wait = await waitNow(id, signal)
          if (!wait) continue
          yield { type: 'wait', wait, usage: spent }
          return
        }
        if ('usage' in event && event.usage && event.type === 'node.completed') yield { type: 'usage', usage: (spent = addUsage(spent, event.usage)) }
        if (event.type !== 'answer.delta') yield* relayed(event)
        // A child that was taken up again tells its answer from the beginning.
        else if (event.offset + event.text.length > told) {
          yield { type: 'delta', text: event.text.slice(Math.max(0, told - event.offset)) }
          told = event.offset + event.text.length
        }
      }
      if (signal.aborted) throw signal.reason
      const now = await patiently(() => store.load(id), signal)
      if (now) yield { type: 'usage', usage: now.document.usage }
      yield toEnd(now?.document)
    },
    async look(_agent, id, signal) {
      const stored = await patiently(() => store.load(id), signal).catch(() => undefined)
      // What it asks it tells by itself.
      return stored && stored.document.waiting_at === null ? 'nobody' : undefined
    },
    async cancel(_agent, id) {
      try {
        await store.push(id, { type: 'cancel', reason: 'The session that this was done for does not need it any more.' })
        await doorbell.ring(id)
      } catch (error) {
        telemetry.log.warn({ session_id: id, reason: toAppError(error).code }, 'a sub-plan did not take a cancel')
      }
    },
  }
}

/** Of what a sub-plan does: what its parent's reader wants to see. */
function* relayed(event: SessionEvent): Generator<NodeSignal> {
  if (event.type === 'node.started') yield { type: 'progress', text: `${event.agent}: ${event.instruction}` }
  else if (event.type === 'plan.ready') yield { type: 'progress', text: `a plan of ${event.plan.nodes.length} nodes` }
}

function toEnd(document: SessionDocument | undefined): NodeSignal {
  if (document?.status === 'completed' && document.answer) {
    const { text, citations } = document.answer
    return { type: 'end', output: { text, data: citations.length > 0 ? [{ kind: 'citations', citations }] : [] }, usage: document.usage }
  }
  const { code = 'agent_failed', message = 'The sub-plan came to no end.' } = document?.error ?? {}
  if (document && !TERMINAL_STATUSES.has(document.status)) throw new AppError('unavailable', message)
  throw new AppError(isErrorCode(code) && code !== 'canceled' ? code : 'agent_failed', message, { retryable: false })
}

async function create(store: SessionStore, document: SessionDocument): Promise<void> {
  try {
    await store.create(document, [{ type: 'session.created', at: document.created_at }])
  } catch (error) {
    // A drive that was thought dead began it after we had looked.
    if (toAppError(error).code !== 'conflict') throw error
  }
}

function toSession(id: string, call: NodeCall): SessionDocument {
  const now = new Date().toISOString()
  const goal = asText(call, {}).slice(0, 20_000)
  return {
    ...UNDRIVEN,
    schema: 1,
    id,
    owner: call.owner,
    goal,
    conversation: [...call.conversation, { role: 'user', text: goal }],
    request_id: call.key.split('/')[0] ?? id,
    lineage: [...call.lineage],
    budget: call.budget,
    context: { ...call.context },
    created_at: now,
    updated_at: now,
  }
}
