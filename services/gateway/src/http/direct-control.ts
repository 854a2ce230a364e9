import { hasOtherContent, messageText, type chatRequestSchema, type ChatRequest } from '@signalbox/openai-wire'

/** Says why the caller must want the model itself, where a parameter's value means that. */
type Reading = (request: ChatRequest) => string | false

/**
 * Every parameter that OpenAI's document has, and what it says about the request's way; the compiler asks for new ones.
 *
 * Direct control is whatever gives the answer a form, or rests on the model's own tokens or tools: no workflow can keep
 * such a promise. What every chat UI sends with every message (`temperature`, `max_tokens`, `seed`), and what says how
 * hard, where and for whom the model works, decides nothing: else nobody's questions would ever be orchestrated.
 */
const PARAMETERS = {
  tools: ({ tools }) => (tools?.length ?? 0) > 0 && 'the request has tools',
  functions: ({ functions }) => (functions?.length ?? 0) > 0 && 'the request has functions',
  response_format: ({ response_format: format }) => (format?.type ?? 'text') !== 'text' && `response_format is ${format?.type}`,
  n: ({ n }) => (n ?? 1) > 1 && 'the request asks for several choices',
  logprobs: ({ logprobs }) => logprobs === true && 'the request asks for logprobs',
  top_logprobs: ({ top_logprobs: count }) => (count ?? 0) > 0 && 'the request asks for logprobs',
  modalities: ({ modalities }) => asksForMore(modalities),
  audio: ({ audio }) => isGiven(audio) && 'the request asks for audio',
  prediction: ({ prediction }) => isGiven(prediction) && 'the request predicts the output',
  web_search_options: ({ web_search_options: options }) => isGiven(options) && 'the request has the model search the web',
  logit_bias: ({ logit_bias: bias }) => Object.keys(bias ?? {}).length > 0 && 'the request has logit_bias',
  // Whoever cuts the text off at words of their own reads it by a program: an agent's loop, a game's turn.
  stop: ({ stop }) => (stop?.length ?? 0) > 0 && 'the request has stop sequences',
  moderation: ({ moderation }) => isGiven(moderation) && 'the request has the model’s provider moderate it',

  model: undecided,
  messages: undecided,
  stream: undecided,
  stream_options: undecided,
  temperature: undecided,
  top_p: undecided,
  max_tokens: undecided,
  max_completion_tokens: undecided,
  presence_penalty: undecided,
  frequency_penalty: undecided,
  seed: undecided,
  reasoning_effort: undecided,
  verbosity: undecided,
  user: undecided,
  safety_identifier: undecided,
  metadata: undecided,
  store: undecided,
  service_tier: undecided,
  prompt_cache_key: undecided,
  prompt_cache_retention: undecided,
  prompt_cache_options: undecided,
  // Without tools, or functions, to choose from they mean nothing.
  tool_choice: undecided,
  function_call: undecided,
  parallel_tool_calls: undecided,
} satisfies Record<keyof typeof chatRequestSchema.shape, Reading>

const READINGS: readonly Reading[] = Object.values(PARAMETERS).filter((reading) => reading !== undecided)

/** How vLLM, SGLang and llama.cpp call an answer's form. */
const FORMS_ELSEWHERE = [
  'guided_json',
  'guided_regex',
  'guided_choice',
  'guided_grammar',
  'structured_outputs',
  'regex',
  'ebnf',
  'grammar',
  'json_schema',
] as const

/** Why the request's shape says that its caller wants the model itself, whose answer no workflow can give in that form. */
export function readDirectControl(request: ChatRequest): string | undefined {
  for (const read of READINGS) {
    const reason = read(request)
    if (reason !== false) return reason
  }
  const form = FORMS_ELSEWHERE.find((name) => isGiven(request[name]))
  return form === undefined ? readMessages(request) : `the request has ${form}`
}

function readMessages({ messages }: ChatRequest): string | undefined {
  const last = messages.at(-1)
  if (last?.role === 'tool' || last?.role === 'function') return 'the request continues a tool call'
  if (!messages.some((message) => message.role === 'user' && (messageText(message) !== '' || hasOtherContent(message)))) return 'the request has no user text'
  // Agents work on text: whoever shows a picture wants the model that sees it.
  return messages.some(hasOtherContent) ? 'the request holds more than text' : undefined
}

function asksForMore(modalities: ChatRequest['modalities']): string | false {
  const other = modalities?.find((modality) => modality !== 'text')
  return other !== undefined && `the request asks for ${other}`
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function undecided(): false {
  return false
}
