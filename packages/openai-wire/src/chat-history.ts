import { AppError } from '@signalbox/errors'

import type { ChatMessage } from './chat-request.ts'

/**
 * Refuses a conversation that no model can go on with: what OpenAI refuses for its order, and not for its shape.
 *
 * 1. A tool's result answers a call of the assistant's message before it.
 * 2. Every call is answered before anybody else speaks. Arguments that were cut off are fine where the tool
 *    has said so: that is how agents mend them. Where nobody answered they are what is wrong.
 * 3. An assistant's message says something.
 *
 * @throws AppError invalid_request, with the place in `param`.
 */
export function requireSoundHistory(messages: readonly ChatMessage[]): void {
  let calls: Calls | undefined
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index] as ChatMessage
    if (message.role === 'tool') {
      if (calls?.asked.has(message.tool_call_id) !== true) throw answerWithoutCall(index)
      calls.open.delete(message.tool_call_id)
      continue
    }
    if (calls && calls.open.size > 0) throw callWithoutAnswer(calls)
    calls = undefined
    if (message.role !== 'assistant') continue
    if (message.tool_calls && message.tool_calls.length > 0) calls = toCalls(index, message.tool_calls)
    else if (isSilent(message)) throw silence(index)
  }
  if (calls && calls.open.size > 0) throw callWithoutAnswer(calls)
}

type AssistantMessage = ChatMessage & { role: 'assistant' }
type ToolCalls = NonNullable<AssistantMessage['tool_calls']>

/** The calls of one message, by their ids. */
interface Calls {
  index: number
  calls: ToolCalls
  asked: ReadonlySet<string>
  open: Set<string>
}

function toCalls(index: number, calls: ToolCalls): Calls {
  const ids = calls.map(({ id }) => id)
  return { index, calls, asked: new Set(ids), open: new Set(ids) }
}

/** Providers that think aloud have a reasoning of their own beside OpenAI's kinds of content. */
function isSilent({ content, refusal, audio, function_call: called, ...rest }: AssistantMessage): boolean {
  return (content ?? refusal ?? audio ?? called ?? rest['reasoning_content'] ?? rest['reasoning'] ?? rest['reasoning_details'] ?? null) === null
}

function answerWithoutCall(index: number): AppError {
  return refuse(
    `messages[${index}].role`,
    'invalid_value',
    `Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[${index}]).`,
  )
}

function callWithoutAnswer({ index, calls, open }: Calls): AppError {
  const cut = calls.findIndex((call) => open.has(call.id) && call.function !== undefined && !isArguments(call.function.arguments))
  const at = `messages[${index}].tool_calls`
  if (cut !== -1)
    return refuse(
      `${at}[${cut}].function.arguments`,
      'invalid_value',
      `Invalid '${at}[${cut}].function.arguments': not a JSON object, and no tool message answers the call.`,
    )
  const ids = [...open].slice(0, 3).map((id) => id.slice(0, 64))
  return refuse(
    at,
    'invalid_value',
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id' (${at}). Without response: ${ids.join(', ')}.`,
  )
}

function silence(index: number): AppError {
  const param = `messages[${index}].content`
  return refuse(param, 'invalid_type', `Invalid type for '${param}': expected a string, but got null instead.`)
}

/** A call without arguments comes as nothing at all from some models. */
function isArguments(text: string): boolean {
  if (text === '') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function refuse(param: string, code: string, message: string): AppError {
  return new AppError('invalid_request', message, { param, details: { code } })
}
