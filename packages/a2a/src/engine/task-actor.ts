import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

import { EXTENSIONS } from '@signalbox/contracts'
import { AppError, isErrorCode, RETRYABLE_BY_DEFAULT, toAppError } from '@signalbox/errors'
import { withLogFields, type Telemetry } from '@signalbox/telemetry'

import type { AgentExecutor, Caller } from '../agent.ts'
import { taskHasEnded } from '../faults/a2a-error.ts'
import type { Artifact, Message, Metadata, Task, TaskChange, TaskEvent, TaskState } from '../model.ts'
import { applyChange, copyTask } from './apply-change.ts'
import { createTaskLog } from './task-log.ts'
import { createTurnWriter, type TurnWriter } from './turn-writer.ts'
import { canBecome, endsStream, isInterrupted, isTerminal } from './transitions.ts'

export interface ActorOptions {
  executor: AgentExecutor
  telemetry: Telemetry
  turnDeadlineMs: number
  /** Told once, when the task ends. */
  onEnd(actor: TaskActor): void
  /** Told of each turn as it begins, with what settles when its executor has returned. */
  onTurn(work: Promise<void>): void
  /** Told whenever a turn no longer works on its task. */
  onTurnEnd(): void
}

/** The task at a moment, and the number of the last event that it shows. */
export interface Position {
  seq: number
  task: Task
}

/** A message that a task took, and what becomes of it. */
export interface AcceptedTurn {
  readonly actor: TaskActor
  /** Where its events begin. Rejects when the task ends before the message has its turn. */
  readonly started: Promise<Position>
  /** Settles when the task ends or is interrupted in this turn. */
  readonly settled: Promise<void>
}

const CANCEL_HOOK_MS = 5_000
const LONGEST_QUEUE = 16

/**
 * One task and its life.
 *
 * 1. At most one turn runs at a time; messages that come meanwhile wait in line.
 * 2. Every change goes through `#change`: into the task, the log and to whoever waits, in one tick.
 * 3. After a terminal state nothing changes any more, whoever still writes.
 * 4. Nobody who reads, waits or leaves has any effect on the turn; only `cancel`, the deadline and `stop` do.
 */
export class TaskActor {
  readonly id = randomUUID() as string
  readonly contextId: string
  readonly owner: string
  /** When the task reached its present state, by the clock of this process. */
  changedAt = Date.now()
  readonly #options: ActorOptions
  readonly #task: Task
  readonly #log = createTaskLog()
  readonly #line: PendingTurn[] = []
  #turn: RunningTurn | undefined
  #canceling: Promise<void> | undefined
  #lastStatus: TaskChange | undefined

  constructor(owner: string, contextId: string, options: ActorOptions) {
    this.owner = owner
    this.contextId = contextId
    this.#options = options
    this.#task = { id: this.id, contextId, status: { state: 'submitted', timestamp: new Date().toISOString() }, artifacts: [], history: [] }
  }

  get state(): TaskState {
    return this.#task.status.state
  }

  get statusTimestamp(): string {
    return this.#task.status.timestamp
  }

  /** Whether a turn is under way that can still change the task. */
  get isBusy(): boolean {
    return this.#turn !== undefined && !isTerminal(this.state)
  }

