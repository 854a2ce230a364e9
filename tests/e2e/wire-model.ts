import type { ServerResponse } from 'node:http'

import { sayError, sayJson, startModelUpstream, type ModelUpstream, type UpstreamCall } from '@signalbox/testing'

/** The name under which it is asked for. */
export const WIRE_MODEL = 'wire-model-1'

export interface WireModel extends ModelUpstream {
  /** What was sent as the last answer, byte for byte. */
  sent(prompt: string): string
}

/** What everybody else is answered by: the model behind the agents. */
export type OtherModel = (response: ServerResponse, call: UpstreamCall) => unknown

/**
 * A model endpoint that speaks OpenAI's wire to the letter, with all that a model may say and a gateway must not lose:
 * null keys, obfuscation, details of usage, log probabilities, several choices, refusals, calls of tools. What it says
 * hangs on its prompt alone, so that callers cannot be mixed up unseen; words in brackets make it fail.
 */
export async function startWireModel(other: OtherModel): Promise<WireModel> {
  const sent = new Map<string, string>()
  const upstream = await startModelUpstream((response, call) => {
    if (call.path.endsWith('/models'))
      return sayJson(response, 200, { object: 'list', data: [{ id: WIRE_MODEL, object: 'model', created: 1_700_000_000, owned_by: 'wire' }] })
    if (call.body['model'] !== WIRE_MODEL) return other(response, call)
    const status = /\[status (\d+)\]/.exec(call.prompt)?.[1]
    if (status !== undefined) return fail(response, Number(status))
    if (call.path.endsWith('/embeddings')) return sayJson(response, 200, toEmbeddings(call))
    if (call.path.endsWith('/completions') && !call.path.endsWith('/chat/completions')) return sayTextCompletion(response, call)
    return sayChat(response, call, sent)
  })
  return Object.assign(upstream, { sent: (prompt: string) => sent.get(prompt) ?? '' })
}

function fail(response: ServerResponse, status: number): void {
  const error =
    status === 429
      ? { message: 'Slow down.', type: 'rate_limit_error', code: 'rate_limit_exceeded' }
      : { message: `It is ${status}.`, type: status < 500 ? 'invalid_request_error' : 'server_error', code: null }
  sayError(response, status, error, { 'x-request-id': 'up-1', ...(status === 429 && { 'retry-after': '7', 'x-should-retry': 'false' }) })
}

interface Message {
  role: string
  content?: string | { type: string; text?: string }[] | null
}

interface Said {
  content: string | null
  refusal?: string
  calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
}

function sayChat(response: ServerResponse, call: UpstreamCall, sent: Map<string, string>): void {
  const { body } = call
  const said = toSaid(call)
  const count = Number(body['n'] ?? 1)
  const identity = {
    id: `chatcmpl-${call.prompt.length}`,
    created: 1_700_000_000,
    model: `${WIRE_MODEL}-2026-11-01`,
    service_tier: 'default',
    system_fingerprint: 'fp_1',
  }
  const headers = { 'x-request-id': 'up-1', 'openai-organization': 'org-1', 'x-ratelimit-remaining-tokens': '149984', 'x-ratelimit-reset-tokens': '6ms' }
  if (body['stream'] === true) {
    const lines = toStream(said, { identity, count, usage: toUsage(call), body })
    sent.set(call.prompt, lines)
    return sendInPieces(response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers }), lines, call.prompt)
  }
  if (call.prompt.includes('[cut]')) return void response.destroy()
  const choices = Array.from({ length: count }, (_, index) => ({
    index,
    message: { role: 'assistant', content: said.content, refusal: said.refusal ?? null, annotations: [], ...(said.calls && { tool_calls: said.calls }) },
    logprobs: body['logprobs'] === true ? LOGPROBS : null,
    finish_reason: said.calls ? 'tool_calls' : 'stop',
  }))
  const text = JSON.stringify({ ...identity, object: 'chat.completion', choices, usage: toUsage(call) })
  sent.set(call.prompt, text)
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text)
}

const LOGPROBS = {
  content: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105] }] }],
  refusal: null,
}

function toSaid({ body, prompt }: UpstreamCall): Said {
  const messages = body['messages'] as Message[]
  const last = messages.at(-1)
  if (prompt.includes('[refuse]')) return { content: null, refusal: 'I would rather not.' }
  if (last?.role === 'tool') return { content: `The tool says: ${textOf(last)}` }
  const tool = (body['tools'] as { function: { name: string } }[] | undefined)?.[0]
  if (tool) return { content: null, calls: [{ id: 'call_1', type: 'function', function: { name: tool.function.name, arguments: '{"city":"Oslo"}' } }] }
  if ((body['response_format'] as { type?: string } | undefined)?.type === 'json_schema') return { content: '{"answer":42}' }
  return { content: `You said: ${textOf(last)} – naïve ☂ 🜚` }
}

