import { toCompletion } from '@signalbox/openai-wire'

import type { Completion } from './completion.ts'

/** The whole answer in one body. */
export function renderCompletion({ identity, reply, finishReason, usage }: Completion): Record<string, unknown> {
  const whole = toCompletion(identity, reply.type === 'text' ? reply.text : '', { usage })
  const [choice] = whole.choices
  const message =
    reply.type === 'text'
      ? choice?.message
      : {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [renderCall(identity.id, reply)],
        }
  return { ...whole, choices: [{ ...choice, message, finish_reason: finishReason ?? null }] }
}

export function renderCall(completionId: string, reply: { name: string; arguments: string }): Record<string, unknown> {
  return {
    id: completionId.replace('chatcmpl-', 'call_'),
    type: 'function',
    function: { name: reply.name, arguments: reply.arguments },
  }
}
