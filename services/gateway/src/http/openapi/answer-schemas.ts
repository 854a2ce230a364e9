import { sessionViewSchema } from '@signalbox/contracts'
import { z } from 'zod'

/* What we answer in OpenAI's words, and have as types alone where it is made. Held against real answers by the conformance tests. */

const extraSchema = z.looseObject({ v: z.literal(1) })
const usageSchema = z.looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])

export const chatCompletionSchema = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable(), refusal: z.string().nullish() }),
      finish_reason: finishReasonSchema,
      logprobs: z.looseObject({}).nullish(),
    }),
  ),
  usage: usageSchema.optional(),
  signalbox: extraSchema.optional(),
})

export const chatChunkSchema = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      delta: z.looseObject({ role: z.string().optional(), content: z.string().nullish(), reasoning_content: z.string().optional() }),
      finish_reason: finishReasonSchema.nullable(),
    }),
  ),
  usage: usageSchema.nullish(),
  signalbox: extraSchema.optional(),
})

export const errorSchema = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }),
  signalbox: extraSchema.optional(),
  approval: z.looseObject({ id: z.string() }).optional(),
})

export const modelSchema = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
export const modelListSchema = z.object({ object: z.literal('list'), data: z.array(modelSchema) })

export const embeddingListSchema = z.looseObject({
  object: z.literal('list'),
  model: z.string(),
  data: z.array(z.looseObject({ object: z.literal('embedding'), index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) })),
  usage: z.looseObject({ prompt_tokens: z.int(), total_tokens: z.int() }).optional(),
})
export const textCompletionSchema = z.looseObject({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(z.looseObject({ index: z.int(), text: z.string(), finish_reason: z.string().nullable() })),
  usage: usageSchema.optional(),
})

export const responseSchema = z.looseObject({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.number(),
  status: z.enum(['queued', 'in_progress', 'completed', 'failed', 'cancelled', 'incomplete']),
  model: z.string(),
  output: z.array(z.looseObject({ type: z.string() })),
  metadata: z.record(z.string(), z.string()).nullish(),
})
export const conversationSchema = z.object({
  id: z.string(),
  object: z.literal('conversation'),
  created_at: z.int(),
  metadata: z.record(z.string(), z.string()),
})
export const conversationDeletedSchema = z.object({ id: z.string(), object: z.literal('conversation.deleted'), deleted: z.literal(true) })
export const conversationItemSchema = z.looseObject({ id: z.string(), type: z.string() })
export const responseDeletedSchema = z.object({ id: z.string(), object: z.string(), deleted: z.literal(true) })
export const inputItemsSchema = z.object({
  object: z.literal('list'),
  data: z.array(z.looseObject({ type: z.string(), id: z.string() })),
  first_id: z.string(),
  last_id: z.string(),
  has_more: z.boolean(),
})

/** A session as its owner sees it. */
export const ownSessionSchema = z.object({ object: z.literal('session'), ...sessionViewSchema.shape })
export const ownSessionPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(ownSessionSchema),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
  next: z.string().nullable(),
})

export const livenessSchema = z.object({ status: z.literal('ok'), service: z.string() })
export const readinessSchema = z.object({ status: z.enum(['ready', 'not ready']), service: z.string(), checks: z.record(z.string(), z.string()) })
