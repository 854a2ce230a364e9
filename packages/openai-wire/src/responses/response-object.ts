import { readConversationId } from './conversation.ts'
import type { ResponsesRequest } from './responses-request.ts'

/** OpenAI's response object and its items, in the shapes that we make ourselves. */

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'incomplete'

export interface ResponseUsage {
  input_tokens: number
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number }
  output_tokens: number
  output_tokens_details: { reasoning_tokens: number }
  total_tokens: number
}

export interface FileCitation {
  type: 'file_citation'
  file_id: string
  filename: string
  /** Where in the text it stands. */
  index: number
}

export interface UrlCitation {
  type: 'url_citation'
  url: string
  title: string
  start_index: number
  end_index: number
}

export type Annotation = FileCitation | UrlCitation

export type OutputPart = { type: 'output_text'; text: string; annotations: Annotation[]; logprobs: unknown[] } | { type: 'refusal'; refusal: string }

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface MessageItem {
  type: 'message'
  id: string
  role: 'assistant'
  status: ItemStatus
  content: OutputPart[]
}

export interface ReasoningItem {
  type: 'reasoning'
  id: string
  summary: { type: 'summary_text'; text: string }[]
}

export interface FunctionCallItem {
  type: 'function_call'
  id: string
  call_id: string
  name: string
  arguments: string
  status: ItemStatus
}

export interface CustomToolCallItem {
  type: 'custom_tool_call'
  id: string
  call_id: string
  name: string
  input: string
}

export interface ApprovalRequestItem {
  type: 'mcp_approval_request'
  id: string
  server_label: string
  name: string
  /** Canonical JSON. */
  arguments: string
}

export type OutputItem = MessageItem | ReasoningItem | FunctionCallItem | CustomToolCallItem | ApprovalRequestItem

export interface ResponseObject {
  id: string
  object: 'response'
  /** Unix seconds. */
  created_at: number
  /** What it is a part of. */
  conversation?: { id: string }
  status: ResponseStatus
  completed_at: number | null
  background: boolean
  error: { code: 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt'; message: string } | null
  incomplete_details: { reason: 'max_output_tokens' | 'content_filter' } | null
  instructions: string | null
  max_output_tokens: number | null
  model: string
  output: OutputItem[]
  parallel_tool_calls: boolean
  previous_response_id: string | null
  store: boolean
  metadata: Record<string, string>
  usage?: ResponseUsage
  [echoed: string]: unknown
}

/** A response before anything of it is there: what the request asked for, said back as OpenAI says it. */
export function toResponseObject(request: ResponsesRequest, identity: { id: string; createdAt: number; model: string }): ResponseObject {
  const conversation = readConversationId(request)
  return {
    id: identity.id,
    object: 'response',
    created_at: identity.createdAt,
    status: 'in_progress',
    completed_at: null,
    ...(conversation !== undefined && { conversation: { id: conversation } }),
    background: request.background === true,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: identity.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: request.service_tier ?? 'default',
    store: request.store !== false,
    temperature: request.temperature ?? 1,
    text: { ...request.text, format: toFormat(request) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: (request.tools ?? []).map(toTool),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    ...(typeof request.user === 'string' && { user: request.user }),
    metadata: { ...request.metadata },
  }
}

function toFormat({ text }: ResponsesRequest): Record<string, unknown> {
  const format = text?.format ?? { type: 'text' }
  return format.type === 'json_schema' ? { strict: false, ...format } : format
}

function toTool(tool: Record<string, unknown>): Record<string, unknown> {
  return tool['type'] === 'function' ? { description: null, ...tool, parameters: tool['parameters'] ?? null, strict: tool['strict'] ?? false } : tool
}
