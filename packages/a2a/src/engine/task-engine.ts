import { createHash, randomUUID } from 'node:crypto'

import { AppError, isAbortError, toAppError } from '@signalbox/errors'
import { withLogFields, type Telemetry } from '@signalbox/telemetry'

import type { AgentExecutor, Caller, Turn } from '../agent.ts'
import { INTERRUPTED_STATES, TERMINAL_STATES, type StreamEvent, type Task } from '../model.ts'
import type { SendRequest, TaskService } from '../task-service.ts'
import { createLiveTask, type LiveTask } from './live-task.ts'
import { listTasks } from './list-tasks.ts'
import { createTaskWriter } from './task-writer.ts'

export interface TaskEngineOptions {
  executor: AgentExecutor
  telemetry: Telemetry
  /** How long one turn may take, milliseconds. Default ten minutes. */
  turnDeadlineMs?: number
  /** Tasks under way at once; one more is refused as `unavailable`. Default 1,000. */
  maxLiveTasks?: number
  /** How long an ended task can still be asked for, milliseconds. Default one hour. */
  retainMs?: number
}

export interface TaskEngine extends TaskService {
  /** Takes no new turns; lets running ones end until the signal aborts, then stops them. */
  drain(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Ended tasks kept beyond their time cost memory; beyond this many the oldest go early. */
const MAX_ENDED_TASKS = 5_000

interface Actor {
  live: LiveTask
  /** The end of the last turn; the next one waits for it. */
  turns: Promise<void>
  /** Stops the turn under way. */
  controller: AbortController
  running: boolean
  endedAt: number | undefined
}

/**
 * Runs an agent's tasks in this process. One actor per task: turns of one task never overlap, and
 * what happens to a task does not depend on who is listening.
 */
export function createTaskEngine(options: TaskEngineOptions): TaskEngine {
  const { executor, telemetry, turnDeadlineMs = 600_000, maxLiveTasks = 1_000, retainMs = 3_600_000 } = options
  const actors = new Map<string, Actor>()
  const idempotent = new Map<string, { taskId: string; payload: string }>()
  const stopping = new AbortController()
  const sweeper = setInterval(evict, Math.min(retainMs, 60_000)).unref()

  function accept(request: SendRequest, caller: Caller): Actor {
    if (stopping.signal.aborted) throw new AppError('unavailable', 'The agent is stopping.', { retryable: true })
    const known = knownRequest(request, caller)
    if (known) return known
    const actor = request.message.taskId ? continued(request.message.taskId, request, caller) : created(request, caller)
    remember(request, caller, actor)
    const message = { ...request.message, taskId: actor.live.task.id, contextId: actor.live.task.contextId }
    actor.turns = actor.turns.then(() => runTurn(actor, { ...request, message }, caller))
    return actor
  }

  function created(request: SendRequest, caller: Caller): Actor {
    if ([...actors.values()].filter(({ endedAt }) => endedAt === undefined).length >= maxLiveTasks) {
      throw new AppError('unavailable', `The agent has ${maxLiveTasks} tasks under way and takes no more now.`, { retryable: true, retryAfterMs: 1_000 })
    }
    const task: Task = { id: randomUUID(), contextId: request.message.contextId ?? randomUUID(), status: { state: 'submitted', timestamp: new Date().toISOString() }, artifacts: [], history: [] }
    const actor: Actor = { live: createLiveTask(task, caller.owner), turns: Promise.resolve(), controller: new AbortController(), running: false, endedAt: undefined }
    actors.set(task.id, actor)
    return actor
  }

  function continued(taskId: string, request: SendRequest, caller: Caller): Actor {
    const actor = find(taskId, caller)
    const { task } = actor.live
    if (request.message.contextId !== undefined && request.message.contextId !== task.contextId) {
      throw new AppError('invalid_request', 'The message names another context than its task has.', { param: 'message.contextId' })
    }
    if (actor.live.ended) throw new AppError('conflict', `Task ${taskId} has ended (${task.status.state}) and takes no more messages.`)
    return actor
  }

  /** A request repeated under the same key is answered by the task that it began. Opt-in: message ids alone are reused for different tasks. */
  function knownRequest(request: SendRequest, caller: Caller): Actor | undefined {
    if (caller.idempotencyKey === undefined) return undefined
    const known = idempotent.get(`${caller.owner}\n${caller.idempotencyKey}`)
    const actor = known && actors.get(known.taskId)
    if (!known || !actor) return undefined
    if (known.payload !== payloadOf(request)) throw new AppError('idempotency_mismatch', 'The idempotency key was used for another message.')
    return actor
  }

  function remember(request: SendRequest, caller: Caller, actor: Actor): void {
    if (caller.idempotencyKey !== undefined) idempotent.set(`${caller.owner}\n${caller.idempotencyKey}`, { taskId: actor.live.task.id, payload: payloadOf(request) })
  }

  async function runTurn(actor: Actor, request: SendRequest, caller: Caller): Promise<void> {
    const { live } = actor
    if (live.ended) return
    live.remember(request.message)
    actor.controller = new AbortController()
    const deadline = AbortSignal.timeout(turnDeadlineMs)
    const signal = AbortSignal.any([actor.controller.signal, deadline])
    const { writer, flush } = createTaskWriter(live)
    const turn: Turn = { taskId: live.task.id, contextId: live.task.contextId, message: request.message, task: live.snapshot(), caller, signal }
    actor.running = true
    try {
      await withLogFields({ task_id: live.task.id }, () => untilAborted(executor.execute(turn, writer), signal))
      flush()
      if (!TERMINAL_STATES.has(live.task.status.state) && !INTERRUPTED_STATES.has(live.task.status.state)) writer.complete()
    } catch (error) {
      flush()
      if (!live.ended) endBadly(error, actor, deadline.aborted)
    } finally {
      actor.running = false
      if (live.ended) actor.endedAt = Date.now()
    }
  }

  function endBadly(error: unknown, actor: Actor, late: boolean): void {
    const { writer } = createTaskWriter(actor.live)
    if (actor.controller.signal.aborted && isAbortError(toAppError(error).cause ?? error) && actor.controller.signal.reason === CANCELED) {
      actor.live.apply({ type: 'status', taskId: actor.live.task.id, contextId: actor.live.task.contextId, status: { state: 'canceled', timestamp: new Date().toISOString() } })
      return
    }
    const fault = late ? new AppError('deadline_exceeded', 'The agent did not finish in time.', { cause: error }) : toAppError(error)
    if (fault.code === 'internal') telemetry.log.error({ err: error, task_id: actor.live.task.id }, 'an agent threw what it did not mean to')
    writer.fail({ code: fault.code, message: fault.message, retryable: fault.retryable })
  }

  function find(taskId: string, caller: Caller): Actor {
    const actor = actors.get(taskId)
    if (!actor || actor.live.owner !== caller.owner) throw new AppError('not_found', `There is no task ${taskId}.`)
    return actor
  }

  function evict(): void {
    const ended = [...actors].filter(([, { endedAt }]) => endedAt !== undefined)
    const old = ended.filter(([, { endedAt }], index) => (endedAt as number) < Date.now() - retainMs || index < ended.length - MAX_ENDED_TASKS)
    for (const [id] of old) actors.delete(id)
    for (const [key, { taskId }] of idempotent) if (!actors.has(taskId)) idempotent.delete(key)
  }

  return {
    async send(request, caller, signal) {
      const { live } = accept(request, caller)
      if (!request.returnImmediately) await live.settled(signal)
      return live.snapshot(request.historyLength)
    },
    async *stream(request, caller, signal): AsyncGenerator<StreamEvent> {
      yield* accept(request, caller).live.watch(signal)
    },
    async *subscribe(taskId, caller, signal) {
      const { live } = find(taskId, caller)
      if (live.ended) throw new AppError('conflict', `Task ${taskId} has ended (${live.task.status.state}); ask for it instead.`)
      yield* live.watch(signal)
    },
    get: async (taskId, caller, { historyLength }) => find(taskId, caller).live.snapshot(historyLength),
    list: async (query, caller) => listTasks([...actors.values()].map(({ live }) => live).filter(({ owner }) => owner === caller.owner), query),
    async cancel(taskId, caller) {
      const actor = find(taskId, caller)
      const { live } = actor
      if (live.task.status.state === 'canceled') return live.snapshot()
      if (live.ended) throw new AppError('conflict', `Task ${taskId} has ended (${live.task.status.state}) and cannot be canceled.`)
      if (actor.running) actor.controller.abort(CANCELED)
      else await executor.cancel?.(live.snapshot())
      if (!live.ended) live.apply({ type: 'status', taskId, contextId: live.task.contextId, status: { state: 'canceled', timestamp: new Date().toISOString() } })
      actor.endedAt = Date.now()
      return live.snapshot()
    },
    async drain(signal) {
      stopping.abort()
      const turns = Promise.allSettled([...actors.values()].map(({ turns: last }) => last))
      const stopAll = (): void => actors.forEach(({ controller, running }) => running && controller.abort(new AppError('unavailable', 'The agent stopped before the work was done.', { retryable: true })))
      if (signal.aborted) stopAll()
      else signal.addEventListener('abort', stopAll, { once: true })
      await turns
    },
    async close() {
      clearInterval(sweeper)
      stopping.abort()
      for (const { controller, running } of actors.values()) if (running) controller.abort(new AppError('unavailable', 'The agent stopped before the work was done.', { retryable: true }))
    },
  }
}

const CANCELED = new DOMException('The task was canceled.', 'AbortError')

/** An executor that ignores its signal must not hold its task for ever. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function payloadOf({ message }: SendRequest): string {
  return createHash('sha256').update(JSON.stringify([message.parts, message.taskId, message.contextId])).digest('hex')
}
