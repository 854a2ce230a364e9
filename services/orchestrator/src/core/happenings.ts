import type { NewSessionEvent, NodeOutput, NodeState, PutContext, RevisionReason, SessionDocument, Usage } from '@signalbox/contracts'

import { withTold, type Reply } from './approvals/asks.ts'
import { refusalOf, withAnswer, withOutcome } from './approvals/outcomes.ts'
import type { ApprovalPolicies, BookedOutcome } from './approvals/ports.ts'
import { withAskedAnew, withWait, withWaitOver } from './approvals/waiting.ts'
import type { RuleEngine } from './condition.ts'
import { addStreamedItems } from './expand.ts'
import type { MadePlan } from './make-plan.ts'
import { streamedItems } from './map-node.ts'
import type { InboxEntry, NodeWait } from './ports.ts'
import type { NodeEnd } from './run-node.ts'
import { happened, stamp, touched, withNode, withPlan, withRevision, withTry, withUsage } from './session-run.ts'
import { completeNode, failNode, streamingFrom } from './settle-node.ts'
import { withSharedValues } from './shared-context.ts'
import { isSettled, workOf } from './work.ts'

/** What happens while a session is driven, in one queue. */
export type Happening =
  | { type: 'event'; event: NewSessionEvent }
  | { type: 'attempt'; node: string; agent: string; attempt: number; epoch: number; spent: Usage | undefined; sent: NodeState['sent']; saved: () => void }
  | { type: 'task'; node: string; taskId: string }
  | { type: 'artifact'; node: string; artifact: NodeOutput; first: number }
  | { type: 'usage'; node: string; usage: Usage }
  | { type: 'context'; node: string; put: PutContext[] }
  | { type: 'ended'; node: string; end: NodeEnd }
  | { type: 'planned'; made: MadePlan; rejected: NewSessionEvent[] }
  | { type: 'revised'; reason: RevisionReason; made: { plan: MadePlan['plan'] | undefined; usage: Usage }; rejected: NewSessionEvent[] }
  | { type: 'replied'; node: string; reply: Reply }
  /** What people decided, as the ledger has it. */
  | { type: 'outcomes'; outcomes: BookedOutcome[] }
  /** A waiting node's agent has gone on by itself. */
  | { type: 'moved'; node: string }
  /** What a waiting node's agent waits for, as it was found when somebody looked. */
  | { type: 'waits'; node: string; wait: NodeWait }
  | { type: 'message'; entry: InboxEntry }
  | { type: 'broken'; error: unknown }
  | { type: 'unplanned' }
  | { type: 'look' }

export interface Turn {
  document: SessionDocument
  events: NewSessionEvent[]
  /** Told once the turn is saved. */
  saved: (() => void)[]
  /** Up to where the inbox was taken into account; 0 for none. */
  consumed: number
  /** Set where somebody has canceled the session: why. */
  canceled: string | undefined
  /** Asks of the ledger that are not asked any more. */
  stale: string[]
  /** Waiting nodes to take up though nobody has decided: their agents have gone on. */
  moved: string[]
}

