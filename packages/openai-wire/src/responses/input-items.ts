import { toItemType, type InputItem, type ResponsesRequest } from './responses-request.ts'

/** An item of a conversation: what a caller put in, or what a response put out. */
export type ConversationItem = { type: string; id: string } & Record<string, unknown>

/** The prefixes of OpenAI's ids, by what an item is. */
const PREFIXES: Record<string, string> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  mcp_approval_response: 'mcpa',
}

/**
 * A request's input as items in their full form, each with an id: those that came without one get one of the response's
 * own, so that it says where it stands. References stay what they are.
 */
export function toInputItems({ input }: Pick<ResponsesRequest, 'input'>, responseId: string): ConversationItem[] {
  const items: readonly InputItem[] = typeof input === 'string' ? (input === '' ? [] : [{ type: 'message', role: 'user', content: input }]) : (input ?? [])
  const suffix = responseId.slice(responseId.indexOf('_') + 1)
  return items.map((item, index) => {
    const type = toItemType(item)
    const id = typeof item['id'] === 'string' && item['id'] !== '' ? item['id'] : `${PREFIXES[type] ?? 'item'}_${suffix}i${index}`
    const full = { ...item, type, id }
    if (type === 'message') return toFullMessage(full)
    return type === 'function_call' || type === 'function_call_output' ? { status: 'completed', ...full } : full
  })
}

/** The response in which an item of ours was made or taken, by the item's id. Undefined for an id that is not ours. */
export function readItemHome(itemId: string): string | undefined {
  const suffix = /^[a-z]{2,5}_([0-9a-f]{48})(?:\d{2,4}|i\d{1,5})$/.exec(itemId)?.[1]
  return suffix === undefined ? undefined : `resp_${suffix}`
}

function toFullMessage(message: ConversationItem): ConversationItem {
  const { content, role } = message
  const isOutput = role === 'assistant'
  const parts = typeof content === 'string' ? [{ type: isOutput ? 'output_text' : 'input_text', text: content }] : (content as Record<string, unknown>[])
  return { status: 'completed', ...message, content: parts.map((part) => toFullPart(part, isOutput)) }
}

/** With every key that OpenAI's document asks for. */
function toFullPart(part: Record<string, unknown>, isOutput: boolean): Record<string, unknown> {
  switch (part['type']) {
    case 'text':
      return toFullPart({ ...part, type: isOutput ? 'output_text' : 'input_text' }, isOutput)
    case 'output_text':
      return { annotations: [], logprobs: [], ...part }
    case 'input_image':
      return { ...part, detail: part['detail'] ?? 'auto' }
    default:
      return part
  }
}
