import type { JsonSchema } from './schema/fit-to-schema.ts'

/** A chat request as the scripted model reads it: words, and the form the answer must have. */
export interface Prompt {
  messages: readonly { role: string; text: string }[]
  /** The form asked for by `response_format`. */
  form: { type: 'text' } | { type: 'json_object' } | { type: 'json_schema'; name: string; schema: JsonSchema }
  /** The function that the caller insists on. */
  call?: { name: string; parameters: JsonSchema }
}

export type Reply = { type: 'text'; text: string } | { type: 'call'; name: string; arguments: string }

/** What a request is for, as far as the scripted model tells requests apart. */
export type PromptKind = 'routing' | 'plan' | 'answer' | 'structured' | 'call' | 'chat'
