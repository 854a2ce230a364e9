import { AppError } from '@signalbox/errors'

import type { Caller } from '../agent.ts'
import { readGetTask, readSendRequest, readTaskId, readTaskQuery } from '../codecs/from-wire.ts'
import { toWireAnswer, toWireEvent, toWirePage, toWireTask } from '../codecs/to-wire.ts'
import { a2aError, withReason } from '../faults/a2a-error.ts'
import type { StreamEvent } from '../model.ts'
import type { TaskService } from '../task-service.ts'

/** One call of an operation, whichever binding it came by. */
export interface Call {
  params: unknown
  caller: Caller
  signal: AbortSignal
  /** `Last-Event-ID`: the number of the last event that the caller has seen. */
  after?: number
}

/** One event of a stream: JSON for the wire, and its number where the service keeps one. */
export interface WireEvent {
  json: object
  seq: number | undefined
  event: StreamEvent
}

export type Answering = (call: Call) => Promise<object>
export type Streaming = (call: Call) => AsyncIterable<WireEvent>

export interface Operations {
  answering: Record<string, Answering>
  streaming: Record<string, Streaming>
}

/** A2A's operations by their names (specification section 5.3), from parameters as JSON to results as JSON. */
export function createOperations(tasks: TaskService, options: { streaming: boolean }): Operations {
  const unlessStreaming = (stream: Streaming): Streaming => (options.streaming ? stream : refuse('UNSUPPORTED_OPERATION', 'This agent does not stream.'))
  return {
    answering: {
      SendMessage: async ({ params, caller, signal }) => toWireAnswer(await tasks.send(readSendRequest(params), caller, signal)),
      GetTask: async ({ params, caller }) => {
        const { id, ...options } = readGetTask(params)
        return toWireTask(await tasks.get(id, caller, options))
      },
      ListTasks: async ({ params, caller }) => {
        const query = readTaskQuery(params)
        return toWirePage(await tasks.list(query, caller), query.includeArtifacts)
      },
      CancelTask: async ({ params, caller }) => toWireTask(await cancel(tasks, readTaskId(params), caller)),
      CreateTaskPushNotificationConfig: refusePush,
      GetTaskPushNotificationConfig: refusePush,
      ListTaskPushNotificationConfigs: refusePush,
      DeleteTaskPushNotificationConfig: refusePush,
      GetExtendedAgentCard: refuse('UNSUPPORTED_OPERATION', 'This agent has no extended card.'),
    },
    streaming: {
      SendStreamingMessage: unlessStreaming(({ params, caller, signal }) => toWireEvents(tasks.stream(readSendRequest(params), caller, signal))),
      SubscribeToTask: unlessStreaming(({ params, caller, signal, after }) =>
        toWireEvents(tasks.subscribe(readTaskId(params), caller, signal, after === undefined ? {} : { after })),
      ),
    },
  }
}

async function* toWireEvents(events: AsyncIterable<StreamEvent>): AsyncGenerator<WireEvent> {
  for await (const event of events) yield { json: toWireEvent(event), seq: event.type === 'message' ? undefined : event.seq, event }
}

/** Of a cancelation, a conflict can mean only that the task has ended. */
async function cancel(tasks: TaskService, id: string, caller: Caller): ReturnType<TaskService['cancel']> {
  try {
    return await tasks.cancel(id, caller)
  } catch (error) {
    throw error instanceof AppError && error.code === 'conflict' ? withReason(error, 'TASK_NOT_CANCELABLE') : error
  }
}

async function refusePush(): Promise<never> {
  throw a2aError('PUSH_NOTIFICATION_NOT_SUPPORTED', 'This agent sends no push notifications.')
}

function refuse(reason: 'UNSUPPORTED_OPERATION', message: string): () => never {
  return () => {
    throw a2aError(reason, message)
  }
}
