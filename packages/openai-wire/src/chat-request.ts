import { z } from 'zod'

/**
 * `POST /v1/chat/completions`, as OpenAI's document has it, in the part that the gateway reads.
 * Everything else passes through untouched: providers add fields, and legal requests come in odd
 * shapes (`content: null`, `stop: null`), so the objects are loose and the bounds are closed.
 */
const finite = z.number({ error: 'must be a number' }).finite()
const nullish = <Schema extends z.ZodType>(schema: Schema) => schema.nullish()

const textPartSchema = z.looseObject({ type: z.literal('text'), text: z.string() })
const refusalPartSchema = z.looseObject({ type: z.literal('refusal'), refusal: z.string() })
const otherPartSchema = z.looseObject({ type: z.enum(['image_url', 'input_audio', 'file']) })
const contentPartSchema = z.discriminatedUnion('type', [textPartSchema, refusalPartSchema, otherPartSchema])
const contentSchema = z.union([z.string(), z.array(contentPartSchema).min(1).max(2_048)], { error: 'must be a string or an array of content parts' })

const instructionMessage = { content: contentSchema, name: nullish(z.string()) }
export const chatMessageSchema = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('system'), ...instructionMessage }),
    z.looseObject({ role: z.literal('developer'), ...instructionMessage }),
    z.looseObject({ role: z.literal('user'), ...instructionMessage }),
    z.looseObject({ role: z.literal('assistant'), content: nullish(contentSchema), tool_calls: nullish(z.array(z.looseObject({}))) }),
    z.looseObject({ role: z.literal('tool'), content: contentSchema, tool_call_id: z.string() }),
    z.looseObject({ role: z.literal('function'), content: nullish(contentSchema), name: z.string() }),
  ],
  { error: 'must be one of system, developer, user, assistant, tool, function' },
)

export const chatRequestSchema = z.looseObject({
  model: z.string({ error: 'must be a string' }).min(1, 'must not be empty').max(256),
  messages: z.array(chatMessageSchema, { error: 'must be an array of messages' }).min(1, 'must hold at least one message').max(10_000),
  stream: nullish(z.boolean({ error: 'must be a boolean' })),
  stream_options: nullish(z.looseObject({ include_usage: nullish(z.boolean()) })),
  temperature: nullish(finite.min(0).max(2)),
  top_p: nullish(finite.min(0).max(1)),
  n: nullish(z.int().min(1).max(128)),
  max_tokens: nullish(z.int().min(1).max(10_000_000)),
  max_completion_tokens: nullish(z.int().min(1).max(10_000_000)),
  presence_penalty: nullish(finite.min(-2).max(2)),
  frequency_penalty: nullish(finite.min(-2).max(2)),
  logprobs: nullish(z.boolean()),
  top_logprobs: nullish(z.int().min(0).max(20)),
  stop: nullish(z.union([z.string(), z.array(z.string()).max(16)])),
  seed: nullish(z.int()),
  user: nullish(z.string().max(1_024)),
  metadata: nullish(z.record(z.string().max(64), z.string().max(512))),
  tools: nullish(z.array(z.looseObject({ type: z.string() })).max(512)),
  functions: nullish(z.array(z.looseObject({ name: z.string() })).max(512)),
  response_format: nullish(z.looseObject({ type: z.string() })),
  modalities: nullish(z.array(z.string()).max(8)),
})

export type ChatMessage = z.infer<typeof chatMessageSchema>
export type ChatRequest = z.infer<typeof chatRequestSchema>

/** A message's text: its text parts joined; empty where it has none. */
export function messageText(message: Pick<ChatMessage, 'content'>): string {
  const { content } = message
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (part.type === 'text' ? String(part.text) : '')).join('')
}
