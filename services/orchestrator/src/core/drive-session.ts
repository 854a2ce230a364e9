import {
  citationsPartSchema,
  type Citation,
  type Fault,
  type NewSessionEvent,
  type NodeInput,
  type NodeState,
  type PlanNode,
  type SessionDocument,
} from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import { conditionHolds, type RuleEngine } from './condition.ts'
import { makePlan } from './make-plan.ts'
import type { AgentCaller, AgentDirectory, Observer, Planner } from './ports.ts'
import { applyHappenings, createQueue, startedEvent, type Happening } from './happenings.ts'
import { runNode, toFault, type NodeEnd, type NodeReports, type RetryPolicy } from './run-node.ts'
import { schedule, type ScheduleLimits } from './schedule.ts'
import { happened, stamp, withEnd, withNode, withPlan, withTry } from './session-run.ts'

/**
 * Drives one session from where it stands to its end, under a lease.
 *
 *  D1. Whatever happens goes through one queue and is written in the order in which it happened.
 *  D2. A node's end, the starts it allows and their events are one save.
 *  D3. A try is begun only after its epoch was saved; its task id is saved as soon as it is known.
 *  D4. A settled node is never run again, and its state never written again.
 *  D5. When told to stop, nothing more is begun or written; what ran is taken up by the next drive.
 */
export interface DriveTools {
  session: SessionHandle
  directory: AgentDirectory
  planner: Planner
  agents: AgentCaller
  retry: RetryPolicy
  evaluate: RuleEngine
  observer: Observer
  limits: ScheduleLimits & { sessionDeadlineMs: number; nodeDeadlineMs: number; nodeRetries: number }
  /** Aborts when the lease is lost or the service stops. */
  signal: AbortSignal
}

/** The held session: what the driver reads and writes of the store. */
export interface SessionHandle {
  document: SessionDocument
  /** True where an earlier drive had begun. */
  resumed: boolean
  save(document: SessionDocument, events: NewSessionEvent[], consumed?: number): Promise<void>
  append(events: NewSessionEvent[]): Promise<void>
  /** The unread inbox; asked about every 100 ms. */
  inbox(): Promise<{ position: number; message: { type: 'cancel'; reason?: string | undefined } }[]>
}

const INBOX_EVERY_MS = 100

export async function driveSession(tools: DriveTools): Promise<void> {
  const { session, observer } = tools
  await observer.session(session.document, session.resumed, async () => {
    if (session.resumed) await session.append([happened({ type: 'session.resumed' })])
    try {
      if (!session.document.plan) await plan(tools)
      await runPlan(tools)
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      const fault = toAppError(error)
      if (fault.code === 'stale_lease' || fault.code === 'unavailable') throw error
      await fail(tools, toFault(fault))
      if (fault.code === 'internal') throw error
    }
    observer.sessionEnded(session.document)
  })
}

async function plan(tools: DriveTools): Promise<void> {
  const { session, observer } = tools
  const agents = tools.directory.alive()
  await session.append([happened({ type: 'plan.started', agents: agents.map(({ id }) => id) })])
  if (agents.length === 0)
    throw new AppError('agent_unavailable', 'No agent is available to work on this. Check that the agents run and that their URLs are right.')
  const rejected: NewSessionEvent[] = []
  const canceled = watchForCancel(tools)
  try {
    const made = await observer.planning(async (note) => {
      const result = await makePlan(session.document, agents, tools.planner, {
        onRejected: (faults) => rejected.push(happened({ type: 'plan.rejected', faults: faults.slice(0, 16) })),
        signal: AbortSignal.any([tools.signal, canceled.signal]),
      })
      note({ nodes: result.plan.nodes.length, repairs: result.repairs })
      return result
    })
    const document = withPlan(session.document, made)
    await session.save(document, [...rejected, happened({ type: 'plan.ready', plan: made.plan, revision: document.plan_revision, source: made.source })])
  } catch (error) {
    // A cancel while planning is read again, and acted on, where the plan would run.
    if (!canceled.signal.aborted || tools.signal.aborted) throw error
  } finally {
    canceled.stop()
  }
}

