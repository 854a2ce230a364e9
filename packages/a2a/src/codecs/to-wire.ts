import {
  ListTasksRequest,
  Message as WireMessage,
  Role,
  StreamResponse,
  Task as WireTask,
  type Artifact as WireArtifact,
  type Part as WirePart,
  type TaskStatus as WireStatus,
} from '@a2a-js/sdk'

import type { Artifact, Message, Part, StreamEvent, Task, TaskStatus } from '../model.ts'
import type { TaskPage, TaskQuery } from '../task-service.ts'
import { toWireState } from './states.ts'

/** JSON for the wire. */
type WireJson = Record<string, unknown>

export function toWireTask(task: Task): WireJson {
  return WireTask.toJSON(taskToSdk(task)) as WireJson
}

export function toWireMessage(message: Message): WireJson {
  return WireMessage.toJSON(messageToSdk(message)) as WireJson
}

/** A `SendMessageResponse`. */
export function toWireAnswer(answer: Task | Message): WireJson {
  return 'messageId' in answer ? { message: toWireMessage(answer) } : { task: toWireTask(answer) }
}

/** A `StreamResponse`. */
export function toWireEvent(event: StreamEvent): WireJson {
  return StreamResponse.toJSON({ payload: eventToSdk(event) }) as WireJson
}

/** A `ListTasksResponse`. The SDK drops what equals its default, though all four fields are required (section 3.1.4). */
export function toWirePage(page: TaskPage, includeArtifacts: boolean): WireJson {
  const tasks = page.tasks.map((task) => {
    const { artifacts, ...rest } = toWireTask(task)
    return includeArtifacts ? { ...rest, artifacts: artifacts ?? [] } : rest
  })
  return { tasks, nextPageToken: page.nextPageToken, pageSize: page.pageSize, totalSize: page.totalSize }
}

/** A `ListTasksRequest`. */
export function toWireQuery(query: Partial<TaskQuery>): WireJson {
  return ListTasksRequest.toJSON({
    tenant: '',
    contextId: query.contextId ?? '',
    status: query.state === undefined ? 0 : toWireState(query.state),
    pageSize: query.pageSize,
    pageToken: query.pageToken ?? '',
    historyLength: query.historyLength,
    statusTimestampAfter: query.statusSince,
    includeArtifacts: query.includeArtifacts,
  }) as WireJson
}

function eventToSdk(event: StreamEvent): NonNullable<StreamResponse['payload']> {
  switch (event.type) {
    case 'task':
      return { $case: 'task', value: taskToSdk(event.task) }
    case 'message':
      return { $case: 'message', value: messageToSdk(event.message) }
    case 'status':
      return { $case: 'statusUpdate', value: { taskId: event.taskId, contextId: event.contextId, status: statusToSdk(event.status), metadata: event.metadata } }
    case 'artifact': {
      const { taskId, contextId, append, lastChunk } = event
      return { $case: 'artifactUpdate', value: { taskId, contextId, artifact: artifactToSdk(event.artifact), append, lastChunk, metadata: undefined } }
    }
  }
}

function taskToSdk(task: Task): WireTask {
  return {
    id: task.id,
    contextId: task.contextId,
    status: statusToSdk(task.status),
    artifacts: task.artifacts.map(artifactToSdk),
    history: task.history.map(messageToSdk),
    metadata: task.metadata,
  }
}

function statusToSdk({ state, message, timestamp }: TaskStatus): WireStatus {
  return { state: toWireState(state), message: message && messageToSdk(message), timestamp }
}

function messageToSdk(message: Message): WireMessage {
  return {
    messageId: message.messageId,
    contextId: message.contextId ?? '',
    taskId: message.taskId ?? '',
    role: message.role === 'user' ? Role.ROLE_USER : Role.ROLE_AGENT,
    parts: message.parts.map(partToSdk),
    metadata: message.metadata,
    extensions: message.extensions ?? [],
    referenceTaskIds: message.referenceTaskIds ?? [],
  }
}

function artifactToSdk(artifact: Artifact): WireArtifact {
  return {
    artifactId: artifact.artifactId,
    name: artifact.name ?? '',
    description: artifact.description ?? '',
    parts: artifact.parts.map(partToSdk),
    metadata: artifact.metadata,
    extensions: artifact.extensions ?? [],
  }
}

function partToSdk(part: Part): WirePart {
  return { content: contentToSdk(part), metadata: part.metadata, filename: part.filename ?? '', mediaType: part.mediaType ?? '' }
}

function contentToSdk(part: Part): WirePart['content'] {
  if (part.kind === 'text') return { $case: 'text', value: part.text }
  if (part.kind === 'data') return { $case: 'data', value: part.data }
  return part.bytes ? { $case: 'raw', value: Buffer.from(part.bytes) } : { $case: 'url', value: part.url ?? '' }
}
