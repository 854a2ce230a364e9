import { randomUUID } from 'node:crypto'

import type { Telemetry } from '@signalbox/telemetry'

import { readAnswer, readTask, readTaskPage } from '../codecs/from-wire.ts'
import { toWireMessage, toWireQuery } from '../codecs/to-wire.ts'
import { isInterrupted, isTerminal } from '../engine/transitions.ts'
import type { AgentCard, Message, Metadata, Part, StreamEvent, Task } from '../model.ts'
import type { TaskPage, TaskQuery } from '../task-service.ts'
import { createAgentRpc } from './agent-rpc.ts'
import type { CallOptions } from './call-limits.ts'
import { createCardCache } from './card-cache.ts'
import { followTask } from './follow-task.ts'

export interface OutgoingMessage {
  parts: Part[]
  /** Made up where absent. */
  messageId?: string
  taskId?: string
  contextId?: string
  metadata?: Metadata
}

/** An agent somewhere else. Every call takes a signal and has its limits; every failure is an `AppError`. */
export interface AgentConnection {
  readonly url: string
  /** The agent's card, cached for its time to live; `fresh` asks again. Its `url` is where calls go. */
  card(options: { signal: AbortSignal; fresh?: boolean }): Promise<AgentCard>
  /** Sends, and waits until the task has ended or is interrupted. */
  send(message: OutgoingMessage, options: CallOptions): Promise<Task | Message>
  /** Sends, and follows what happens, over breaks in the line. */
  stream(message: OutgoingMessage, options: CallOptions): AsyncIterable<StreamEvent>
  /**
   * The task as it is, and what comes of it. @throws AppError `conflict` on a task that has ended.
   * A server that numbers its events goes on after the one numbered `after`, even where the task has ended.
   */
  subscribe(taskId: string, options: CallOptions & { after?: number }): AsyncIterable<StreamEvent>
  getTask(taskId: string, options: CallOptions): Promise<Task>
  listTasks(query: Partial<TaskQuery>, options: CallOptions): Promise<TaskPage>
  cancelTask(taskId: string, options: CallOptions): Promise<Task>
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Where the agent is; its card and its endpoint must be of this origin. */
  url: string
  /** The service token, for agents of ours only. */
  token?: string | undefined
  telemetry: Telemetry
  /** How long a card is believed, milliseconds. Default 5 minutes. */
  cardTtlMs?: number
}

/** Connects to an agent; nothing is sent until the first call. */
export function connectAgent({ url, token, telemetry, cardTtlMs }: ConnectOptions): AgentConnection {
  const configured = new URL(url)
  const rpc = createAgentRpc({ url: configured, token, telemetry })
  const card = createCardCache({ url: configured, rpc, telemetry, ttlMs: cardTtlMs })
  const endpoint = async ({ signal }: CallOptions): Promise<URL> => new URL((await card({ signal })).url)
  const call = async (method: string, params: object, options: CallOptions): Promise<unknown> => rpc.call(await endpoint(options), method, params, options)
  const getTask = async (id: string, options: CallOptions): Promise<Task> => readTask(await call('GetTask', { id }, options))

  async function* follow(method: string, params: object, options: CallOptions & { after?: number }): AsyncGenerator<StreamEvent> {
    const until = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs
    const at = await endpoint(options)
    /** The key stands for what was sent; and a deadline is that of the whole, however often the line breaks. */
    const again = (): CallOptions => {
      const { idempotencyKey: _sent, deadlineMs: _whole, ...rest } = options
      return until === undefined ? rest : { ...rest, deadlineMs: Math.max(1, until - Date.now()) }
    }
    yield* followTask(
      {
        open: () => rpc.stream(at, method, params, options),
        resume: (id, after) => rpc.stream(at, 'SubscribeToTask', { id }, { ...again(), after }),
        fetch: (id) => getTask(id, again()),
      },
      options.signal,
    )
  }

  return {
    url,
    card,
    send: async (message, options) => readAnswer(await call('SendMessage', toParams(message), options)),
    stream: (message, options) => follow('SendStreamingMessage', toParams(message), options),
    subscribe: (id, options) => follow('SubscribeToTask', { id }, options),
    getTask,
    listTasks: async (query, options) => readTaskPage(await call('ListTasks', toWireQuery(query), options)),
    cancelTask: async (id, options) => readTask(await call('CancelTask', { id }, options)),
    close: () => rpc.close(),
  }
}

/** Whether a task needs no more watching: it ended, or waits for somebody. */
export function isSettled({ status }: Task): boolean {
  return isTerminal(status.state) || isInterrupted(status.state)
}

function toParams(message: OutgoingMessage): object {
  return { message: toWireMessage({ ...message, messageId: message.messageId ?? randomUUID(), role: 'user' }) }
}
