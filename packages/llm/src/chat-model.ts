import type { Usage } from '@signalbox/contracts'
import type { z } from 'zod'

/** One message of a prompt. What agents say to models is text. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export interface ChatRequest {
  messages: readonly ChatMessage[]
  /** Sent only when given: some models refuse any temperature but their own. */
  temperature?: number
  maxOutputTokens?: number
}

export interface CallOptions {
  /** Aborts the call, down to its socket. */
  signal: AbortSignal
}

/** Why the model stopped: `stop` is a whole answer; anything else is not. Providers add reasons of their own. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | (string & {})

/** `model` is the one that answered, which can be a dated version of the one asked for. */
export interface Completion {
  text: string
  usage: Usage
  finishReason: FinishReason
  model: string
}

/** What a stream carries: any number of texts and reasonings, then exactly one end. A stream without an end throws. */
export type ChatEvent = { type: 'text'; text: string } | { type: 'reasoning'; text: string } | ({ type: 'end' } & Omit<Completion, 'text'>)

export interface StructuredRequest<Value> extends ChatRequest {
  /** The schema's name on the wire: `plan`, `routing_decision`. */
  name: string
  /** What the answer must be. Its JSON Schema goes to the model; fields that may be missing must be nullable too (`.nullish()`). */
  schema: z.ZodType<Value>
}

export interface StructuredAnswer<Value> {
  value: Value
  usage: Usage
}

/**
 * A language model. Every call throws `AppError`: `upstream_timeout`, `upstream_failed`,
 * `upstream_invalid`, `rate_limited`, or what the caller's signal says.
 *
 * `usage` is what the provider counted. Where it counted nothing the tokens are 0 and the cost is unknown (null).
 */
export interface ChatModel {
  readonly model: string
  complete(request: ChatRequest, options: CallOptions): Promise<Completion>
  stream(request: ChatRequest, options: CallOptions): AsyncIterable<ChatEvent>
  /** @throws StructuredOutputError where the model's answer is not what the schema asks for. */
  structured<Value>(request: StructuredRequest<Value>, options: CallOptions): Promise<StructuredAnswer<Value>>
}