/** What happened since the last write, as a change of the document and the events that tell of it. */
export function applyHappenings(
  before: SessionDocument,
  happenings: readonly Happening[],
  { evaluate, policies }: { evaluate: RuleEngine; policies: ApprovalPolicies },
): Turn {
  const turn: Turn = { document: before, events: [], saved: [], consumed: 0, canceled: undefined, stale: [], moved: [] }
  const take = ({ document, events }: Pick<Turn, 'document' | 'events'>): void => {
    turn.document = document
    turn.events.push(...events)
  }
  for (const happening of happenings) {
    // Work that was called off may still be heard of; what has settled stays as it is.
    if ('node' in happening && !isOpen(turn.document, happening.node)) {
      if (happening.type === 'ended') turn.document = withLateUsage(turn.document, happening.node, happening.end.usage)
      continue
    }
    const { document } = turn
    switch (happening.type) {
      case 'event':
        turn.events.push(happening.event)
        break
      case 'attempt':
        turn.saved.push(happening.saved)
        turn.document = withTry(document, happening)
        turn.events.push(startedEvent(turn.document, happening.node))
        break
      case 'task':
        take(withTask(document, happening))
        break
      case 'artifact':
        for (const map of streamingFrom(document, happening.node))
          turn.document = addStreamedItems(turn.document, map, streamedItems(happening.artifact), happening.first)
        break
      case 'context':
        take(withSharedValues(document, { node: happening.node, agent: document.nodes[happening.node]?.agent ?? '' }, happening.put))
        break
      case 'ended':
        if (happening.end.state === 'waiting' && asksTooOften(document, happening.node)) {
          take(failedForAsking(document, happening.node, happening.end.usage))
        } else if (happening.end.state === 'waiting') {
          const waiting = withWait(
            withUsageSoFar({ ...document, takeovers: 0 }, happening.node, happening.end.usage),
            happening.node,
            happening.end.wait,
            policies,
          )
          turn.stale.push(...waiting.stale)
          take(waiting)
        } else take(withEnded({ ...document, takeovers: 0 }, happening.node, happening.end, evaluate))
        break
      case 'replied':
        turn.document = withTold(document, happening.reply)
        break
      case 'outcomes':
        for (const outcome of happening.outcomes) take(withOutcome(turn.document, outcome))
        break
      case 'moved':
        turn.moved.push(happening.node)
        break
      case 'waits': {
        const anew = withAskedAnew(document, happening.node, happening.wait, policies)
        if (!anew) break
        if (asksTooOften(document, happening.node)) {
          take(failedForAsking(document, happening.node, undefined))
          break
        }
        turn.stale.push(...anew.stale)
        take(anew)
        break
      }
      case 'planned':
        take(planned(document, happening))
        break
      case 'revised':
        take(revised(document, happening))
        break
      case 'message':
        turn.consumed = Math.max(turn.consumed, happening.entry.position)
        if (happening.entry.message.type === 'cancel') turn.canceled = happening.entry.message.reason ?? 'The session was canceled.'
        else if (happening.entry.message.type === 'pause' || happening.entry.message.type === 'resume') take(withMessage(document, happening.entry.message))
        else if (happening.entry.message.type === 'answer') take(withAnswer(document, happening.entry.message))
        else turn.document = touched(document)
        break
      case 'usage':
      case 'unplanned':
      case 'broken':
      case 'look':
        break
    }
  }
  return turn
}

/** A try of a piece of work has begun, as the document says. */
export function startedEvent(document: SessionDocument, id: string): NewSessionEvent {
  const { agent, attempts, branch } = document.nodes[id] as NodeState
  const { node } = workOf(document, id)
  const instruction = typeof branch?.item === 'string' ? `${node.instruction}: ${branch.item}` : node.instruction
  return happened({ type: 'node.started', node: id, agent, instruction: instruction.slice(0, 300), attempt: attempts })
}

/** Work that was called off, and had ended before it heard of it, has cost something all the same. */
function withLateUsage(document: SessionDocument, id: string, usage: Usage | undefined): SessionDocument {
  const state = document.nodes[id]
  return usage && state && !state.usage ? withNode(withUsage(document, usage), id, { usage }) : document
}

function isOpen({ nodes }: SessionDocument, id: string): boolean {
  const state = nodes[id]
  return state !== undefined && !isSettled(state)
}

function withTask(document: SessionDocument, { node, taskId }: { node: string; taskId: string }): Pick<Turn, 'document' | 'events'> {
  const { agent, task_id: before } = document.nodes[node] as NodeState
  if (before === taskId) return { document, events: [] }
  const { sent: _sent, ...state } = document.nodes[node] as NodeState
  const known = { ...document, nodes: { ...document.nodes, [node]: state } }
  if (workOf(document, node).node.kind !== 'plan') return { document: withNode(known, node, { task_id: taskId }), events: [] }
  return {
    document: withNode(known, node, { task_id: taskId, session: taskId }),
    events: [happened({ type: 'node.session', node, agent, session: taskId })],
  }
}

/** Approvals that one try may ask for: an agent that asks again whatever it is told would do so for ever. */
const MOST_ASKS = 32

function asksTooOften({ asks, nodes }: SessionDocument, node: string): boolean {
  const epoch = nodes[node]?.epoch
  return Object.values(asks).filter((ask) => ask.node === node && ask.epoch === epoch && ask.ref !== null && ask.relayed === undefined).length >= MOST_ASKS
}

function failedForAsking(document: SessionDocument, node: string, usage: Usage | undefined): Pick<Turn, 'document' | 'events'> {
  const error = { code: 'agent_failed', message: `The agent asked for approval more than ${MOST_ASKS} times.`, node } as const
  return failNode(document, node, { error, usage, state: workOf(document, node).failedAs, exhausted: false })
}

