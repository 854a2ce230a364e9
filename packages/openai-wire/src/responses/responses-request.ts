import { z } from 'zod'

/**
 * `POST /v1/responses`, as OpenAI's document has it. As for chat, types and bounds are held here, since a wrong one is
 * the caller's fault whoever answers; words that a model may or may not know are left to the model, objects are loose,
 * and `null` is taken wherever nothing may be said. What is wrong is told in OpenAI's words by `toInvalidRequest`.
 */
const nullish = <Schema extends z.ZodType>(schema: Schema) => schema.nullish()
const text = (max?: number) => (max === undefined ? z.string() : z.string().max(max))
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape)
const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item).max(max)

/** A word of the model's vocabulary. */
const word = text(64)
const id = text(256)
const name = text(256).min(1)

/** What parts of the kinds that everybody knows must hold. */
const KNOWN_PARTS: Record<string, z.ZodType> = {
  input_text: object({ text: text() }),
  output_text: object({ text: text() }),
  text: object({ text: text() }),
  refusal: object({ refusal: text() }),
  input_image: object({ image_url: nullish(text()), file_id: nullish(id), detail: nullish(word) }),
  input_file: object({ file_data: nullish(text()), file_id: nullish(id), file_url: nullish(text()), filename: nullish(text()) }),
}
const partSchema = object({ type: word }).superRefine((part, context) => addIssues(KNOWN_PARTS, part, context))
const contentSchema = z.union([z.string(), list(partSchema, 2_048)], {
  error: (issue) => (Array.isArray(issue.input) ? undefined : 'expected one of a string or array of objects'),
})
const summarySchema = list(object({ type: word, text: text() }), 2_048)

/** What items of the kinds that we read must hold. Others are the model's to know. */
const KNOWN_ITEMS: Record<string, z.ZodType> = {
  message: object({ role: z.enum(['user', 'assistant', 'system', 'developer']), content: contentSchema, id: nullish(id), status: nullish(word) }),
  function_call: object({ call_id: name, name, arguments: text(), id: nullish(id), status: nullish(word) }),
  function_call_output: object({ call_id: name, output: contentSchema, id: nullish(id), status: nullish(word) }),
  custom_tool_call: object({ call_id: name, name, input: text(), id: nullish(id) }),
  custom_tool_call_output: object({ call_id: name, output: contentSchema, id: nullish(id) }),
  reasoning: object({ summary: nullish(summarySchema), id: nullish(id), encrypted_content: nullish(text()) }),
  mcp_approval_request: object({ id, server_label: text(), name: text(), arguments: text() }),
  mcp_approval_response: object({ approval_request_id: id, approve: z.boolean(), reason: nullish(text(2_000)), id: nullish(id) }),
  item_reference: object({ id: id.min(1) }),
}

export const itemSchema = z
  .looseObject({ type: nullish(word) })
  .superRefine((item, context) => addIssues(KNOWN_ITEMS, { ...item, type: toItemType(item) }, context))

/** What an item is that does not say it: a message has a role, a reference has an id alone. */
export function toItemType({ type, ...item }: { type?: string | null | undefined; [key: string]: unknown }): string {
  return type ?? ('role' in item || !('id' in item) ? 'message' : 'item_reference')
}

const inputSchema = z.union([z.string(), list(itemSchema, 10_000)], {
  error: (issue) => (Array.isArray(issue.input) ? undefined : 'expected one of a string or array of objects'),
})

const toolSchema = object({ type: word }).superRefine((tool, context) => {
  addIssues(
    { function: object({ name, parameters: nullish(object({})), strict: nullish(z.boolean()), description: nullish(text()) }), custom: object({ name }) },
    tool,
    context,
  )
})
const toolChoiceSchema = z.union([word, object({ type: word })], {
  error: (issue) => (isObject(issue.input) ? undefined : 'expected one of a string or object'),
})

const textSchema = object({
  format: nullish(
    object({ type: word }).superRefine((format, context) =>
      addIssues({ json_schema: object({ name, schema: object({}), strict: nullish(z.boolean()), description: nullish(text()) }) }, format, context),
    ),
  ),
  verbosity: nullish(word),
})

export const metadataSchema = z.record(text(64), text(512)).refine((pairs) => Object.keys(pairs).length <= 16, {
  error: 'too many properties. Expected an object with at most 16 properties',
  params: { code: 'object_above_max_properties' },
})

export const responsesRequestSchema = z.looseObject({
  model: text(256).min(1),
  input: nullish(inputSchema),
  instructions: nullish(text()),
  stream: nullish(z.boolean()),
  stream_options: nullish(object({ include_obfuscation: nullish(z.boolean()) })),
  store: nullish(z.boolean()),
  background: nullish(z.boolean()),
  previous_response_id: nullish(id),
  conversation: nullish(z.union([id, object({ id })], { error: () => 'expected one of a string or object' })),
  metadata: nullish(metadataSchema),
  max_output_tokens: nullish(z.int().min(1).max(10_000_000)),
  max_tool_calls: nullish(z.int().min(0).max(100_000)),
  temperature: nullish(z.number().min(0).max(2)),
  top_p: nullish(z.number().min(0).max(1)),
  top_logprobs: nullish(z.int().min(0).max(20)),
  tools: nullish(list(toolSchema, 512)),
  tool_choice: nullish(toolChoiceSchema),
  parallel_tool_calls: nullish(z.boolean()),
  text: nullish(textSchema),
  reasoning: nullish(object({ effort: nullish(word), summary: nullish(word), generate_summary: nullish(word) })),
  include: nullish(list(word, 64)),
  truncation: nullish(z.enum(['auto', 'disabled'])),
  user: nullish(text(1_024)),
  safety_identifier: nullish(text(1_024)),
  prompt_cache_key: nullish(text(1_024)),
  prompt_cache_retention: nullish(word),
  service_tier: nullish(word),
  prompt: nullish(object({ id })),
})

export type ResponsesRequest = z.infer<typeof responsesRequestSchema>
export type InputItem = z.infer<typeof itemSchema>

type Loose = Record<string, unknown> & { type?: string | null | undefined }

/** Holds what says its own kind against the schema of that kind, where there is one. */
function addIssues(schemas: Record<string, z.ZodType>, value: Loose, context: z.RefinementCtx): void {
  const schema = typeof value.type === 'string' && Object.hasOwn(schemas, value.type) ? schemas[value.type] : undefined
  for (const issue of schema?.safeParse(value).error?.issues ?? []) context.addIssue(issue as Parameters<typeof context.addIssue>[0])
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
