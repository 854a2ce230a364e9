import { z } from 'zod'

/**
 * `POST /v1/chat/completions`, as OpenAI's document has it. Types and bounds are held here, since a wrong one is the
 * caller's fault whoever answers; words that a model may or may not know (`reasoning_effort`, `service_tier`, kinds of
 * content and tools) are left to the model. Everything else passes through untouched: providers add fields, and legal
 * requests come in odd shapes (`content: null`, `stop: null`), so the objects are loose and the bounds are closed.
 *
 * What is wrong is told in OpenAI's words by `toInvalidRequest`; the messages here are those that it cannot make itself.
 */
const nullish = <Schema extends z.ZodType>(schema: Schema) => schema.nullish()
const text = (max?: number) => (max === undefined ? z.string() : z.string().max(max))
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape)
const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item).max(max)
const decimal = (min: number, max: number) => z.number().min(min).max(max)
const whole = (min: number, max: number) => z.int().min(min).max(max)

/** An object of which nothing more is known: it is looked at, and not copied. */
const anyObject = z.custom<Record<string, unknown>>(isObject, { error: 'expected an object', params: { code: 'invalid_type' } })

/** A word of the model's vocabulary. */
const word = text(64)
const TEXT_OR_PARTS = 'expected one of a string or array of objects'
const TEXT_OR_OBJECT = 'expected one of a string or object'

/** What parts of the kinds that everybody knows must hold. */
const KNOWN_PARTS: Record<string, { key: string; schema: z.ZodType }> = {
  text: { key: 'text', schema: text() },
  refusal: { key: 'refusal', schema: text() },
  image_url: { key: 'image_url', schema: object({ url: text(), detail: nullish(word) }) },
  input_audio: { key: 'input_audio', schema: object({ data: text(), format: word }) },
  file: { key: 'file', schema: object({ file_data: nullish(text()), file_id: nullish(text()), filename: nullish(text()) }) },
}

const contentPartSchema = object({ type: word }).superRefine((part, context) => {
  // Nearly all of them are text, and need no second schema.
  if (part.type === 'text' && typeof part['text'] === 'string') return
  const known = Object.hasOwn(KNOWN_PARTS, part.type) ? KNOWN_PARTS[part.type] : undefined
  if (!known) return
  const { error } = known.schema.safeParse(part[known.key])
  for (const issue of error?.issues ?? []) context.addIssue({ ...issue, path: [known.key, ...issue.path] })
})
const contentSchema = z.union([z.string(), list(contentPartSchema, 2_048).min(1)], {
  // A fault inside an array of parts is named where it is; anything else is of the wrong kind altogether.
  error: (issue) => (Array.isArray(issue.input) ? undefined : TEXT_OR_PARTS),
})

const calledSchema = object({ name: text(256), arguments: text() })
const toolCallSchema = object({
  id: text(),
  type: word,
  function: calledSchema.optional(),
  custom: object({ name: text(256), input: text() }).optional(),
}).superRefine((call, context) => {
  if (call.type === 'function' && call.function === undefined) context.addIssue(missing('function'))
  if (call.type === 'custom' && call.custom === undefined) context.addIssue(missing('custom'))
})

const instruction = { content: contentSchema, name: nullish(text(256)) }
export const chatMessageSchema = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), ...instruction }),
  z.looseObject({ role: z.literal('developer'), ...instruction }),
  z.looseObject({ role: z.literal('user'), ...instruction }),
  z.looseObject({
    role: z.literal('assistant'),
    content: nullish(contentSchema),
    name: nullish(text(256)),
    refusal: nullish(text()),
    audio: nullish(object({ id: text() })),
    tool_calls: nullish(list(toolCallSchema, 512)),
    function_call: nullish(calledSchema),
  }),
  z.looseObject({ role: z.literal('tool'), content: contentSchema, tool_call_id: text() }),
  z.looseObject({ role: z.literal('function'), content: nullish(contentSchema), name: text(256) }),
])

const toolSchema = object({
  type: word,
  function: object({ name: text(256), description: nullish(text()), parameters: nullish(anyObject), strict: nullish(z.boolean()) }).optional(),
  custom: object({ name: text(256), description: nullish(text()), format: nullish(object({ type: word })) }).optional(),
}).superRefine((tool, context) => {
  if (tool.type === 'function' && tool.function === undefined) context.addIssue(missing('function'))
  if (tool.type === 'custom' && tool.custom === undefined) context.addIssue(missing('custom'))
})
const namedSchema = object({ name: text(256) }).optional()
const toolChoiceSchema = z.union(
  [
    word,
    object({
      type: word,
      function: namedSchema,
      custom: namedSchema,
      allowed_tools: object({ mode: word, tools: list(anyObject, 512) }).optional(),
    }),
  ],
  { error: (issue) => (isObject(issue.input) ? undefined : TEXT_OR_OBJECT) },
)

