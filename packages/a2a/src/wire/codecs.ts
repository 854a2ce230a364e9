import { A2A_PROTOCOL_VERSION, AgentCard as WireCard } from '@a2a-js/sdk'
import type { z } from 'zod'

import type { AgentCard, Artifact, Message, Metadata, Part, StreamEvent, Task, TaskStatus } from '../model.ts'
import { WIRE_STATES, type agentCardSchema, type artifactSchema, type messageSchema, type partSchema, type statusSchema, type streamEventSchema, type taskSchema } from './schemas.ts'

/** Between our model and A2A's JSON, both ways. What comes from outside has been through a schema before it comes here. */

type Wire = Record<string, unknown>

export function toWirePart(part: Part): Wire {
  if (part.kind === 'text') return { text: part.text }
  if (part.kind === 'data') return { data: part.data, mediaType: 'application/json' }
  return {
    ...(part.url !== undefined ? { url: part.url } : { raw: Buffer.from(part.bytes ?? []).toString('base64') }),
    ...(part.mediaType && { mediaType: part.mediaType }),
    ...(part.filename && { filename: part.filename }),
  }
}

export function fromWirePart(part: z.infer<typeof partSchema>): Part {
  if (part.text !== undefined) return { kind: 'text', text: part.text }
  if (part.data !== undefined) return { kind: 'data', data: part.data }
  const about = { ...(part.mediaType && { mediaType: part.mediaType }), ...(part.filename && { filename: part.filename }) }
  return part.url !== undefined ? { kind: 'file', url: part.url, ...about } : { kind: 'file', bytes: new Uint8Array(Buffer.from(part.raw ?? '', 'base64')), ...about }
}

export function toWireMessage(message: Message): Wire {
  return {
    messageId: message.messageId,
    role: message.role === 'user' ? 'ROLE_USER' : 'ROLE_AGENT',
    parts: message.parts.map(toWirePart),
    ...given(message, ['contextId', 'taskId', 'metadata']),
  }
}

export function fromWireMessage(message: z.infer<typeof messageSchema>): Message {
  return {
    messageId: message.messageId,
    role: message.role === 'ROLE_USER' ? 'user' : 'agent',
    parts: message.parts.map(fromWirePart),
    ...(message.contextId && { contextId: message.contextId }),
    ...(message.taskId && { taskId: message.taskId }),
    ...(message.metadata && { metadata: message.metadata as Metadata }),
  }
}

function toWireArtifact(artifact: Artifact): Wire {
  return { artifactId: artifact.artifactId, parts: artifact.parts.map(toWirePart), ...given(artifact, ['name', 'metadata']) }
}

function fromWireArtifact(artifact: z.infer<typeof artifactSchema>): Artifact {
  return {
    artifactId: artifact.artifactId,
    parts: artifact.parts.map(fromWirePart),
    ...(artifact.name && { name: artifact.name }),
    ...(artifact.metadata && { metadata: artifact.metadata as Metadata }),
  }
}

function toWireStatus(status: TaskStatus): Wire {
  return { state: WIRE_STATES[status.state], timestamp: status.timestamp, ...(status.message && { message: toWireMessage(status.message) }) }
}

function fromWireStatus(status: z.infer<typeof statusSchema>): TaskStatus {
  return { state: status.state, timestamp: status.timestamp ?? new Date().toISOString(), ...(status.message && { message: fromWireMessage(status.message) }) }
}

export function toWireTask(task: Task, options: { artifacts?: boolean } = {}): Wire {
  return {
    id: task.id,
    contextId: task.contextId,
    status: toWireStatus(task.status),
    ...((options.artifacts ?? task.artifacts.length > 0) && { artifacts: task.artifacts.map(toWireArtifact) }),
    ...(task.history.length > 0 && { history: task.history.map(toWireMessage) }),
    ...given(task, ['metadata']),
  }
}

export function fromWireTask(task: z.infer<typeof taskSchema>): Task {
  return {
    id: task.id,
    contextId: task.contextId,
    status: fromWireStatus(task.status),
    artifacts: task.artifacts.map(fromWireArtifact),
    history: task.history.map(fromWireMessage),
    ...(task.metadata && { metadata: task.metadata as Metadata }),
  }
}

export function toWireEvent(event: StreamEvent): Wire {
  switch (event.type) {
    case 'task':
      return { task: toWireTask(event.task) }
    case 'message':
      return { message: toWireMessage(event.message) }
    case 'status':
      return { statusUpdate: { taskId: event.taskId, contextId: event.contextId, status: toWireStatus(event.status), ...given(event, ['metadata']) } }
    case 'artifact':
      return { artifactUpdate: { taskId: event.taskId, contextId: event.contextId, artifact: toWireArtifact(event.artifact), append: event.append, lastChunk: event.lastChunk } }
  }
}

export function fromWireEvent(event: z.infer<typeof streamEventSchema>): StreamEvent {
  if ('task' in event) return { type: 'task', task: fromWireTask(event.task as z.infer<typeof taskSchema>) }
  if ('message' in event) return { type: 'message', message: fromWireMessage(event.message as z.infer<typeof messageSchema>) }
  if ('statusUpdate' in event) {
    const { taskId, contextId, status, metadata } = event.statusUpdate as { taskId: string; contextId: string; status: z.infer<typeof statusSchema>; metadata?: Metadata }
    return { type: 'status', taskId, contextId, status: fromWireStatus(status), ...(metadata && { metadata }) }
  }
  const update = event.artifactUpdate as { taskId: string; contextId: string; artifact: z.infer<typeof artifactSchema>; append: boolean; lastChunk: boolean }
  return { type: 'artifact', taskId: update.taskId, contextId: update.contextId, artifact: fromWireArtifact(update.artifact), append: update.append, lastChunk: update.lastChunk }
}

/** The card as it is served. Through the SDK's codec, so that what a stranger reads is what the protocol's own tools would write. */
export function toWireCard(card: AgentCard): Wire {
  const wire = WireCard.toJSON(
    WireCard.fromJSON({
      name: card.name,
      description: card.description,
      version: card.version,
      supportedInterfaces: [
        { url: card.url, protocolBinding: 'JSONRPC', protocolVersion: A2A_PROTOCOL_VERSION },
        { url: card.url, protocolBinding: 'HTTP+JSON', protocolVersion: A2A_PROTOCOL_VERSION },
      ],
      capabilities: { streaming: card.streaming, pushNotifications: false, extensions: card.extensions.map((uri) => ({ uri, required: false })) },
      securitySchemes: { service: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
      securityRequirements: [{ schemes: { service: { list: [] } } }],
      defaultInputModes: ['text/plain', 'application/json'],
      defaultOutputModes: ['text/plain', 'application/json'],
      skills: card.skills,
    }),
  ) as Wire
  // The codec leaves empty lists out; this one is required.
  return { skills: [], ...wire }
}

export function fromWireCard(card: z.infer<typeof agentCardSchema>, url: string): AgentCard {
  return {
    name: card.name,
    description: card.description,
    version: card.version,
    url,
    skills: card.skills.map(({ id, name, description, tags, examples }) => ({ id, name, description, tags, examples })),
    extensions: card.capabilities.extensions.map(({ uri }) => uri),
    streaming: card.capabilities.streaming,
  }
}

/** The named members that are there, for objects whose absent members must stay absent. */
function given<Holder extends object, Name extends keyof Holder>(holder: Holder, names: Name[]): Partial<Pick<Holder, Name>> {
  return Object.fromEntries(names.flatMap((name) => (holder[name] === undefined ? [] : [[name, holder[name]]]))) as Partial<Pick<Holder, Name>>
}
