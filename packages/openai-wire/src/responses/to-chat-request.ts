import { AppError } from '@signalbox/errors'

import type { ChatRequest } from '../chat-request.ts'
import type { ConversationItem } from './input-items.ts'
import type { ResponsesRequest } from './responses-request.ts'

type Loose = Record<string, unknown>
type ChatMessage = ChatRequest['messages'][number]

/** How the endpoint behind us likes a chat request to be. */
export interface ChatDialect {
  /** OpenAI's own: it knows the role `developer`, and calls the limit `max_completion_tokens`. */
  isOpenAI: boolean
  /** How many of the items were said before this request: what is wrong with the others is told by their place in it. */
  before?: number
}

/** Items that say something to us or to people, and nothing to a model. */
const UNSPOKEN: ReadonlySet<string> = new Set([
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_list_tools',
  'mcp_call',
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'item_reference',
])

/** What we know the meaning of; everything else that a caller says goes on under its own name. */
const OURS: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'store', 'background', 'previous_response_id', 'conversation', 'metadata'],
  ...['max_output_tokens', 'max_tool_calls', 'temperature', 'top_p', 'top_logprobs', 'tools', 'tool_choice', 'parallel_tool_calls', 'text', 'reasoning'],
  ...['include', 'truncation', 'prompt', 'context_management', 'moderation'],
])

/**
 * What of a request decides its way, as a chat request: the conversation's text, and whether it has tools, asks for JSON
 * or shows pictures. Takes everything that may be said.
 */
export function toChatOutline(request: ResponsesRequest, items: readonly ConversationItem[]): ChatRequest {
  const messages = toMessages(request, items, { isOpenAI: true, strict: false })
  return {
    model: request.model,
    messages: messages.length > 0 ? messages : [{ role: 'user', content: '' }],
    stream: request.stream === true,
    ...(request.metadata && { metadata: request.metadata }),
    ...(request.tools && request.tools.length > 0 && { tools: request.tools.map(({ type }) => ({ type })) }),
    ...(request.text?.format && { response_format: { type: request.text.format.type } }),
    ...((request.top_logprobs ?? 0) > 0 && { logprobs: true }),
    ...(request.tool_choice && { tool_choice: request.tool_choice }),
  }
}

/**
 * The same request as a chat request for a model.
 *
 * @throws AppError naming what chat has no word for.
 */
export function toChatRequest(request: ResponsesRequest, items: readonly ConversationItem[], { isOpenAI, before = 0 }: ChatDialect): ChatRequest {
  if (request.prompt) throw unsupported('prompt', 'stored prompts')
  const messages = toMessages(request, items, { isOpenAI, before, strict: true })
  if (messages.length === 0)
    throw new AppError('invalid_request', "Missing required parameter: 'input'.", { param: 'input', details: { code: 'missing_required_parameter' } })
  const { text, reasoning } = request
  const chat: Loose = {
    ...Object.fromEntries(Object.entries(request).filter(([key]) => !OURS.has(key))),
    model: request.model,
    messages,
    ...pick('temperature', request.temperature),
    ...pick('top_p', request.top_p),
    ...pick(isOpenAI ? 'max_completion_tokens' : 'max_tokens', request.max_output_tokens),
    ...(request.tools && request.tools.length > 0 && { tools: request.tools.map(toChatTool) }),
    ...pick('tool_choice', request.tools && request.tools.length > 0 ? toChatToolChoice(request.tool_choice) : undefined),
    ...pick('parallel_tool_calls', request.parallel_tool_calls),
    ...pick('response_format', toResponseFormat(text?.format)),
    ...pick('verbosity', text?.verbosity),
    ...pick('reasoning_effort', reasoning?.effort),
    ...((request.top_logprobs ?? 0) > 0 && { logprobs: true, top_logprobs: request.top_logprobs }),
    ...(request.stream === true && { stream: true, stream_options: { include_usage: true } }),
  }
  return chat as ChatRequest
}

interface MessageOptions extends ChatDialect {
  /** Whether what chat has no word for is refused, or left out. */
  strict: boolean
}

function toMessages(request: ResponsesRequest, items: readonly ConversationItem[], options: MessageOptions): ChatMessage[] {
  const messages: Loose[] = []
  if (request.instructions) messages.push({ role: options.isOpenAI ? 'developer' : 'system', content: request.instructions })
  /** Thoughts of the turn so far: some models want them back with the calls that came of them. */
  let thoughts = ''
  items.forEach((item, index) => {
    const place = index - (options.before ?? 0)
    const param = place < 0 ? 'previous_response_id' : `input[${place}]`
    switch (item.type) {
      case 'message':
        if (item['role'] !== 'assistant') thoughts = ''
        messages.push(toMessage(item, param, options))
        return
      case 'function_call':
      case 'custom_tool_call':
        addCall(messages, item, thoughts)
        thoughts = ''
        return
      case 'function_call_output':
      case 'custom_tool_call_output':
        messages.push({ role: 'tool', tool_call_id: item['call_id'], content: toToolText(item['output'], param, options) })
        return
      case 'reasoning':
        thoughts = ((item['summary'] as { text: string }[] | null | undefined) ?? []).map(({ text }) => text).join('\n')
        return
      default:
        if (options.strict && !UNSPOKEN.has(item.type)) throw unsupported(`${param}.type`, `items of the type ${toWord(item.type)}`)
    }
  })
  return messages as ChatMessage[]
}

