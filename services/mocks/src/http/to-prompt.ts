import { AppError } from '@signalbox/errors'
import { messageText } from '@signalbox/openai-wire'

import type { Prompt } from '../core/prompt.ts'
import type { ScriptedChatRequest } from './requests.ts'

/** OpenAI's request as the scripted model reads it. */
export function toPrompt(request: ScriptedChatRequest): Prompt {
  const call = toCall(request)
  return {
    messages: request.messages.map((message) => ({
      role: message.role,
      text: messageText(message),
    })),
    form: toForm(request.response_format),
    ...(call && { call }),
  }
}

function toForm(format: ScriptedChatRequest['response_format']): Prompt['form'] {
  if (format?.type !== 'json_schema') return { type: format?.type ?? 'text' }
  return {
    type: 'json_schema',
    name: format.json_schema.name,
    schema: format.json_schema.schema ?? true,
  }
}

/**
 * The scripted model calls a function only when it must: when `tool_choice` names one, or says
 * `required` (then the first). Left to itself it answers in words.
 */
function toCall({ tools, tool_choice }: ScriptedChatRequest): Prompt['call'] {
  if (!tool_choice || tool_choice === 'none' || tool_choice === 'auto') return undefined
  const chosen = tool_choice === 'required' ? tools?.[0] : tools?.find((tool) => tool.function.name === tool_choice.function.name)
  if (!chosen) throw new AppError('invalid_request', 'tool_choice asks for a function that is not among the tools.', { param: 'tool_choice' })
  return {
    name: chosen.function.name,
    parameters: chosen.function.parameters ?? { type: 'object' },
  }
}
