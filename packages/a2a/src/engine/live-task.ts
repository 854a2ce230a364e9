import { AppError } from '@signalbox/errors'

import { INTERRUPTED_STATES, TERMINAL_STATES, type Artifact, type Message, type Metadata, type Part, type StreamEvent, type Task, type TaskState } from '../model.ts'

/**
 * One task while this process holds it: its state, and everybody who watches it.
 *
 *  1. Events are applied in order, and every watcher gets every event after its snapshot, once.
 *  2. A watcher's snapshot and its registration happen in one tick, so nothing falls between them.
 *  3. Nothing is applied after a terminal state.
 *  4. A watcher that leaves changes nothing.
 */
export interface LiveTask {
  readonly owner: string
  /** The task as it is now. Do not change it; ask for a {@link snapshot} to keep one. */
  readonly task: Task
  readonly ended: boolean
  apply(event: StreamEvent): void
  remember(message: Message): void
  describe(metadata: Metadata): void
  snapshot(historyLength?: number): Task
  /** The task now, then what comes, until it ends or waits for input, or the signal aborts. */
  watch(signal: AbortSignal): AsyncGenerator<StreamEvent>
  /** Settles once the task is terminal or interrupted. */
  settled(signal: AbortSignal): Promise<void>
}

/** Which states may follow which. A state may always be said again, with a new message. */
const NEXT: Record<TaskState, readonly TaskState[]> = {
  'submitted': ['working', 'input-required', 'auth-required', 'completed', 'failed', 'canceled', 'rejected'],
  'working': ['input-required', 'auth-required', 'completed', 'failed', 'canceled', 'rejected'],
  'input-required': ['working', 'auth-required', 'completed', 'failed', 'canceled', 'rejected'],
  'auth-required': ['working', 'input-required', 'completed', 'failed', 'canceled', 'rejected'],
  'completed': [],
  'failed': [],
  'canceled': [],
  'rejected': [],
}

export function createLiveTask(initial: Task, owner: string): LiveTask {
  const task = initial
  const watchers = new Set<(event: StreamEvent) => void>()
  const ended = (): boolean => TERMINAL_STATES.has(task.status.state)

  const apply = (event: StreamEvent): void => {
    if (ended()) throw new AppError('conflict', `The task has ended (${task.status.state}).`)
    if (event.type === 'status') {
      const { state } = event.status
      if (state !== task.status.state && !NEXT[task.status.state].includes(state)) throw new AppError('internal', `A task cannot go from ${task.status.state} to ${state}.`)
      task.status = event.status
    } else if (event.type === 'artifact') {
      applyArtifact(task, event.artifact, event.append)
    }
    for (const tell of watchers) tell(event)
  }

  return {
    owner,
    task,
    get ended() {
      return ended()
    },
    apply,
    remember: (message) => void task.history.push(message),
    describe: (metadata) => void (task.metadata = { ...task.metadata, ...metadata }),
    snapshot: (historyLength) => snapshotOf(task, historyLength),
    watch: (signal) => watch(task, watchers, signal),
    async settled(signal) {
      for await (const event of watch(task, watchers, signal)) {
        const state = event.type === 'task' ? event.task.status.state : event.type === 'status' ? event.status.state : undefined
        if (state && (TERMINAL_STATES.has(state) || INTERRUPTED_STATES.has(state))) return
      }
    },
  }
}

async function* watch(task: Task, watchers: Set<(event: StreamEvent) => void>, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const waiting: StreamEvent[] = [{ type: 'task', task: snapshotOf(task) }]
  let wake: (() => void) | undefined
  const tell = (event: StreamEvent): void => {
    waiting.push(event)
    wake?.()
  }
  watchers.add(tell)
  const onAbort = (): void => wake?.()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        if (signal.aborted) return
        yield event
        if (endsStream(event)) return
      }
      if (signal.aborted) return
      await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
    }
  } finally {
    watchers.delete(tell)
    signal.removeEventListener('abort', onAbort)
  }
}

/** A2A 7.6: a stream ends with the task, or where the next word is the caller's; it stays open while an authorization is decided. */
function endsStream(event: StreamEvent): boolean {
  const state = event.type === 'task' ? event.task.status.state : event.type === 'status' ? event.status.state : undefined
  return state !== undefined && (TERMINAL_STATES.has(state) || state === 'input-required')
}

/** Appended text grows the last text part instead of adding one per piece, so that a long stream stays cheap to keep and to show. */
function applyArtifact(task: Task, piece: Artifact, append: boolean): void {
  const index = task.artifacts.findIndex(({ artifactId }) => artifactId === piece.artifactId)
  const existing = task.artifacts[index]
  if (!existing) {
    task.artifacts.push({ ...piece, parts: piece.parts.map((part) => ({ ...part })) })
  } else if (!append) {
    task.artifacts[index] = { ...piece, parts: piece.parts.map((part) => ({ ...part })) }
  } else {
    for (const part of piece.parts) appendPart(existing.parts, part)
    if (piece.metadata) existing.metadata = { ...existing.metadata, ...piece.metadata }
  }
}

function appendPart(parts: Part[], part: Part): void {
  const last = parts.at(-1)
  if (last?.kind === 'text' && part.kind === 'text') last.text += part.text
  else parts.push({ ...part })
}

function snapshotOf(task: Task, historyLength?: number): Task {
  return {
    ...task,
    status: { ...task.status },
    artifacts: task.artifacts.map((artifact) => ({ ...artifact, parts: artifact.parts.map((part) => ({ ...part })) })),
    history: historyLength === undefined ? [...task.history] : historyLength === 0 ? [] : task.history.slice(-historyLength),
  }
}
