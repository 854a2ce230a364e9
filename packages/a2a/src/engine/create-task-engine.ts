import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { AgentExecutor, Caller } from '../agent.ts'
import type { StreamEvent } from '../model.ts'
import type { SendRequest, TaskService } from '../task-service.ts'
import { untilAborted } from '../until-aborted.ts'
import { createIdempotency } from './idempotency.ts'
import { pageTasks, withHistory } from './page-tasks.ts'
import { TaskActor, type AcceptedTurn, type ActorOptions } from './task-actor.ts'

export interface TaskEngineOptions {
  executor: AgentExecutor
  telemetry: Telemetry
  /** How long one turn may work. Default 10 minutes. */
  turnDeadlineMs?: number
  /** How many tasks may be alive at once, interrupted ones included. Default 1,000. */
  maxLiveTasks?: number
  /** How long a task that has ended can still be fetched. Default 1 hour. */
  retainMs?: number
  /** How many that have ended are kept at most. Default 500. */
  maxEndedTasks?: number
  /** How long a task waits for an answer or an authorization. Default 24 hours. */
  waitMs?: number
}

export interface TaskEngine extends TaskService {
  /** Takes no more messages, and waits for running turns until the signal aborts. */
  drain(signal: AbortSignal): Promise<void>
  /** Fails what still lives, and gives everything back. */
  close(): Promise<void>
}

const MINUTE = 60_000
/** How long the events of an ended task can be read again, by one who lost the connection at the end. */
const REPLAY_MS = MINUTE
const SWEEP_MS = 30_000
const UNWIND_MS = 1_000
const STOPPING = new AppError('unavailable', 'The agent is stopping.', { retryAfterMs: 1_000 })

/** Runs an agent's tasks in this process's memory: one actor per task, whose readers come and go as they like. */
export function createTaskEngine(options: TaskEngineOptions): TaskEngine {
  const {
    executor,
    telemetry,
    turnDeadlineMs = 10 * MINUTE,
    maxLiveTasks = 1_000,
    retainMs = 60 * MINUTE,
    maxEndedTasks = 500,
    waitMs = 24 * 60 * MINUTE,
  } = options
  const live = new Map<string, TaskActor>()
  /** In the order of their ends. */
  const ended = new Map<string, TaskActor>()
  const idempotency = createIdempotency()
  const turns = new Set<Promise<void>>()
  const whenQuiet = new Set<() => void>()
  let stopping = false

  const actorOptions: ActorOptions = {
    executor,
    telemetry,
    turnDeadlineMs,
    onEnd(actor) {
      live.delete(actor.id)
      ended.set(actor.id, actor)
      for (const id of ended.keys()) {
        if (ended.size <= maxEndedTasks) break
        evict(id)
      }
    },
    onTurn(work) {
      turns.add(work)
      void work.finally(() => turns.delete(work))
    },
    onTurnEnd() {
      for (const resolve of whenQuiet) resolve()
    },
  }

  const evict = (id: string): void => {
    ended.delete(id)
    idempotency.forgetTask(id)
  }

  const sweep = (): void => {
    const now = Date.now()
    for (const [id, actor] of ended) {
      if (now - actor.changedAt > retainMs) evict(id)
      else if (now - actor.changedAt > REPLAY_MS) actor.forgetEvents()
    }
    for (const actor of live.values()) {
      if (!actor.isBusy && now - actor.changedAt > waitMs) actor.stop(new AppError('deadline_exceeded', 'Nobody answered in time.', { retryable: false }))
    }
  }
  const sweeper = setInterval(sweep, Math.min(SWEEP_MS, retainMs)).unref()

  const find = (taskId: string, caller: Caller): TaskActor => {
    const actor = live.get(taskId) ?? ended.get(taskId)
    if (!actor || actor.owner !== caller.owner) throw new AppError('not_found', `There is no task ${taskId.slice(0, 64)}.`)
    return actor
  }

  const create = (contextId: string | undefined, caller: Caller): TaskActor => {
    if (live.size >= maxLiveTasks) throw new AppError('unavailable', 'The agent has as many tasks as it can take.', { retryAfterMs: 1_000 })
    const actor = new TaskActor(caller.owner, contextId ?? randomUUID(), actorOptions)
    live.set(actor.id, actor)
    return actor
  }

  const accept = ({ message }: SendRequest, caller: Caller): AcceptedTurn => {
    const known = idempotency.find(caller, message)
    if (known) return known
    const present = message.taskId === undefined ? undefined : find(message.taskId, caller)
    if (present && message.contextId !== undefined && message.contextId !== present.contextId) {
      throw new AppError('invalid_request', 'The message names a context that its task does not belong to.', { param: 'message.contextId' })
    }
    if (stopping) throw STOPPING
    const turn = (present ?? create(message.contextId, caller)).accept(message, caller)
    idempotency.remember(caller, message, turn)
    return turn
  }

  return {
    async send(request, caller, signal) {
      const turn = accept(request, caller)
      if (!request.returnImmediately) await untilAborted(turn.settled, signal)
      return withHistory(turn.actor.snapshot(), request.historyLength)
    },
    async *stream(request, caller, signal): AsyncGenerator<StreamEvent> {
      const turn = accept(request, caller)
      const start = await untilAborted(turn.started, signal)
      yield* turn.actor.follow({ ...start, task: withHistory(start.task, request.historyLength) }, signal)
    },
    async *subscribe(taskId, caller, signal, { after } = {}): AsyncGenerator<StreamEvent> {
      yield* find(taskId, caller).subscribe(signal, after)
    },
    get: async (taskId, caller, { historyLength }) => withHistory(find(taskId, caller).snapshot(), historyLength),
    list: async (query, caller) => pageTasks([...live.values(), ...ended.values()], caller.owner, query),
    cancel: async (taskId, caller) => find(taskId, caller).cancel(),
    async drain(signal) {
      stopping = true
      while ([...live.values()].some((actor) => actor.isBusy) && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            whenQuiet.delete(done)
            signal.removeEventListener('abort', done)
            resolve()
          }
          whenQuiet.add(done)
          signal.addEventListener('abort', done)
        })
      }
    },
    async close() {
      stopping = true
      clearInterval(sweeper)
      for (const actor of [...live.values()]) actor.stop(STOPPING)
      // Executors let go of what the service is about to take from under them; one that does not is not waited for.
      await Promise.race([Promise.allSettled(turns), pause(UNWIND_MS, undefined, { ref: false })])
    },
  }
}
