import { AppError } from '@signalbox/errors'
import {
  ListTasksRequest,
  Message as WireMessage,
  Role,
  SendMessageRequest,
  StreamResponse,
  Task as WireTask,
  type Artifact as WireArtifact,
  type Part as WirePart,
  type TaskStatus as WireStatus,
} from '@a2a-js/sdk'

import { a2aError } from '../faults/a2a-error.ts'
import type { Artifact, Json, Message, Metadata, Part, StreamEvent, Task, TaskStatus } from '../model.ts'
import type { SendRequest, TaskPage, TaskQuery } from '../task-service.ts'
import { readWire } from './read-wire.ts'
import { fromWireState } from './states.ts'
import {
  getTaskRequestSchema,
  listTasksRequestSchema,
  listTasksResponseSchema,
  sendRequestSchema,
  sendResponseSchema,
  streamResponseSchema,
  taskIdRequestSchema,
  taskResponseSchema,
} from './wire-schemas.ts'

const CALLER = { code: 'invalid_request', subject: 'The parameters are wrong' } as const
const AGENT = { code: 'upstream_invalid', subject: 'The agent answered with something that is not A2A' } as const
const DEFAULT_PAGE_SIZE = 50

/** @throws AppError `invalid_request` that names the field. */
export function readSendRequest(params: unknown): SendRequest {
  const checked = readWire(sendRequestSchema, params, CALLER)
  if (checked.configuration?.taskPushNotificationConfig != null) {
    throw a2aError('PUSH_NOTIFICATION_NOT_SUPPORTED', 'This agent sends no push notifications.', { param: 'configuration.taskPushNotificationConfig' })
  }
  const { message, configuration } = SendMessageRequest.fromJSON(checked)
  if (!message) throw new AppError('invalid_request', 'There is no message.', { param: 'message' })
  return {
    message: messageFromSdk(message),
    returnImmediately: configuration?.returnImmediately ?? false,
    ...(configuration?.historyLength !== undefined && { historyLength: configuration.historyLength }),
  }
}

export function readTaskId(params: unknown): string {
  return readWire(taskIdRequestSchema, params, CALLER).id
}

export function readGetTask(params: unknown): { id: string; historyLength?: number } {
  const { id, historyLength } = readWire(getTaskRequestSchema, params, CALLER)
  return { id, ...(historyLength !== undefined && { historyLength }) }
}

export function readTaskQuery(params: unknown): TaskQuery {
  const request = ListTasksRequest.fromJSON(readWire(listTasksRequestSchema, params, CALLER))
  return {
    pageSize: request.pageSize ?? DEFAULT_PAGE_SIZE,
    includeArtifacts: request.includeArtifacts ?? false,
    ...(request.contextId !== '' && { contextId: request.contextId }),
    ...(request.status !== 0 && { state: fromWireState(request.status) }),
    ...(request.pageToken !== '' && { pageToken: request.pageToken }),
    ...(request.historyLength !== undefined && { historyLength: request.historyLength }),
    ...(request.statusTimestampAfter !== undefined && { statusSince: new Date(request.statusTimestampAfter).toISOString() }),
  }
}

/** @throws AppError `upstream_invalid`, like all that read an agent's answers. */
export function readAnswer(result: unknown): Task | Message {
  const checked = readWire(sendResponseSchema, result, AGENT)
  return 'task' in checked ? taskFromSdk(WireTask.fromJSON(checked.task)) : messageFromSdk(WireMessage.fromJSON(checked.message))
}

export function readTask(result: unknown): Task {
  return taskFromSdk(WireTask.fromJSON(readWire(taskResponseSchema, result, AGENT)))
}

export function readTaskPage(result: unknown): TaskPage {
  const page = readWire(listTasksResponseSchema, result, AGENT)
  const tasks = (page.tasks ?? []).map((task) => taskFromSdk(WireTask.fromJSON(task)))
  return { tasks, nextPageToken: page.nextPageToken ?? '', pageSize: page.pageSize ?? tasks.length, totalSize: page.totalSize ?? tasks.length }
}

export function readStreamEvent(result: unknown): StreamEvent {
  const { payload } = StreamResponse.fromJSON(readWire(streamResponseSchema, result, AGENT))
  switch (payload?.$case) {
    case 'task':
      return { type: 'task', task: taskFromSdk(payload.value) }
    case 'message':
      return { type: 'message', message: messageFromSdk(payload.value) }
    case 'statusUpdate': {
      const { taskId, contextId, status, metadata } = payload.value
      return { type: 'status', taskId, contextId, status: statusFromSdk(status), ...metadataOf(metadata) }
    }
    case 'artifactUpdate': {
      const { taskId, contextId, artifact, append, lastChunk } = payload.value
      if (artifact) return { type: 'artifact', taskId, contextId, artifact: artifactFromSdk(artifact), append, lastChunk }
    }
  }
  throw new AppError('upstream_invalid', 'The agent sent an event that is none.')
}

function taskFromSdk(task: WireTask): Task {
  return {
    id: task.id,
    contextId: task.contextId,
    status: statusFromSdk(task.status),
    artifacts: task.artifacts.map(artifactFromSdk),
    history: task.history.map(messageFromSdk),
    ...metadataOf(task.metadata),
  }
}

/** A status without its time, which A2A allows, gets the time of its arrival. */
function statusFromSdk(status: WireStatus | undefined): TaskStatus {
  return {
    state: fromWireState(status?.state ?? 0),
    ...(status?.message && { message: messageFromSdk(status.message) }),
    timestamp: status?.timestamp ?? new Date().toISOString(),
  }
}

function messageFromSdk(message: WireMessage): Message {
  return {
    messageId: message.messageId,
    role: message.role === Role.ROLE_USER ? 'user' : 'agent',
    parts: message.parts.map(partFromSdk),
    ...(message.contextId !== '' && { contextId: message.contextId }),
    ...(message.taskId !== '' && { taskId: message.taskId }),
    ...metadataOf(message.metadata),
    ...(message.extensions.length > 0 && { extensions: message.extensions }),
    ...(message.referenceTaskIds.length > 0 && { referenceTaskIds: message.referenceTaskIds }),
  }
}

function artifactFromSdk(artifact: WireArtifact): Artifact {
  return {
    artifactId: artifact.artifactId,
    ...(artifact.name !== '' && { name: artifact.name }),
    ...(artifact.description !== '' && { description: artifact.description }),
    parts: artifact.parts.map(partFromSdk),
    ...metadataOf(artifact.metadata),
    ...(artifact.extensions.length > 0 && { extensions: artifact.extensions }),
  }
}

function partFromSdk(part: WirePart): Part {
  return {
    ...contentFromSdk(part.content),
    ...(part.mediaType !== '' && { mediaType: part.mediaType }),
    ...(part.filename !== '' && { filename: part.filename }),
    ...metadataOf(part.metadata),
  }
}

/** The schema made sure that there is one content; the SDK loses only `data: null`, so no content is just that. */
function contentFromSdk(content: WirePart['content']): Part {
  switch (content?.$case) {
    case 'text':
      return { kind: 'text', text: content.value }
    case 'raw':
      return { kind: 'file', bytes: new Uint8Array(content.value) }
    case 'url':
      return { kind: 'file', url: content.value }
    default:
      return { kind: 'data', data: (content?.value ?? null) as Json }
  }
}

/** What `JSON.parse` made is JSON; the SDK's types have forgotten it. */
function metadataOf(metadata: { [key: string]: unknown } | undefined): { metadata?: Metadata } {
  return metadata ? { metadata: metadata as Metadata } : {}
}
