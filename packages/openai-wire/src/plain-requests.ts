import { z } from 'zod'

import { modelInputSchema } from './model-input.ts'

/**
 * `POST /v1/embeddings` and `POST /v1/completions`, as OpenAI's document has them, held as chat requests are: types and
 * bounds here, the model's own vocabulary by the model, and whatever else there is goes through untouched.
 */
const whole = (min: number, max: number) => z.int().min(min).max(max).nullish()
const decimal = (min: number, max: number) => z.number().min(min).max(max).nullish()
const model = z.string().min(1).max(256)
const yesOrNo = z.boolean().nullish()
const caller = z.string().max(1_024).nullish()

export const embeddingRequestSchema = z.looseObject({
  model,
  input: modelInputSchema,
  encoding_format: z.string().max(64).nullish(),
  dimensions: whole(1, 1_000_000),
  user: caller,
})

export const completionRequestSchema = z.looseObject({
  model,
  prompt: modelInputSchema.nullish(),
  suffix: z.string().nullish(),
  stream: yesOrNo,
  stream_options: z.looseObject({ include_usage: yesOrNo }).nullish(),
  best_of: whole(0, 128),
  n: whole(1, 128),
  echo: yesOrNo,
  logprobs: whole(0, 128),
  max_tokens: whole(0, 10_000_000),
  temperature: decimal(0, 2),
  top_p: decimal(0, 1),
  presence_penalty: decimal(-2, 2),
  frequency_penalty: decimal(-2, 2),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)], { error: 'expected one of a string or array of strings' }).nullish(),
  seed: z.int().nullish(),
  user: caller,
})

export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>
export type CompletionRequest = z.infer<typeof completionRequestSchema>