function toMessage(item: ConversationItem, param: string, options: MessageOptions): Loose {
  const role = item['role'] === 'developer' && !options.isOpenAI ? 'system' : item['role']
  const parts = (item['content'] as Loose[]).map((part, index) => toChatPart(part, `${param}.content[${index}]`, options)).filter((part) => part !== undefined)
  const isText = parts.every(({ type }) => type === 'text')
  return { role, content: isText ? parts.map(({ text }) => text).join('') : parts }
}

function toChatPart(part: Loose, param: string, { strict }: MessageOptions): Loose | undefined {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: part['text'] }
    case 'refusal':
      return { type: 'text', text: part['refusal'] }
    case 'input_image':
      if (typeof part['image_url'] === 'string') return { type: 'image_url', image_url: { url: part['image_url'], ...pick('detail', part['detail']) } }
      break
    case 'input_file':
      if (typeof part['file_data'] === 'string') return { type: 'file', file: { file_data: part['file_data'], ...pick('filename', part['filename']) } }
      break
    case 'input_audio':
      return part
  }
  if (strict) throw unsupported(param, `content of the type ${toWord(part['type'])} that is kept elsewhere`)
  // Whatever it is, it is more than text.
  return { type: toWord(part['type']) }
}

/** Calls that follow each other, and the words before them, are one message of the assistant's. */
function addCall(messages: Loose[], item: ConversationItem, thoughts: string): void {
  const { call_id: id, name } = item
  const call =
    item.type === 'custom_tool_call'
      ? { id, type: 'custom', custom: { name, input: item['input'] } }
      : { id, type: 'function', function: { name, arguments: item['arguments'] } }
  const last = messages.at(-1)
  if (last?.['role'] === 'assistant') {
    const calls = (last['tool_calls'] as unknown[] | undefined) ?? []
    last['tool_calls'] = [...calls, call]
    if (thoughts !== '') last['reasoning_content'] = thoughts
  } else messages.push({ role: 'assistant', content: null, tool_calls: [call], ...(thoughts !== '' && { reasoning_content: thoughts }) })
}

function toToolText(output: unknown, param: string, { strict }: MessageOptions): string {
  if (typeof output === 'string') return output
  return (output as Loose[])
    .map((part, index) => {
      if (typeof part['text'] === 'string') return part['text']
      if (strict) throw unsupported(`${param}.output[${index}]`, `a tool's output that is no text`)
      return ''
    })
    .join('')
}

function toChatTool(tool: Loose, index: number): Loose {
  const { type, name, description, parameters, strict, format } = tool
  switch (type) {
    case 'function':
      // Where nothing is said a response's functions are strict, and chat's are not: what was said is what is passed on.
      return { type, function: { name, ...pick('description', description), ...pick('parameters', parameters), ...pick('strict', strict) } }
    case 'custom':
      return { type, custom: { name, ...pick('description', description), ...pick('format', toCustomFormat(format)) } }
    default:
      throw unsupported(`tools[${index}].type`, `tools of the type ${toWord(type)}`)
  }
}

/** Chat has a grammar's parts one level deeper. */
function toCustomFormat(format: unknown): unknown {
  if (typeof format !== 'object' || format === null || (format as Loose)['type'] !== 'grammar') return format
  const { type, ...grammar } = format as Loose
  return { type, grammar }
}

function toChatToolChoice(choice: ResponsesRequest['tool_choice']): unknown {
  if (typeof choice !== 'object' || choice === null) return choice
  const { type, name, mode, tools } = choice as Loose
  switch (type) {
    case 'function':
      return { type, function: { name } }
    case 'custom':
      return { type, custom: { name } }
    case 'allowed_tools': {
      const allowed = (Array.isArray(tools) ? tools : []).map((tool: Loose) =>
        tool['type'] === 'function' ? { type: 'function', function: { name: tool['name'] } } : tool,
      )
      return { type, allowed_tools: { mode, tools: allowed } }
    }
    default:
      throw unsupported('tool_choice', `a choice of the type ${toWord(type)}`)
  }
}

function toResponseFormat(format: NonNullable<ResponsesRequest['text']>['format']): unknown {
  if (!format || format.type === 'text') return undefined
  if (format.type !== 'json_schema') return format
  const { type, name, schema, strict, description } = format as Loose
  return { type, json_schema: { name, schema, ...pick('strict', strict), ...pick('description', description) } }
}

function pick(key: string, value: unknown): Loose {
  return value === undefined || value === null ? {} : { [key]: value }
}

function toWord(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : 'unknown'
}

function unsupported(param: string, what: string): AppError {
  return new AppError('invalid_request', `Invalid '${param}': ${what} cannot be given to the model behind this endpoint.`, {
    param,
    details: { code: 'unsupported_value' },
  })
}