const responseFormatSchema = object({
  type: word,
  json_schema: object({ name: text(256), description: nullish(text()), schema: nullish(anyObject), strict: nullish(z.boolean()) }).optional(),
}).superRefine((format, context) => {
  if (format.type === 'json_schema' && format.json_schema === undefined) context.addIssue(missing('json_schema'))
})

const metadataSchema = z.record(z.string().max(64), text(512)).refine((pairs) => Object.keys(pairs).length <= 16, {
  error: 'too many properties. Expected an object with at most 16 properties',
  params: { code: 'object_above_max_properties' },
})
/** 64 bits wide: JSON's numbers lose their last digits above 2^53, the bytes that go upstream do not. */
const seedSchema = z
  .number()
  .min(-(2 ** 63))
  .max(2 ** 63)
  .refine(Number.isInteger, { error: 'expected an integer', params: { code: 'invalid_type' } })

export const chatRequestSchema = z.looseObject({
  model: text(256).min(1),
  messages: z.array(chatMessageSchema).min(1).max(10_000),
  stream: nullish(z.boolean()),
  stream_options: nullish(object({ include_usage: nullish(z.boolean()), include_obfuscation: nullish(z.boolean()) })),
  temperature: nullish(decimal(0, 2)),
  top_p: nullish(decimal(0, 1)),
  n: nullish(whole(1, 128)),
  max_tokens: nullish(whole(1, 10_000_000)),
  max_completion_tokens: nullish(whole(1, 10_000_000)),
  presence_penalty: nullish(decimal(-2, 2)),
  frequency_penalty: nullish(decimal(-2, 2)),
  logit_bias: nullish(z.record(z.string(), decimal(-100, 100))),
  logprobs: nullish(z.boolean()),
  top_logprobs: nullish(whole(0, 20)),
  stop: nullish(
    z.union([z.string(), list(text(), 16)], { error: (issue) => (Array.isArray(issue.input) ? undefined : 'expected one of a string or array of strings') }),
  ),
  seed: nullish(seedSchema),
  user: nullish(text(1_024)),
  safety_identifier: nullish(text(1_024)),
  metadata: nullish(metadataSchema),
  tools: nullish(list(toolSchema, 512)),
  tool_choice: nullish(toolChoiceSchema),
  functions: nullish(list(object({ name: text(256), parameters: nullish(anyObject) }), 512)),
  function_call: nullish(z.union([word, object({ name: text(256) })], { error: (issue) => (isObject(issue.input) ? undefined : TEXT_OR_OBJECT) })),
  parallel_tool_calls: nullish(z.boolean()),
  response_format: nullish(responseFormatSchema),
  modalities: nullish(list(word, 8)),
  audio: nullish(object({ voice: z.union([word, object({ id: text() })], { error: () => TEXT_OR_OBJECT }), format: word })),
  prediction: nullish(object({ type: word, content: contentSchema })),
  store: nullish(z.boolean()),
  reasoning_effort: nullish(word),
  verbosity: nullish(word),
  service_tier: nullish(word),
  moderation: nullish(object({ model: text(256) })),
  web_search_options: nullish(object({ search_context_size: nullish(word), user_location: nullish(anyObject) })),
  prompt_cache_key: nullish(text(1_024)),
  prompt_cache_retention: nullish(word),
  prompt_cache_options: nullish(object({ mode: nullish(word), ttl: nullish(word) })),
})

export type ChatMessage = z.infer<typeof chatMessageSchema>
export type ChatRequest = z.infer<typeof chatRequestSchema>

/** A message's text: its text parts joined; empty where it has none. */
export function messageText(message: Pick<ChatMessage, 'content'>): string {
  const { content } = message
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (part.type === 'text' ? String(part['text']) : '')).join('')
}

/** Whether a message holds images, sound, files or anything else that is not text. */
export function hasOtherContent(message: Pick<ChatMessage, 'content'>): boolean {
  return Array.isArray(message.content) && message.content.some(({ type }) => type !== 'text' && type !== 'refusal')
}

function missing(key: string) {
  return { code: 'custom' as const, path: [key], message: 'missing', params: { code: 'missing_required_parameter' } }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
