import { z } from 'zod'

import { wireUsageSchema } from './usage.ts'

/**
 * What is read of an endpoint's answers. Loose on purpose: providers add fields, and leave out
 * what they have nothing to say about.
 */
const textSchema = z.string().nullish().catch(undefined)
const messageSchema = z.looseObject({
  content: z.string().nullish(),
  refusal: textSchema,
  /** DeepSeek, SGLang, LiteLLM and others say the first; OpenRouter and vLLM the second. */
  reasoning_content: textSchema,
  reasoning: textSchema,
})

export const wireCompletionSchema = z.looseObject({
  model: textSchema,
  choices: z.array(z.looseObject({ message: messageSchema, finish_reason: z.string().nullish() })).min(1),
  usage: wireUsageSchema.nullish().catch(undefined),
})

export const wireChunkSchema = z.looseObject({
  model: textSchema,
  choices: z
    .array(z.looseObject({ delta: messageSchema.nullish(), finish_reason: z.string().nullish() }))
    .nullish()
    .transform((choices) => choices ?? []),
  usage: wireUsageSchema.nullish().catch(undefined),
})

export const wireEmbeddingsSchema = z.looseObject({
  model: textSchema,
  data: z.array(z.looseObject({ index: z.int().nonnegative(), embedding: z.array(z.number()).min(1) })),
  usage: wireUsageSchema.nullish().catch(undefined),
})

type WireMessage = z.infer<typeof messageSchema>

/** A refusal is what the model has to say too. */
export function textOfMessage(message: WireMessage): string {
  return message.content || message.refusal || ''
}

export function reasoningOfMessage(message: WireMessage): string {
  return message.reasoning_content || message.reasoning || ''
}