function textOf(message: Message | undefined): string {
  const content = message?.content ?? ''
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('')
}

/** Numbers that belong to one prompt alone. */
export function toUsage({ prompt }: Pick<UpstreamCall, 'prompt'>): Record<string, unknown> {
  const tokens = prompt.length
  return {
    prompt_tokens: tokens,
    completion_tokens: tokens + 1,
    total_tokens: 2 * tokens + 1,
    prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0, cache_write_tokens: 1 },
    completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  }
}

interface StreamPlan {
  identity: Record<string, unknown>
  count: number
  usage: Record<string, unknown>
  body: Record<string, unknown>
}

function toStream(said: Said, { identity, count, usage, body }: StreamPlan): string {
  const options = body['stream_options'] as { include_usage?: boolean; include_obfuscation?: boolean } | undefined
  const chunk = (choices: object[], more: object = {}): string =>
    `data: ${JSON.stringify({ ...identity, object: 'chat.completion.chunk', choices, ...(options?.include_usage && { usage: null }), ...(options?.include_obfuscation !== false && { obfuscation: 'x7Qp' }), ...more })}\n\n`
  const logprobs = body['logprobs'] === true ? LOGPROBS : null
  const each = (delta: object, finish: string | null = null): string =>
    Array.from({ length: count }, (_, index) => chunk([{ index, delta, logprobs: finish === null ? logprobs : null, finish_reason: finish }])).join('')
  const pieces = [each({ role: 'assistant', content: said.content === null ? null : '', refusal: null })]
  for (const word of said.content?.split(/(?<= )/) ?? []) pieces.push(each({ content: word }))
  for (const word of said.refusal?.split(/(?<= )/) ?? []) pieces.push(each({ refusal: word }))
  for (const [index, { function: called, ...call }] of said.calls?.entries() ?? []) {
    pieces.push(each({ tool_calls: [{ index, ...call, function: { name: called.name, arguments: '' } }] }))
    for (const part of called.arguments.match(/.{1,5}/gs) ?? []) pieces.push(each({ tool_calls: [{ index, function: { arguments: part } }] }))
  }
  pieces.push(each({}, said.calls ? 'tool_calls' : 'stop'))
  if (options?.include_usage) pieces.push(chunk([], { usage }))
  return `: a comment, as some providers send\n\n${pieces.join('')}data: [DONE]\n\n`
}

/** In pieces that end anywhere, in the middle of a line or of a letter too. */
function sendInPieces(response: ServerResponse, lines: string, prompt: string): void {
  const bytes = Buffer.from(lines)
  const end = prompt.includes('[cut]') ? bytes.indexOf('"content":"said') + 20 : bytes.length
  const size = 61
  let at = 0
  const next = (): void => {
    if (response.destroyed) return
    const piece = bytes.subarray(at, Math.min(at + size, end))
    at += size
    if (at >= end) return prompt.includes('[cut]') ? void response.write(piece, () => response.destroy()) : void response.end(piece)
    response.write(piece, () => setImmediate(next))
  }
  next()
}

function toEmbeddings(call: UpstreamCall): object {
  const input = [call.body['input']].flat() as string[]
  const isBase64 = call.body['encoding_format'] === 'base64'
  const embed = (text: string): number[] => [text.length / 128, 0.5, -0.25]
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: isBase64 ? Buffer.from(new Float32Array(embed(text)).buffer).toString('base64') : embed(text),
  }))
  return { object: 'list', data, model: WIRE_MODEL, usage: { prompt_tokens: 5, total_tokens: 5 } }
}

function sayTextCompletion(response: ServerResponse, { body }: UpstreamCall): void {
  const identity = { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000, model: WIRE_MODEL }
  const choice = (text: string, finish: string | null) => ({ index: 0, text, logprobs: null, finish_reason: finish })
  const text = `You wrote: ${String(body['prompt'])}`
  if (body['stream'] !== true)
    return sayJson(response, 200, { ...identity, choices: [choice(text, 'stop')], usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 } })
  const chunks = [choice(text, null), choice('', 'stop')].map((one) => `data: ${JSON.stringify({ ...identity, choices: [one] })}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${chunks.join('')}data: [DONE]\n\n`)
}
