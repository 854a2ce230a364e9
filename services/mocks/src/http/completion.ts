import type { CompletionIdentity, CompletionUsage, FinishReason } from '@signalbox/openai-wire'

import { CHARACTERS_PER_TOKEN, countPromptTokens, countTokens } from '../core/text/count-tokens.ts'
import type { Prompt, Reply } from '../core/prompt.ts'
import type { ScriptedChatRequest } from './requests.ts'

/** A reply on its way out: cut to what the request allows, and counted. */
export interface Completion {
  identity: CompletionIdentity
  reply: Reply
  /** Undefined after the fault `no-finish`. */
  finishReason: FinishReason | undefined
  usage: CompletionUsage
}

export function toCompletionOf(options: { request: ScriptedChatRequest; prompt: Prompt; reply: Reply; identity: CompletionIdentity }): Completion {
  const { reply, cutShort } = applyLimits(options.reply, options.request)
  const prompt_tokens = countPromptTokens(options.prompt.messages)
  const completion_tokens = countTokens(reply.type === 'text' ? reply.text : reply.name + reply.arguments)
  return {
    identity: options.identity,
    reply,
    finishReason: cutShort ? 'length' : reply.type === 'call' ? 'tool_calls' : 'stop',
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  }
}

/** `stop` ends a text before the first of its words; `max_tokens` ends it as counted. */
function applyLimits(reply: Reply, request: ScriptedChatRequest): { reply: Reply; cutShort: boolean } {
  if (reply.type === 'call') return { reply, cutShort: false }
  const stops = [request.stop ?? []].flat().filter((stop) => stop !== '')
  const ends = stops.map((stop) => reply.text.indexOf(stop)).filter((index) => index >= 0)
  const text = reply.text.slice(0, Math.min(reply.text.length, ...ends))
  const limit = (request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY) * CHARACTERS_PER_TOKEN
  return text.length <= limit ? { reply: { type: 'text', text }, cutShort: false } : { reply: { type: 'text', text: text.slice(0, limit) }, cutShort: true }
}
