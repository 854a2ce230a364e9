import { AppError } from '@signalbox/errors'
import { chatRequestSchema } from '@signalbox/openai-wire'
import { z } from 'zod'

const jsonSchemaSchema = z.union([z.boolean(), z.record(z.string(), z.unknown())])

/** A chat request, with the fields that the scripted model minds read closely. */
export const scriptedChatRequestSchema = chatRequestSchema.extend({
  n: z.literal(1, { error: 'must be 1: the scripted model makes one choice' }).nullish(),
  response_format: z
    .discriminatedUnion(
      'type',
      [
        z.looseObject({ type: z.literal('text') }),
        z.looseObject({ type: z.literal('json_object') }),
        z.looseObject({
          type: z.literal('json_schema'),
          json_schema: z.looseObject({
            name: z.string().min(1).max(64),
            schema: jsonSchemaSchema.optional(),
          }),
        }),
      ],
      { error: 'must be text, json_object or json_schema' },
    )
    .nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function', { error: 'must be function' }),
        function: z.looseObject({
          name: z.string().min(1).max(64),
          parameters: jsonSchemaSchema.nullish(),
        }),
      }),
    )
    .max(512)
    .nullish(),
  tool_choice: z
    .union(
      [
        z.enum(['none', 'auto', 'required']),
        z.looseObject({
          type: z.literal('function'),
          function: z.looseObject({ name: z.string() }),
        }),
      ],
      {
        error: 'must be none, auto, required, or name a function',
      },
    )
    .nullish(),
})
export type ScriptedChatRequest = z.infer<typeof scriptedChatRequestSchema>

const MAX_INPUTS = 2_048
const tokens = z.array(z.int().nonnegative()).min(1, 'must not be empty').max(100_000)

export const embeddingsRequestSchema = z.looseObject({
  model: z.string({ error: 'must be a string' }).min(1).max(256),
  input: z.union([z.string().min(1, 'must not be empty'), z.array(z.string().min(1)).min(1).max(MAX_INPUTS), tokens, z.array(tokens).min(1).max(MAX_INPUTS)], {
    error: 'must be a text, a list of texts, or tokens, and none of them empty',
  }),
  dimensions: z.int().min(1).max(4_096).nullish(),
  encoding_format: z.enum(['float', 'base64'], { error: 'must be float or base64' }).nullish(),
})
export type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>

/** @throws AppError invalid_json, or invalid_request naming the field */
export async function readRequest<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.infer<Schema>> {
  let body: unknown
  try {
    body = await request.json()
  } catch (cause) {
    throw new AppError('invalid_json', 'The request body is not valid JSON.', { cause })
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const param = (issue?.path ?? []).map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`)).join('')
  throw new AppError('invalid_request', `${param || 'The request body'}: ${issue?.message ?? 'is not what it should be'}`, param === '' ? {} : { param })
}
