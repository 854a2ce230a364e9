import { TERMINAL_STATUSES, type Budget, type PlanNode, type SessionDocument, type Usage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import { withoutStaleAsks } from './approvals/outcomes.ts'
import { createPeople } from './approvals/people.ts'
import type { ApprovalBook, ApprovalPolicies } from './approvals/ports.ts'
import { toParked } from './approvals/waiting.ts'
import { deadlineAt, leftFor, ownBudget, reachedLimit, spentBy, withSpending } from './budget.ts'
import type { RuleEngine } from './condition.ts'
import { decide } from './decide.ts'
import { draw } from './draw-plan.ts'
import { cancelSession, failSession, finishSession, stopSession, type Ending } from './end-session.ts'
import { applyHappenings, createQueue, type Turn } from './happenings.ts'
import type { AgentCaller, AgentDirectory, Observer, Planner, SessionHandle } from './ports.ts'
import { toFault, type RetryPolicy } from './run-node.ts'
import { runWork } from './run-work.ts'
import type { ScheduleLimits } from './schedule.ts'
import { happened, touched } from './session-run.ts'

/**
 * Drives one session from where it stands to its end, or until it is paused, under a lease.
 *
 *  D1. Whatever happens goes through one queue and is written in the order in which it happened.
 *  D2. A node's end, the starts it allows, the messages read and their events are one save.
 *  D3. A try is begun only after its epoch was saved; its task id is saved as soon as it is known.
 *  D4. A settled node is never run again, and its state never written again, unless somebody redrives it.
 *  D5. When told to stop, nothing more is begun or written; what ran is left to its agents, and taken up
 *      by the next drive. Only a session that ends calls its agents off.
 *  D6. What people are asked is in the ledger before the session is left to wait for it.
 *  D7. Planning, like all else, happens beside the queue: a cancel or a pause does not wait for it.
 */
export interface DriveTools {
  session: SessionHandle
  directory: AgentDirectory
  planner: Planner
  agents: AgentCaller
  retry: RetryPolicy
  evaluate: RuleEngine
  observer: Observer
  policies: ApprovalPolicies
  book: ApprovalBook
  /** Tells the session that this one works for, if it is one of ours, that something moved. */
  tellParent: (id: string) => Promise<void>
  limits: ScheduleLimits & { sessionDeadlineMs: number; nodeDeadlineMs: number; nodeRetries: number }
  /** Aborts when the lease is lost or the service stops. */
  signal: AbortSignal
}

/** A session that was taken up this often without getting on is not taken up again: it would take its drivers down for ever. */
const MOST_TAKEOVERS = 16
/** A timer's longest. */
const LONGEST_MS = 2 ** 31 - 1

export async function driveSession(tools: DriveTools): Promise<void> {
  const { session, observer } = tools
  await observer.session(session.document, session.resumed, async () => {
    try {
      await run(tools)
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      const fault = toAppError(error)
      if (fault.code === 'stale_lease' || fault.code === 'unavailable') throw error
      await giveUp(tools, failSession(session.document, toFault(fault)))
      if (fault.code === 'internal') throw error
    }
    if (TERMINAL_STATUSES.has(session.document.status)) observer.sessionEnded(session.document)
  })
}

/** A piece of work that is under way. */
interface Running {
  done: Promise<void>
  controller: AbortController
}

async function run(tools: DriveTools): Promise<void> {
  const { session } = tools
  const queue = createQueue(tools.signal)
  const over = new AbortController()
  const running = new Map<string, Running>()
  const spending = new Map<string, Usage>()
  const answer = { text: '' }
  for (const [id, { state, waiting_usage: usage }] of Object.entries(session.document.nodes)) if (state === 'waiting' && usage) spending.set(id, usage)
  const signal = AbortSignal.any([tools.signal, over.signal])
  let planning: (Running & { text: string }) | undefined
  let timer: NodeJS.Timeout | undefined
  const broken = (error: unknown): void => queue.push({ type: 'broken', error })
  const people = createPeople(tools, { push: queue.push, broken, signal })

  const heeding = (async () => {
    for await (const entry of session.heed(signal)) queue.push({ type: 'message', entry })
  })().catch((error: unknown) => (signal.aborted ? undefined : broken(error)))

  function launch(id: string): void {
    const controller = new AbortController()
    const stop = AbortSignal.any([signal, controller.signal])
    const done = runWork(tools, id, { push: queue.push, answer, spending, signal: stop })
      .then(
        (end) => queue.push({ type: 'ended', node: id, end }),
        (error: unknown) => (stop.aborted ? queue.push({ type: 'look' }) : broken(error)),
      )
      .finally(() => running.delete(id))
    running.set(id, { done, controller })
  }

  /** Has the plan drawn, or drawn anew, where the document says that one is wanted; a reason that changed meanwhile is thought about afresh. */
  function plan(): void {
    const { document } = session
    const text = document.plan ? document.revising?.text : ''
    if (planning && planning.text !== text) planning.controller.abort(new AppError('canceled', 'There is more to plan for.'))
    if (text === undefined || planning) return
    const controller = new AbortController()
    const stop = AbortSignal.any([signal, controller.signal])
    const done = draw(tools, document, stop).then(queue.push, (error: unknown) => (stop.aborted ? queue.push({ type: 'unplanned' }) : broken(error)))
    planning = { text, done, controller }
  }

  const budgetFor = (document: SessionDocument, node: PlanNode): Budget =>
    leftFor(document, spentBy(document, spending.values()), ownBudget(document, node, spending), tools.limits.sessionDeadlineMs)

  function watchTime(document: SessionDocument): void {
    clearTimeout(timer)
    if (document.paused_at !== null || document.waiting_at !== null) return
    const left = deadlineAt(document, tools.limits.sessionDeadlineMs) - Date.now()
    timer = setTimeout(() => queue.push({ type: 'look' }), Math.min(Math.max(0, left), LONGEST_MS))
  }

  async function end(ending: Ending, turn: Turn): Promise<void> {
    // Agents hear of it before it is written: that it ends is known, and cannot be taken back.
    over.abort(new AppError('canceled', 'The session has ended.'))
    people.callOff(session.document)
    const { document, events } = withoutStaleAsks(ending.document)
    await session.save(document, [...turn.events, ...events, ...ending.events], turn.consumed)
    await tellParent()
  }

  /** A session that works for another tells it when it does not wait any more. */
  async function tellParent(): Promise<void> {
    const parent = session.document.lineage.at(-1)
    if (parent !== undefined) await tools.tellParent(parent)
  }

  try {
    if (session.resumed && (await takeUp(tools))) return
    for (const [id, { state, branch }] of Object.entries(session.document.nodes))
      if (state === 'running' && (branch || isWork(session.document, id))) launch(id)
    queue.push({ type: 'look' })
    for (;;) {
      const happenings = await queue.take()
      const failure = happenings.find((happening) => happening.type === 'broken')
      if (failure) throw failure.error
      for (const happening of happenings) {
        if (happening.type === 'usage' && session.document.nodes[happening.node]?.state === 'running') spending.set(happening.node, happening.usage)
        else if (happening.type === 'ended' && happening.end.state !== 'waiting') spending.delete(happening.node)
        // Only what is taken into account counts as planned: another plan must not be asked for before.
        else if (happening.type === 'planned' || happening.type === 'revised' || happening.type === 'unplanned') planning = undefined
      }
      const turn = applyHappenings(session.document, happenings, tools)
      const everything = [...spending.keys()]
      if (turn.canceled !== undefined) return await end(cancelSession(withSpending(turn.document, spending, everything), turn.canceled), turn)
      const reached = reachedLimit(turn.document, spentBy(turn.document, spending.values()), tools.limits.sessionDeadlineMs)
      const decided = decide(turn.document, { ...tools, live: spending, budgetFor, moved: turn.moved })
      const after = { ...turn, events: [...turn.events, ...decided.events] }
      // An answer that is there in the same breath as the limit is an answer.
      if (decided.outcome === 'finished') return await end(finishSession(withSpending(decided.document, spending, everything), answer.text), after)
      if (reached) return await end(stopSession(withSpending(turn.document, spending, everything), reached, answer.text), turn)
      if (decided.outcome === 'failed') return await end(failSession(withSpending(decided.document, spending, everything), decided.fault), after)

      const waited = session.document.waiting_at !== null
      await write(session, withSpending(decided.document, spending, decided.drop), after)
      if (waited && session.document.waiting_at === null) await tellParent()
      for (const id of decided.drop) spending.delete(id)
      turn.saved.forEach((saved) => saved())
      for (const id of decided.drop) {
        const { agent = '', task_id: task } = session.document.nodes[id] ?? {}
        const work = running.get(id)
        if (work) work.controller.abort(new AppError('canceled', 'The result is not needed any more.'))
        // One that waits for people is told by us.
        else if (task !== undefined) void tools.agents.cancel(agent, task)
      }
      people.ask(session.document, { messages: happenings, stale: decided.stale, withdrawn: turn.stale })
      for (const id of [...decided.start, ...decided.resume]) launch(id)
      plan()
      watchTime(session.document)
      // Nothing is at work and nothing may begin: the session waits in the store, and holds nobody.
      if (running.size > 0 || planning || people.isBusy || queue.holdsMore) continue
      if (session.document.status === 'paused' && (await session.park(session.document, []))) return
      if (!isWaiting(session.document)) continue
      const parked = toParked(session.document)
      if (await session.park(parked.document, parked.events)) return
    }
  } finally {
    clearTimeout(timer)
    // Aborted already where the session has ended; else what runs is left to its agents.
    over.abort(new AppError('stale_lease', 'The session is not driven here any more.'))
    await Promise.allSettled([heeding, planning?.done, people.close(), ...[...running.values()].map(({ done }) => done)])
  }
}

/** Ends a session that cannot be driven on: its agents are called off, its people are not asked any more, and who waits for it is told. */
async function giveUp(tools: DriveTools, ending: Ending): Promise<void> {
  const { session, book } = tools
  callOff(tools)
  const { document, events, stale } = withoutStaleAsks(ending.document)
  const last = ending.events.at(-1)
  await session.save(document, [...ending.events.slice(0, -1), ...events, ...(last ? [last] : [])])
  if (stale.length > 0) await book.supersede(stale, 'The session has ended.').catch(() => undefined)
  const parent = document.lineage.at(-1)
  if (parent !== undefined) await tools.tellParent(parent)
}

/** Tells the agents of all that runs that it is not wanted any more. */
function callOff({ session, agents }: DriveTools): void {
  for (const { state, agent, task_id: task } of Object.values(session.document.nodes))
    if ((state === 'running' || state === 'waiting') && task !== undefined) void agents.cancel(agent, task)
}

/** A drive that goes on where an earlier one stopped. True where that has happened too often. */
async function takeUp(tools: DriveTools): Promise<boolean> {
  const { session } = tools
  const { document } = session
  if (document.status === 'paused' || document.waiting_at !== null) return false
  const events = [happened({ type: 'session.resumed' })]
  if (document.takeovers < MOST_TAKEOVERS) {
    await session.save(touched({ ...document, takeovers: document.takeovers + 1 }), events)
    return false
  }
  const message = `The session was taken up ${document.takeovers} times without getting on, and is not tried again.`
  const ending = failSession(document, { code: 'internal', message })
  await giveUp(tools, { ...ending, events: [...events, ...ending.events] })
  return true
}

async function write(session: SessionHandle, document: SessionDocument, turn: Turn): Promise<void> {
  if (document !== session.document || turn.consumed > 0) await session.save(document, turn.events, turn.consumed)
  else if (turn.events.length > 0) await session.append(turn.events)
}

function isWaiting({ status }: SessionDocument): boolean {
  return status === 'waiting_approval' || status === 'waiting_input'
}

/** True for nodes that somebody is asked to do; `map` and `vote` nodes are done by their branches. */
function isWork({ plan }: SessionDocument, id: string): boolean {
  const kind = plan?.nodes.find((node) => node.id === id)?.kind
  return kind === 'agent' || kind === 'plan'
}
