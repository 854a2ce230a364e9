import type { Role } from '@signalbox/contracts'
import type { ErrorCode } from '@signalbox/errors'
import type { z } from 'zod'

/** Under which heading an operation is found. */
export const TAGS = {
  Chat: 'Questions and answers, in OpenAI’s words. Any client of OpenAI’s works with its base URL set to this server.',
  Models: 'What can be named as `model`, and the model’s other ways to be used.',
  Responses: 'OpenAI’s newer API for answers that are kept, run in the background, and wait for approvals.',
  Routing: 'Which way a request would go, and why.',
  Sessions: 'What became of questions that were orchestrated: their plans, nodes and events.',
  Approvals: 'What people are asked before something is done.',
  Oversight: 'Who did what, what changes, and where people are told.',
  Agents: 'Who can be planned for, and what came to nothing.',
  Service: 'How the server is.',
} as const
export type Tag = keyof typeof TAGS

export interface HeaderParameter {
  name: string
  description: string
  example?: string
  values?: readonly string[]
}

export interface Answer {
  status: number
  description: string
  /** A component's name; JSON of it. Without one the answer is of another kind, or has no body. */
  schema?: string
  /** Of what is no JSON, or may also be something else. */
  type?: 'text/event-stream' | 'text/plain' | 'text/html'
  example?: unknown
}

/** One method of one path, as the document and the page of reference tell it. */
export interface Operation {
  method: 'get' | 'post' | 'delete'
  /** `/v1/sessions/{id}` */
  path: string
  id: string
  tag: Tag
  summary: string
  description?: string
  /** Who may: anybody, whoever has a key, or an operator's key of this role or a higher one. */
  access: 'anyone' | 'key' | Role
  query?: z.ZodObject
  headers?: readonly HeaderParameter[]
  body?: { schema: string; example: unknown; optional?: boolean }
  answers: readonly Answer[]
  errors: readonly ErrorCode[]
}
