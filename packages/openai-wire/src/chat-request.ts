import { z } from 'zod'

/**
 * `POST /v1/chat/completions`, as OpenAI's document has it, in the part that the gateway reads.
 * Everything else passes through untouched: providers add fields, roles' extras and kinds of content,
 * and legal requests come in odd shapes (`content: null`, `stop: null`), so the objects are loose
 * and the bounds are closed.
 */
const nullish = <Schema extends z.ZodType>(schema: Schema) => schema.nullish()
const text = (max?: number) =>
  max === undefined ? z.string({ error: 'must be a string' }) : z.string({ error: 'must be a string' }).max(max, `must be ${max} characters at most`)
const yesOrNo = z.boolean({ error: 'must be true or false' })
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape, { error: 'must be an object' })
const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item, { error: 'must be an array' }).max(max, `must hold ${max} items at most`)
const decimal = (min: number, max: number) => z.number({ error: 'must be a number' }).min(min, `must be ${min} or more`).max(max, `must be ${max} or less`)
const whole = (min: number, max: number) => z.int({ error: 'must be a whole number' }).min(min, `must be ${min} or more`).max(max, `must be ${max} or less`)

const contentPartSchema = object({ type: text(64), text: z.unknown().optional() }).superRefine((part, context) => {
  if (part.type === 'text' && typeof part.text !== 'string') context.addIssue({ code: 'custom', path: ['text'], message: 'must be a string' })
})
const contentSchema = z.union([z.string(), list(contentPartSchema, 2_048).min(1, 'must hold at least one part')], {
  // A fault inside an array of parts is named where it is; anything else is of the wrong kind altogether.
  error: (issue) => (Array.isArray(issue.input) ? undefined : 'must be a string or an array of content parts'),
})
const toolCallsSchema = list(object({ id: nullish(text()), type: nullish(text()) }), 512)

const instruction = { content: contentSchema, name: nullish(text()) }
export const chatMessageSchema = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('system'), ...instruction }),
    z.looseObject({ role: z.literal('developer'), ...instruction }),
    z.looseObject({ role: z.literal('user'), ...instruction }),
    z.looseObject({ role: z.literal('assistant'), content: nullish(contentSchema), tool_calls: nullish(toolCallsSchema) }),
    z.looseObject({ role: z.literal('tool'), content: contentSchema, tool_call_id: text() }),
    z.looseObject({ role: z.literal('function'), content: nullish(contentSchema), name: text() }),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? 'must be one of system, developer, user, assistant, tool, function' : 'must be a message object') },
)

export const chatRequestSchema = z.looseObject(
  {
    model: text(256).min(1, 'must not be empty'),
    messages: z
      .array(chatMessageSchema, { error: 'must be an array of messages' })
      .min(1, 'must hold at least one message')
      .max(10_000, 'must hold 10000 messages at most'),
    stream: nullish(yesOrNo),
    stream_options: nullish(object({ include_usage: nullish(yesOrNo) })),
    temperature: nullish(decimal(0, 2)),
    top_p: nullish(decimal(0, 1)),
    n: nullish(whole(1, 128)),
    max_tokens: nullish(whole(1, 10_000_000)),
    max_completion_tokens: nullish(whole(1, 10_000_000)),
    presence_penalty: nullish(decimal(-2, 2)),
    frequency_penalty: nullish(decimal(-2, 2)),
    logit_bias: nullish(z.record(z.string(), decimal(-100, 100), { error: 'must be an object of numbers' })),
    logprobs: nullish(yesOrNo),
    top_logprobs: nullish(whole(0, 20)),
    stop: nullish(z.union([z.string(), list(text(), 16)], { error: 'must be a string or an array of strings, 16 at most' })),
    seed: nullish(z.int({ error: 'must be a whole number' })),
    user: nullish(text(1_024)),
    metadata: nullish(z.record(z.string().max(64), text(512), { error: 'must be an object of strings' })),
    tools: nullish(list(object({ type: text(64) }), 512)),
    functions: nullish(list(object({ name: text(256) }), 512)),
    parallel_tool_calls: nullish(yesOrNo),
    response_format: nullish(object({ type: text(64) })),
    modalities: nullish(list(text(64), 8)),
    store: nullish(yesOrNo),
    reasoning_effort: nullish(text(64)),
  },
  { error: 'must be a JSON object' },
)

export type ChatMessage = z.infer<typeof chatMessageSchema>
export type ChatRequest = z.infer<typeof chatRequestSchema>

/** A message's text: its text parts joined; empty where it has none. */
export function messageText(message: Pick<ChatMessage, 'content'>): string {
  const { content } = message
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (part.type === 'text' ? String(part.text) : '')).join('')
}

/** Whether a message holds images, sound, files or anything else that is not text. */
export function hasOtherContent(message: Pick<ChatMessage, 'content'>): boolean {
  return Array.isArray(message.content) && message.content.some(({ type }) => type !== 'text' && type !== 'refusal')
}
