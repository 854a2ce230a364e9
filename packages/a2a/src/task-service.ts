import type { Caller } from './agent.ts'
import type { Message, StreamEvent, Task, TaskState } from './model.ts'

export interface SendRequest {
  message: Message
  /** Answer as soon as the task is there, instead of at its end or interruption. */
  returnImmediately: boolean
  historyLength?: number
}

export interface TaskQuery {
  contextId?: string
  state?: TaskState
  /** ISO 8601; only tasks whose status is at least that new. */
  statusSince?: string
  pageSize: number
  pageToken?: string
  historyLength?: number
  includeArtifacts: boolean
}

export interface TaskPage {
  tasks: Task[]
  /** Empty at the end. */
  nextPageToken: string
  pageSize: number
  totalSize: number
}

/**
 * What stands behind an agent's endpoint. The task engine is the usual one; the orchestrator brings
 * its own, because its tasks are sessions. Others' tasks are not found (`AppError not_found`).
 */
export interface TaskService {
  send(request: SendRequest, caller: Caller, signal: AbortSignal): Promise<Task | Message>
  /** The first event is the task. Ends at a terminal state or at `input-required`; leaving it does not stop the task. */
  stream(request: SendRequest, caller: Caller, signal: AbortSignal): AsyncIterable<StreamEvent>
  /**
   * The task as it is now, then what comes. @throws AppError `conflict` on a task that has ended.
   *
   * A service whose events carry `seq` may honour `after`: the first event is then the task with
   * `seq` = `after`, the rest are the events after it, and a task that has ended is no error. One
   * that cannot (or no longer has those events) answers as if `after` were absent.
   */
  subscribe(taskId: string, caller: Caller, signal: AbortSignal, options?: { after?: number }): AsyncIterable<StreamEvent>
  get(taskId: string, caller: Caller, options: { historyLength?: number }): Promise<Task>
  list(query: TaskQuery, caller: Caller): Promise<TaskPage>
  /** @throws AppError `conflict` on a task that has ended otherwise. Canceling a canceled task answers it again. */
  cancel(taskId: string, caller: Caller): Promise<Task>
}
