import type { Artifact, Json, Message, Metadata, Part, Task } from './model.ts'

/** Who called, as far as the mount could establish it. `owner` scopes every task: others' tasks are not found. */
export interface Caller {
  owner: string
  requestId?: string
  idempotencyKey?: string
}

/** One turn of work on one task: the first message, or a later one that continues an interrupted task. */
export interface Turn {
  taskId: string
  contextId: string
  message: Message
  /** The task as it stood before this turn; its history holds what was said. */
  task: Task
  caller: Caller
  /** Aborts when the task is canceled, its deadline passes, or the service stops. */
  signal: AbortSignal
}

/**
 * How an agent tells what it does. Every call is applied in order; a call after the task's end is
 * refused. An `execute` that returns without an end completes the task; one that throws fails it,
 * with an `AppError`'s message, or with a general one for anything unforeseen.
 */
export interface TaskWriter {
  /** The task is being worked on; `text` says what at. */
  working(text?: string, metadata?: Metadata): void
  /** Adds an artifact, or appends to the one with the same id. */
  artifact(artifact: Omit<Artifact, 'artifactId'> & { artifactId?: string }, options?: { append?: boolean; lastChunk?: boolean }): void
  /** Appends text to an artifact (default id `answer`), as tokens come. Small pieces are coalesced for up to 30 ms. */
  text(delta: string, artifactId?: string): void
  /** Ends the task well. `metadata` goes on the final status (usage goes under `EXTENSIONS.usage`). */
  complete(options?: { text?: string; metadata?: Metadata }): void
  fail(options: { code: string; message: string; retryable?: boolean; metadata?: Metadata }): void
  inputRequired(text: string, metadata?: Metadata): void
  authRequired(text: string, metadata?: Metadata): void
  /** Sets the task's own metadata (not a status's). */
  describe(metadata: Metadata): void
}

/** What an agent does with a turn. */
export interface AgentExecutor {
  execute(turn: Turn, writer: TaskWriter): Promise<void>
  /** Told when a task that no turn is working on is canceled; the engine moves the task to `canceled` afterwards. */
  cancel?(task: Task): Promise<void>
}

/** The data parts of a message that match a guard, for agents that look for theirs by `kind`. */
export function findData<Found>(parts: readonly Part[], read: (data: Json) => Found | undefined): Found | undefined {
  for (const part of parts) {
    if (part.kind !== 'data') continue
    const found = read(part.data)
    if (found !== undefined) return found
  }
  return undefined
}
