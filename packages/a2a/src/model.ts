/**
 * A2A as our services speak of it: the protocol's own words, without its wire's clothes. The codecs
 * between this and the SDK's types stand in one place of this package; nobody else imports the SDK.
 * Source of the words: A2A specification 1.0, sections 4 and 7.
 */

export type TaskState = 'submitted' | 'working' | 'input-required' | 'auth-required' | 'completed' | 'failed' | 'canceled' | 'rejected'

export const TERMINAL_STATES: ReadonlySet<TaskState> = new Set(['completed', 'failed', 'canceled', 'rejected'])
export const INTERRUPTED_STATES: ReadonlySet<TaskState> = new Set(['input-required', 'auth-required'])

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Metadata = Record<string, Json>

export type Part = ({ kind: 'text'; text: string } | { kind: 'data'; data: Json } | { kind: 'file'; url?: string; bytes?: Uint8Array }) & PartLabels

export interface PartLabels {
  mediaType?: string
  filename?: string
  metadata?: Metadata
}

export interface Message {
  messageId: string
  role: 'user' | 'agent'
  parts: Part[]
  contextId?: string
  taskId?: string
  metadata?: Metadata
  /** URIs of the extensions that had a hand in this message. */
  extensions?: string[]
  /** Other tasks that this message speaks of. */
  referenceTaskIds?: string[]
}

export interface Artifact {
  artifactId: string
  name?: string
  description?: string
  parts: Part[]
  metadata?: Metadata
  extensions?: string[]
}

export interface TaskStatus {
  state: TaskState
  message?: Message
  /** ISO 8601, UTC. */
  timestamp: string
}

export interface Task {
  id: string
  contextId: string
  status: TaskStatus
  artifacts: Artifact[]
  history: Message[]
  metadata?: Metadata
}

/** What a stream carries, in order. The first is a task, or the only one is a message. */
export type StreamEvent = TaskEvent | { type: 'message'; message: Message }

/**
 * `seq` is an event's number in its task's log, where the server keeps one: it goes out as the id of
 * the server-sent event, and a client whose connection broke asks for what came after it. On a task
 * it is the number of the last event that the task already shows.
 */
export type TaskEvent = ({ type: 'task'; task: Task } | TaskChange) & { seq?: number }

/** What can happen to a task. */
export type TaskChange =
  | { type: 'status'; taskId: string; contextId: string; status: TaskStatus; metadata?: Metadata }
  | { type: 'artifact'; taskId: string; contextId: string; artifact: Artifact; append: boolean; lastChunk: boolean }

export interface Skill {
  id: string
  name: string
  description: string
  tags: string[]
  examples?: string[]
}

/** An Agent Card, in the part that we write and read. */
export interface AgentCard {
  name: string
  description: string
  version: string
  /** Where the agent takes JSON-RPC calls. */
  url: string
  skills: Skill[]
  /** URIs of the extensions that the agent speaks. */
  extensions: string[]
  streaming: boolean
}

/** The texts of a list of parts, joined. */
export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

/** The values of a list's data parts, in order. */
export function dataOf(parts: readonly Part[]): Json[] {
  return parts.flatMap((part) => (part.kind === 'data' ? [part.data] : []))
}