/** What a try has cost that is not over; it is part of the sum once it is. What its task says then is all of it. */
function withUsageSoFar(document: SessionDocument, node: string, usage: Usage | undefined): SessionDocument {
  return usage ? withNode(document, node, { waiting_usage: usage }) : document
}

function withEnded(
  document: SessionDocument,
  node: string,
  end: Exclude<NodeEnd, { state: 'waiting' }>,
  evaluate: RuleEngine,
): Pick<Turn, 'document' | 'events'> {
  if (end.state === 'completed') return completeNode(document, node, end.output, end.usage, evaluate)
  const rejection = refusalOf(document, node)
  if (rejection === undefined) return failNode(document, node, end)
  const { agent } = document.nodes[node] as NodeState
  const spent = withUsage(document, end.usage)
  const change = { state: 'skipped', skip_reason: 'rejected', rejection, finished_at: stamp(), ...(end.usage && { usage: end.usage }) } as const
  return { document: withNode(spent, node, change), events: [happened({ type: 'node.skipped', node, agent, reason: 'rejected' })] }
}

/** A plan that comes when there is one already was asked for by a loop that did not know: it cost what it cost. */
function planned(document: SessionDocument, { made, rejected }: Extract<Happening, { type: 'planned' }>): Pick<Turn, 'document' | 'events'> {
  if (document.plan) return { document: withUsage(document, made.usage), events: [] }
  const next = withPlan(document, made)
  return { document: next, events: [...rejected, happened({ type: 'plan.ready', plan: made.plan, revision: next.plan_revision, source: made.source })] }
}

function revised(document: SessionDocument, { reason, made, rejected }: Extract<Happening, { type: 'revised' }>): Pick<Turn, 'document' | 'events'> {
  // There is more to plan for by now; that is being thought about.
  if (document.revising?.text !== reason.text) return { document: withUsage(document, made.usage), events: [] }
  const kept = (why: string): Pick<Turn, 'document' | 'events'> => ({
    document: withUsage(touched({ ...document, revising: null }), made.usage),
    events: [...rejected, happened({ type: 'plan.kept', why })],
  })
  if (!made.plan) return kept('No sound new plan could be had.')
  const { document: next, changes } = withRevision(document, { plan: made.plan, usage: made.usage }, reason)
  const isSame = changes.added.length + changes.dropped.length + changes.changed.length === 0
  if (isSame) return reason.kind === 'failure' ? kept('The planner changed nothing.') : kept('The planner found nothing to change.')
  const event = happened({ type: 'plan.ready', plan: made.plan, revision: next.plan_revision, source: 'planner', reason, ...changes })
  return { document: next, events: [...rejected, event] }
}

function withMessage(document: SessionDocument, message: { type: 'pause' } | { type: 'resume' }): Pick<Turn, 'document' | 'events'> {
  const now = stamp()
  if (message.type === 'pause' && document.status !== 'paused')
    return { document: touched({ ...withWaitOver(document), status: 'paused', paused_at: now, wake_at: null }), events: [happened({ type: 'session.paused' })] }
  if (message.type === 'resume' && document.status === 'paused') {
    const paused = document.paused_at === null ? 0 : Math.max(0, Date.parse(now) - Date.parse(document.paused_at))
    return {
      document: touched({ ...document, status: 'active', paused_at: null, paused_ms: document.paused_ms + paused }),
      events: [happened({ type: 'session.unpaused' })],
    }
  }
  // It is as it was asked to be; that it was read is all there is to save.
  return { document: touched(document), events: [] }
}

/** Happenings in their order. `take` waits for at least one and answers all there are. */
export function createQueue(signal: AbortSignal): { readonly holdsMore: boolean; push: (happening: Happening) => void; take: () => Promise<Happening[]> } {
  let waiting: Happening[] = []
  let wake: (() => void) | undefined
  signal.addEventListener('abort', () => wake?.(), { once: true })
  return {
    get holdsMore() {
      return waiting.length > 0
    },
    push(happening) {
      waiting.push(happening)
      wake?.()
    },
    async take() {
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
      if (signal.aborted) throw signal.reason
      const taken = waiting
      waiting = []
      return taken
    },
  }
}