  snapshot(): Task {
    return copyTask(this.#task)
  }

  /** Takes a message: at once when the task is idle, else when its turn comes. */
  accept(message: Message, caller: Caller): AcceptedTurn {
    if (isTerminal(this.state)) throw taskHasEnded(this.id, this.state)
    if (this.#line.length >= LONGEST_QUEUE) throw new AppError('unavailable', 'Too many messages wait for this task.', { retryAfterMs: 1_000 })
    const started = Promise.withResolvers<Position>()
    const settled = Promise.withResolvers<void>()
    // A caller who did not wait must not make its refusal an unhandled rejection.
    started.promise.catch(() => undefined)
    settled.promise.catch(() => undefined)
    this.#line.push({ message: { ...message, taskId: this.id, contextId: this.contextId }, caller, started, settled, inContext: AsyncLocalStorage.snapshot() })
    this.#startNext()
    return { actor: this, started: started.promise, settled: settled.promise }
  }

  /** The events after a position, then what comes. Ends with the task, or where it asks for input. */
  async *follow(from: Position, signal: AbortSignal): AsyncGenerator<TaskEvent> {
    if (!this.#log.reachesBack(from.seq)) return yield* this.#tellEnd()
    const events = this.#log.read(from.seq, signal)
    yield { type: 'task', task: from.task, seq: from.seq }
    for await (const event of events) {
      yield event
      if (event.type === 'status' && endsStream(event.status.state)) return
    }
  }

  /** The task as it is now (or, of what came after `after`, everything), then what comes. */
  async *subscribe(signal: AbortSignal, after?: number): AsyncGenerator<TaskEvent> {
    const resumes = after !== undefined && this.#log.reachesBack(after)
    if (isTerminal(this.state) && !resumes) throw taskHasEnded(this.id, this.state)
    yield* this.follow({ seq: resumes ? after : this.#log.last, task: this.snapshot() }, signal)
  }

  /** Ends the task as canceled, whether a turn runs or not. Again is no error. */
  async cancel(): Promise<Task> {
    if (isTerminal(this.state) && this.state !== 'canceled') throw taskHasEnded(this.id, this.state)
    if (this.#turn) this.#interrupt(() => this.#toStatus('canceled', {}), new DOMException('The task was canceled.', 'AbortError'))
    else if (!isTerminal(this.state)) await (this.#canceling ??= this.#cancelIdle())
    return this.snapshot()
  }

  /** Ends the task as failed because of something outside of it: its deadline, or the end of the service. */
  stop(error: AppError): void {
    this.#interrupt(() => this.#toFailed(error), new DOMException(error.message, error.code === 'deadline_exceeded' ? 'TimeoutError' : 'AbortError'))
  }

  /** Lets go of the events of a task that has ended; the task itself stays. */
  forgetEvents(): void {
    this.#log.forget()
  }

  // Turns.

  #startNext(): void {
    if (this.#turn || this.#canceling || isTerminal(this.state)) return
    const pending = this.#line.shift()
    if (!pending) return
    const turn: RunningTurn = {
      pending,
      controller: new AbortController(),
      writer: createTurnWriter(this.#writerTarget(() => turn)),
      isOver: false,
      deadline: undefined,
    }
    this.#turn = turn
    const before = this.snapshot()
    if (isInterrupted(this.state)) this.#toStatus('working', {})
    this.#task.history.push(pending.message)
    pending.started.resolve({ seq: this.#log.last, task: this.snapshot() })
    this.#startDeadline(turn)
    this.#options.onTurn(pending.inContext(() => withLogFields({ task_id: this.id }, () => this.#run(turn, before))))
  }

  async #run(turn: RunningTurn, task: Task): Promise<void> {
    const { message, caller } = turn.pending
    const { executor } = this.#options
    try {
      await executor.execute({ taskId: this.id, contextId: this.contextId, message, task, caller, signal: turn.controller.signal }, turn.writer)
      if (!turn.isOver) turn.writer.flush()
      if (!turn.isOver && !isInterrupted(this.state)) this.#toStatus('completed', {})
    } catch (error) {
      this.#turnFailed(turn, error)
    } finally {
      turn.isOver = true
      clearTimeout(turn.deadline)
      turn.pending.settled.resolve()
      this.#turn = undefined
      this.#startNext()
      this.#options.onTurnEnd()
    }
  }

  #turnFailed(turn: RunningTurn, thrown: unknown): void {
    const { log } = this.#options.telemetry
    // What was stopped is expected to throw; what throws after its own last word has a fault that nobody else will see.
    if (turn.controller.signal.aborted) return
    if (turn.isOver) return log.warn({ err: thrown }, 'an executor threw after the end of its turn')
    const error = toAppError(thrown)
    if (error.code === 'internal') log.error({ err: thrown }, 'an executor threw something unforeseen')
    turn.writer.flush()
    this.#toFailed(error)
  }

  /** Ends the running turn from outside: what it said so far is kept, what it says from now on is not. */
  #interrupt(end: () => void, reason: DOMException): void {
    if (isTerminal(this.state)) return
    const turn = this.#turn
    if (turn && !turn.isOver) turn.writer.flush()
    if (!isTerminal(this.state)) end()
    turn?.controller.abort(reason)
  }

  async #cancelIdle(): Promise<void> {
    const { executor, telemetry } = this.#options
    try {
      await Promise.race([executor.cancel?.(this.snapshot()), timeLimit(CANCEL_HOOK_MS)])
    } catch (error) {
      telemetry.log.error({ err: error, task_id: this.id }, 'an executor could not take note of a cancelation')
    }
    if (!isTerminal(this.state)) this.#toStatus('canceled', {})
  }

  /** A turn's time does not run while it waits for somebody's authorization. */
  #startDeadline(turn: RunningTurn): void {
    clearTimeout(turn.deadline)
    turn.deadline = setTimeout(() => {
      if (!turn.isOver) this.stop(new AppError('deadline_exceeded', 'The agent did not finish in time.'))
    }, this.#options.turnDeadlineMs)
  }

  // Changes.

  #writerTarget(turnOf: () => RunningTurn): Parameters<typeof createTurnWriter>[0] {
    return {
      requireOpen: () => {
        const turn = turnOf()
        if (turn.controller.signal.aborted) throw toAppError(turn.controller.signal.reason)
        if (turn.isOver) throw new AppError('conflict', `The turn is over: the task is ${this.state}.`)
      },
      status: (state, options) => {
        if (state === 'auth-required') clearTimeout(turnOf().deadline)
        else if (this.state === 'auth-required') this.#startDeadline(turnOf())
        this.#toStatus(state, options)
      },
      fail: ({ code, message, retryable, metadata }) => this.#toStatus('failed', { text: message, metadata: withFailure(code, retryable, metadata) }),
      artifact: (artifact, options) => this.#toArtifact(artifact, options),
      describe: (metadata) => void (this.#task.metadata = { ...this.#task.metadata, ...metadata }),
    }
  }

  #toFailed(error: AppError): void {
    this.#toStatus('failed', { text: error.message, metadata: withFailure(error.code, error.retryable) })
  }

  #toStatus(state: TaskState, { text, metadata }: { text?: string | undefined; metadata?: Metadata | undefined }): void {
    if (!canBecome(this.state, state)) throw new AppError('conflict', `A task that is ${this.state} cannot become ${state}.`)
    // What an interrupted task asks for is read by those who fetch it, too, and a task has no place for its last event's metadata.
    const message = text === undefined ? undefined : this.#say(text, isInterrupted(state) ? metadata : undefined)
    const status = { state, ...(message && { message }), timestamp: new Date().toISOString() }
    this.#change({ type: 'status', taskId: this.id, contextId: this.contextId, status, ...(metadata && { metadata }) })
    this.changedAt = Date.now()
    if (isTerminal(state) || isInterrupted(state)) this.#turn?.pending.settled.resolve()
    if (endsStream(state) && this.#turn) this.#turn.isOver = true
    if (isTerminal(state)) this.#end()
  }

  #toArtifact(artifact: Artifact, { append, lastChunk }: { append: boolean; lastChunk: boolean }): void {
    const exists = this.#task.artifacts.some(({ artifactId }) => artifactId === artifact.artifactId)
    this.#change({ type: 'artifact', taskId: this.id, contextId: this.contextId, artifact, append: append && exists, lastChunk })
  }

  #change(change: TaskChange): void {
    if (isTerminal(this.state)) throw taskHasEnded(this.id, this.state)
    applyChange(this.#task, change)
    if (change.type === 'status') this.#lastStatus = change
    this.#log.append(change)
  }

  #end(): void {
    this.#log.close()
    for (const { started, settled } of this.#line.splice(0)) {
      started.reject(taskHasEnded(this.id, this.state))
      settled.reject(taskHasEnded(this.id, this.state))
    }
    this.#options.onEnd(this)
    this.#options.onTurnEnd()
  }

  /** For one who asks for events that are gone: the task as it is, and how it came to that. */
  *#tellEnd(): Generator<TaskEvent> {
    yield { type: 'task', task: this.snapshot(), seq: this.#log.last }
    if (this.#lastStatus) yield this.#lastStatus
  }

  #say(text: string, metadata: Metadata | undefined): Message {
    return {
      messageId: randomUUID(),
      role: 'agent',
      parts: [{ kind: 'text', text }],
      taskId: this.id,
      contextId: this.contextId,
      ...(metadata && { metadata }),
    }
  }
}

interface PendingTurn {
  message: Message
  caller: Caller
  started: PromiseWithResolvers<Position>
  settled: PromiseWithResolvers<void>
  /** Runs something where the message came in: the same trace, the same log fields. */
  inContext: <Result>(work: () => Result) => Result
}

interface RunningTurn {
  pending: PendingTurn
  controller: AbortController
  writer: TurnWriter
  /** Nothing this turn writes counts any more. */
  isOver: boolean
  deadline: NodeJS.Timeout | undefined
}

function withFailure(code: string, retryable: boolean | undefined, metadata?: Metadata): Metadata {
  const known = isErrorCode(code) && RETRYABLE_BY_DEFAULT[code]
  return { ...metadata, [EXTENSIONS.failure]: { code, retryable: retryable ?? known } }
}

async function timeLimit(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new AppError('deadline_exceeded', 'It took too long.')), ms).unref())
}
