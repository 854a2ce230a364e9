/** OpenAI's chat completion objects, in the shapes that we make ourselves. */

export interface CompletionUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'

/** The one extra key on our chunks and completions. Clients that do not know it ignore it. */
export type SignalboxExtra = { v: 1 } & Record<string, unknown>

export interface ChatCompletion {
  id: string
  object: 'chat.completion'
  created: number
  model: string
  choices: {
    index: number
    message: { role: 'assistant'; content: string | null; refusal: string | null; annotations: []; reasoning_content?: string }
    finish_reason: FinishReason
    logprobs: null
  }[]
  usage?: CompletionUsage
  signalbox?: SignalboxExtra
}

export interface ChatDelta {
  role?: 'assistant'
  content?: string
  reasoning_content?: string
  reasoning?: string
}

/** OpenAI has no field for reasoning in chats. Clients read one of two, the first that is there. */
export const REASONING_FIELDS = ['reasoning_content', 'reasoning', 'both'] as const
export type ReasoningField = (typeof REASONING_FIELDS)[number]

/** A piece of reasoning. It never shares a delta with content: some clients show one of the two only. */
export function toReasoningDelta(text: string, field: ReasoningField): ChatDelta {
  if (field === 'both') return { reasoning_content: text, reasoning: text }
  return field === 'reasoning' ? { reasoning: text } : { reasoning_content: text }
}

/** A line of progress as Open WebUI shows it beside an answer that is being made. Clients that do not know it ignore it. */
export interface StatusEvent {
  type: 'status'
  data: { description: string; done: boolean }
}

export interface ChatCompletionChunk {
  id: string
  object: 'chat.completion.chunk'
  created: number
  model: string
  choices: { index: number; delta: ChatDelta; finish_reason: FinishReason | null; logprobs: null }[]
  usage?: CompletionUsage | null
  signalbox?: SignalboxExtra
  event?: StatusEvent
}

/** What stays the same over all chunks of a stream. `created` is in Unix seconds. */
export interface CompletionIdentity {
  id: string
  created: number
  model: string
}

/** One chunk with one choice; `finishReason` only on the last. */
export function toChunk(
  identity: CompletionIdentity,
  delta: ChatDelta,
  options: { finishReason?: FinishReason; signalbox?: SignalboxExtra; withUsageKey?: boolean; event?: StatusEvent | undefined } = {},
): ChatCompletionChunk {
  return {
    id: identity.id,
    object: 'chat.completion.chunk',
    created: identity.created,
    model: identity.model,
    choices: [{ index: 0, delta, finish_reason: options.finishReason ?? null, logprobs: null }],
    ...(options.withUsageKey && { usage: null }),
    ...(options.signalbox && { signalbox: options.signalbox }),
    ...(options.event && { event: options.event }),
  }
}

/** The chunk after the last, sent only to callers who asked for `stream_options.include_usage`. */
export function toUsageChunk(identity: CompletionIdentity, usage: CompletionUsage): ChatCompletionChunk {
  return { id: identity.id, object: 'chat.completion.chunk', created: identity.created, model: identity.model, choices: [], usage }
}

/** A whole answer. */
export function toCompletion(
  identity: CompletionIdentity,
  content: string,
  options: { usage?: CompletionUsage; reasoning?: string; signalbox?: SignalboxExtra; finishReason?: FinishReason } = {},
): ChatCompletion {
  return {
    id: identity.id,
    object: 'chat.completion',
    created: identity.created,
    model: identity.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null, annotations: [], ...(options.reasoning && { reasoning_content: options.reasoning }) },
        finish_reason: options.finishReason ?? 'stop',
        logprobs: null,
      },
    ],
    ...(options.usage && { usage: options.usage }),
    ...(options.signalbox && { signalbox: options.signalbox }),
  }
}