async function runPlan(tools: DriveTools): Promise<void> {
  const { session } = tools
  const queue = createQueue(tools.signal)
  const stop = new AbortController()
  const running = new Map<string, Promise<void>>()
  const answer = { length: 0 }
  const look = setInterval(() => queue.push({ type: 'look' }), INBOX_EVERY_MS)
  const left = Math.max(0, Date.parse(session.document.created_at) + tools.limits.sessionDeadlineMs - Date.now())
  const deadline = setTimeout(
    () =>
      queue.push({
        type: 'broken',
        error: new AppError('deadline_exceeded', `The session did not finish within ${tools.limits.sessionDeadlineMs / 1_000} s.`, { retryable: false }),
      }),
    left,
  )
  const signal = AbortSignal.any([tools.signal, stop.signal])

  const launch = (id: string): void => {
    const node = (session.document.plan?.nodes ?? []).find((candidate) => candidate.id === id) as PlanNode
    const work = runOne(tools, node, queue.push, answer, signal).then(
      (end) => queue.push({ type: 'ended', node: id, end }),
      (error: unknown) => (signal.aborted ? undefined : queue.push({ type: 'broken', error })),
    )
    running.set(
      id,
      work.finally(() => running.delete(id)),
    )
  }

  try {
    for (const [id, state] of Object.entries(session.document.nodes)) if (state.state === 'running') launch(id)
    queue.push({ type: 'look' })
    for (;;) {
      const happenings = await queue.take()
      if (happenings.some(({ type }) => type === 'look') && (await takeCancel(tools))) return
      const broken = happenings.find((happening) => happening.type === 'broken')
      if (broken) throw broken.error
      const turn = applyHappenings(session.document, happenings)
      const decided = decide(turn.document, tools)
      const document = decided.document
      if (decided.outcome !== 'running') {
        await finish(tools, document, [...turn.events, ...decided.events], decided)
        turn.saved.forEach((saved) => saved())
        return
      }
      const events = [...turn.events, ...decided.events]
      if (document !== session.document) await session.save(document, events)
      else if (events.length > 0) await session.append(events)
      turn.saved.forEach((saved) => saved())
      for (const id of decided.start) launch(id)
    }
  } finally {
    clearInterval(look)
    clearTimeout(deadline)
    stop.abort(new AppError('canceled', 'The session has ended.'))
    await Promise.allSettled(running.values())
  }
}

function decide(
  before: SessionDocument,
  tools: DriveTools,
): { document: SessionDocument; events: NewSessionEvent[]; start: string[]; outcome: 'running' | 'finished' | 'failed'; fault?: Fault } {
  const { plan: drawn } = before
  if (!drawn) return { document: before, events: [], start: [], outcome: 'running' }
  let fault: Fault | undefined
  const decision = schedule(drawn, before.nodes, tools.limits, (node) => {
    try {
      return conditionHolds(node, before.nodes, tools.evaluate)
    } catch (error) {
      fault = toFault(toAppError(error), node.id)
      return false
    }
  })
  let document = before
  const events: NewSessionEvent[] = []
  for (const { id, reason } of decision.skip) {
    document = withNode(document, id, { state: 'skipped', skip_reason: reason, finished_at: stamp() })
    events.push(happened({ type: 'node.skipped', node: id, agent: (before.nodes[id] as NodeState).agent, reason }))
  }
  if (fault) return { document, events, start: [], outcome: 'failed', fault }
  for (const id of decision.start) {
    // The first try is part of the start, so that both are one save.
    const { agent, attempts, epoch } = document.nodes[id] as NodeState
    document = withTry(withNode(document, id, { state: 'running', started_at: stamp() }), { node: id, agent, attempt: attempts + 1, epoch: epoch + 1 })
    events.push(startedEvent(document, id))
  }
  return { document, events, start: decision.start, outcome: decision.outcome }
}

async function finish(
  tools: DriveTools,
  document: SessionDocument,
  events: NewSessionEvent[],
  decided: { outcome: 'running' | 'finished' | 'failed'; fault?: Fault },
): Promise<void> {
  const answering = document.plan && document.nodes[document.plan.answer]
  if (decided.outcome === 'finished' && answering?.state === 'completed' && answering.output) {
    const citations = citationsOf(answering)
    const done = withEnd(document, { status: 'completed', answer: { text: answering.output.text, citations }, error: null })
    await tools.session.save(done, [...events, happened({ type: 'session.completed', usage: done.usage, citations })])
    return
  }
  const failed = Object.values(document.nodes).find(({ state, error }) => state === 'failed' && error)
  const error = decided.fault ??
    failed?.error ??
    answering?.error ?? { code: 'agent_failed', message: 'The answer was not written, because its condition did not hold.', node: document.plan?.answer ?? '' }
  const done = withEnd(document, { status: 'failed', error })
  await tools.session.save(done, [...events, happened({ type: 'session.failed', error, usage: done.usage })])
}

async function fail(tools: DriveTools, error: Fault): Promise<void> {
  const done = withEnd(settleOpenNodes(tools.session.document), { status: 'failed', error })
  await tools.session.save(done, [happened({ type: 'session.failed', error, usage: done.usage })])
}

