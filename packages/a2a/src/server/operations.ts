import type { Caller } from '../agent.ts'
import type { SendRequest, TaskQuery, TaskService } from '../task-service.ts'
import { fromWireMessage, toWireEvent, toWireMessage, toWireTask } from '../wire/codecs.ts'
import { protocolError } from '../wire/errors.ts'
import { parseParams } from '../wire/parse.ts'
import { listParamsSchema, sendParamsSchema, taskParamsSchema } from '../wire/schemas.ts'

export type Operation = (tasks: TaskService, params: unknown, caller: Caller, signal: AbortSignal) => Promise<unknown>
export type Streaming = (tasks: TaskService, params: unknown, caller: Caller, signal: AbortSignal) => AsyncIterable<unknown>

/** A2A's operations by their names, from params as JSON to results as JSON: the same for every binding. */
export const operations = {
  async SendMessage(tasks, params, caller, signal) {
    const result = await tasks.send(readSend(params), caller, signal)
    return 'messageId' in result ? { message: toWireMessage(result) } : { task: toWireTask(result) }
  },
  async GetTask(tasks, params, caller) {
    const { id, historyLength } = parseParams(taskParamsSchema, params)
    return toWireTask(await tasks.get(id, caller, historyLength === undefined ? {} : { historyLength }))
  },
  async ListTasks(tasks, params, caller) {
    const query = readQuery(params)
    const page = await tasks.list(query, caller)
    return { ...page, tasks: page.tasks.map((task) => toWireTask(task, { artifacts: query.includeArtifacts })) }
  },
  async CancelTask(tasks, params, caller) {
    const { id } = parseParams(taskParamsSchema, params)
    try {
      return toWireTask(await tasks.cancel(id, caller))
    } catch (error) {
      throw asNotCancelable(error)
    }
  },
  CreateTaskPushNotificationConfig: noPush,
  GetTaskPushNotificationConfig: noPush,
  ListTaskPushNotificationConfigs: noPush,
  DeleteTaskPushNotificationConfig: noPush,
  async GetExtendedAgentCard() {
    throw protocolError('extended_card_not_configured', 'This agent has no extended card.')
  },
} as const satisfies Record<string, Operation>

export const streams = {
  SendStreamingMessage: (tasks, params, caller, signal) => toWireEvents(tasks.stream(readSend(params), caller, signal)),
  SubscribeToTask: (tasks, params, caller, signal) => toWireEvents(tasks.subscribe(parseParams(taskParamsSchema, params).id, caller, signal)),
} as const satisfies Record<string, Streaming>

async function* toWireEvents(events: ReturnType<TaskService['stream']>): AsyncGenerator<unknown> {
  for await (const event of events) yield toWireEvent(event)
}

function readSend(params: unknown): SendRequest {
  const { message, configuration } = parseParams(sendParamsSchema, params)
  return {
    message: fromWireMessage(message),
    returnImmediately: configuration?.returnImmediately ?? false,
    ...(configuration?.historyLength !== undefined && { historyLength: configuration.historyLength }),
  }
}

function readQuery(params: unknown): TaskQuery {
  const { contextId, status, statusTimestampAfter, pageSize, pageToken, historyLength, includeArtifacts } = parseParams(listParamsSchema, params)
  return {
    pageSize,
    includeArtifacts,
    ...(contextId && { contextId }),
    ...(status && { state: status }),
    ...(statusTimestampAfter && { statusSince: statusTimestampAfter }),
    ...(pageToken && { pageToken }),
    ...(historyLength !== undefined && { historyLength }),
  }
}

async function noPush(): Promise<never> {
  throw protocolError('push_not_supported', 'This agent sends no push notifications.')
}

function asNotCancelable(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string }
  return code === 'conflict' ? protocolError('task_not_cancelable', message ?? 'The task has ended.') : error
}
