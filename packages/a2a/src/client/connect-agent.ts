import { randomUUID } from 'node:crypto'

import type { Telemetry } from '@signalbox/telemetry'

import { INTERRUPTED_STATES, TERMINAL_STATES, type AgentCard, type Message, type Metadata, type Part, type StreamEvent, type Task } from '../model.ts'
import type { TaskPage, TaskQuery } from '../task-service.ts'
import { fromWireMessage, fromWireTask, toWireMessage } from '../wire/codecs.ts'
import { parseAnswer } from './parse-answer.ts'
import { messageSchema, taskPageSchema, taskSchema, WIRE_STATES } from '../wire/schemas.ts'
import { createCardReader } from './card-reader.ts'
import { createRpc, type CallOptions } from './rpc.ts'
import { streamWithResume } from './stream-with-resume.ts'

export type { CallOptions } from './rpc.ts'

export interface OutgoingMessage {
  parts: Part[]
  /** Made up where absent. */
  messageId?: string
  taskId?: string
  contextId?: string
  metadata?: Metadata
}

/** An agent somewhere else. Every call takes a signal and a deadline; every fault is an `AppError`. */
export interface AgentConnection {
  readonly url: string
  /** The agent's card, cached for its time to live; `fresh` asks again. */
  card(options: { signal: AbortSignal; fresh?: boolean }): Promise<AgentCard>
  /** Sends, and waits for the task's end or interruption. */
  send(message: OutgoingMessage, options: CallOptions): Promise<Task | Message>
  /** Sends, and follows what happens. A stream that breaks is taken up again where the task allows it. */
  stream(message: OutgoingMessage, options: CallOptions): AsyncIterable<StreamEvent>
  subscribe(taskId: string, options: CallOptions): AsyncIterable<StreamEvent>
  getTask(taskId: string, options: CallOptions): Promise<Task>
  listTasks(query: Partial<TaskQuery>, options: CallOptions): Promise<TaskPage>
  cancelTask(taskId: string, options: CallOptions): Promise<Task>
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Base URL; the card and the endpoint must be of its origin. */
  url: string
  /** The service token, for agents of ours only. */
  token?: string | undefined
  telemetry: Telemetry
  /** How long a card is believed, milliseconds. Default five minutes. */
  cardTtlMs?: number
}

/** Opens a connection to an agent; nothing is sent until the first call. */
export function connectAgent(options: ConnectOptions): AgentConnection {
  const rpc = createRpc(options)
  const readCard = createCardReader({ ...options, rpc })
  const endpoint = async (call: CallOptions): Promise<string> => (await readCard({ signal: call.signal })).url

  return {
    url: options.url,
    card: readCard,
    async send(message, call) {
      const result = (await rpc.call(await endpoint(call), 'SendMessage', { message: toWireMessage(outgoing(message)) }, call)) as { task?: unknown; message?: unknown }
      return result.message !== undefined ? fromWireMessage(parseAnswer(messageSchema, result.message)) : fromWireTask(parseAnswer(taskSchema, result.task))
    },
    async *stream(message, call) {
      const url = await endpoint(call)
      const params = { message: toWireMessage(outgoing(message)) }
      yield* streamWithResume(rpc.stream(url, 'SendStreamingMessage', params, call), (taskId) => rpc.stream(url, 'SubscribeToTask', { id: taskId }, call), call.signal)
    },
    async *subscribe(taskId, call) {
      const url = await endpoint(call)
      const open = (): AsyncIterable<StreamEvent> => rpc.stream(url, 'SubscribeToTask', { id: taskId }, call)
      yield* streamWithResume(open(), open, call.signal)
    },
    async getTask(taskId, call) {
      return fromWireTask(parseAnswer(taskSchema, await rpc.call(await endpoint(call), 'GetTask', { id: taskId }, call)))
    },
    async listTasks({ state, statusSince, ...query }, call) {
      const params = { ...query, ...(state && { status: WIRE_STATES[state] }), ...(statusSince && { statusTimestampAfter: statusSince }) }
      const page = parseAnswer(taskPageSchema, await rpc.call(await endpoint(call), 'ListTasks', params, call))
      return { tasks: page.tasks.map(fromWireTask), nextPageToken: page.nextPageToken, pageSize: page.pageSize, totalSize: page.totalSize }
    },
    async cancelTask(taskId, call) {
      return fromWireTask(parseAnswer(taskSchema, await rpc.call(await endpoint(call), 'CancelTask', { id: taskId }, call)))
    },
    close: () => rpc.close(),
  }
}

function outgoing(message: OutgoingMessage): Message {
  return { ...message, messageId: message.messageId ?? randomUUID(), role: 'user' }
}

/** Whether a task needs no more watching: it ended, or waits for somebody. */
export function isSettled(task: Task): boolean {
  return TERMINAL_STATES.has(task.status.state) || INTERRUPTED_STATES.has(task.status.state)
}