/** Ends the session if its inbox says so. */
async function takeCancel(tools: DriveTools): Promise<boolean> {
  const { session } = tools
  const inbox = await session.inbox()
  const last = inbox.at(-1)
  if (!last) return false
  for (const state of Object.values(session.document.nodes))
    if (state.state === 'running' && state.task_id !== undefined) void tools.agents.cancel(state.agent, state.task_id)
  const done = withEnd(settleOpenNodes(session.document), {
    status: 'canceled',
    error: { code: 'canceled', message: inbox.find(({ message }) => message.reason)?.message.reason ?? 'The session was canceled.' },
  })
  await session.save(done, [happened({ type: 'session.canceled', usage: done.usage })], last.position)
  return true
}

/** Nodes that will not run any more, because their session ends early. */
function settleOpenNodes(document: SessionDocument): SessionDocument {
  const open = Object.entries(document.nodes).filter(([, { state }]) => state === 'pending' || state === 'running' || state === 'waiting')
  return open.reduce((next, [id]) => withNode(next, id, { state: 'skipped', skip_reason: 'not_needed', finished_at: stamp() }), document)
}

/** Aborts when a cancel arrives while there is no plan yet. */
function watchForCancel(tools: DriveTools): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController()
  const timer = setInterval(() => {
    tools.session.inbox().then(
      (inbox) => inbox.length > 0 && controller.abort(new AppError('canceled', 'The session was canceled.')),
      () => undefined,
    )
  }, INBOX_EVERY_MS)
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}

function runOne(tools: DriveTools, node: PlanNode, push: (happening: Happening) => void, answer: { length: number }, signal: AbortSignal): Promise<NodeEnd> {
  const { session, observer } = tools
  const { document } = session
  const state = document.nodes[node.id] as NodeState
  const event = (told: NewSessionEvent): void => push({ type: 'event', event: told })
  const report: NodeReports = {
    attempt: (facts) => new Promise((resolve) => push({ type: 'attempt', node: node.id, ...facts, saved: resolve })),
    task: (taskId) => push({ type: 'task', node: node.id, taskId }),
    progress: (agent, text) => event(happened({ type: 'node.progress', node: node.id, agent, text })),
    retrying: ({ delayMs, ...facts }) => event(happened({ type: 'node.retrying', node: node.id, delay_ms: Math.round(delayMs), ...facts })),
    fallback: (facts) => event(happened({ type: 'node.fallback', node: node.id, ...facts })),
    delta(agent, text) {
      event(happened({ type: 'answer.delta', node: node.id, agent, offset: answer.length, text }))
      answer.length += text.length
    },
  }
  const facts = { node: node.id, agent: node.agent, attempt: state.attempts, needs: node.needs }
  return observer.node(facts, async () => {
    const end = await runNode(
      {
        sessionId: document.id,
        node,
        isAnswer: document.plan?.answer === node.id,
        goal: document.goal,
        conversation: document.conversation,
        inputs: gatherInputs(document, node),
        begun: { epoch: state.epoch, attempts: state.attempts, agent: state.agent, taskId: state.task_id },
        defaultDeadlineMs: tools.limits.nodeDeadlineMs,
        defaultRetries: tools.limits.nodeRetries,
      },
      { agents: tools.agents, retry: tools.retry, report, signal },
    )
    observer.nodeEnded({
      node: node.id,
      agent: node.agent,
      state: end.state,
      attempts: session.document.nodes[node.id]?.attempts ?? 0,
      ...(end.state !== 'completed' && { fault: end.error }),
    })
    return end
  })
}

/** The results that a node is handed: those its `inputs` name, or else those of all nodes it needs. Skipped nodes have none. */
export function gatherInputs(document: SessionDocument, node: PlanNode): NodeInput[] {
  const references = node.inputs ? Object.entries(node.inputs) : node.needs.map((id): [string, string] => [id, id])
  return references.flatMap(([name, reference]): NodeInput[] => {
    const [id = '', part] = reference.split('.')
    const state = document.nodes[id]
    if (state?.state !== 'completed' || !state.output) return []
    const instruction = document.plan?.nodes.find((other) => other.id === id)?.instruction ?? ''
    const { text, data } = state.output
    return [{ kind: 'node-input', name, node: id, agent: state.agent, instruction, text: part === 'data' ? '' : text, data: part === 'text' ? [] : data }]
  })
}

function citationsOf(state: NodeState): Citation[] {
  for (const part of state.output?.data ?? []) {
    const parsed = citationsPartSchema.safeParse(part)
    if (parsed.success) return parsed.data.citations
  }
  return []
}
