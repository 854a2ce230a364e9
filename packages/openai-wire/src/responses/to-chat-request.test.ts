import type { AppError } from '@signalbox/errors'
import { describe, expect, test } from 'vitest'

import { toInputItems } from './input-items.ts'
import { responsesRequestSchema, type ResponsesRequest } from './responses-request.ts'
import { toChatOutline, toChatRequest } from './to-chat-request.ts'

const ID = `resp_${'b'.repeat(48)}`
const read = (more: object): ResponsesRequest => responsesRequestSchema.parse({ model: 'm', input: 'x', ...more })
const chatOf = (more: object, isOpenAI = false) => {
  const request = read(more)
  return toChatRequest(request, toInputItems(request, ID), { isOpenAI })
}
const messagesOf = (input: unknown, isOpenAI = false) => chatOf({ input }, isOpenAI).messages

describe('what is said', () => {
  test.each<[string, unknown, unknown]>([
    ['text', 'hi', [{ role: 'user', content: 'hi' }]],
    ['an easy message', [{ role: 'user', content: 'hi' }], [{ role: 'user', content: 'hi' }]],
    ['a full message', [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }], [{ role: 'user', content: 'hi' }]],
    [
      'parts of text, which are one text',
      [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_text', text: 'b' },
          ],
        },
      ],
      [{ role: 'user', content: 'ab' }],
    ],
    ['what the assistant refused', [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }], [{ role: 'assistant', content: 'no' }]],
    ['a developer’s message', [{ role: 'developer', content: 'be' }], [{ role: 'system', content: 'be' }]],
    [
      'a file',
      [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:x', filename: 'f' }] }],
      [{ role: 'user', content: [{ type: 'file', file: { file_data: 'data:x', filename: 'f' } }] }],
    ],
    [
      'words and the calls after them, which are one message',
      [
        { role: 'assistant', content: 'Looking.' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'custom_tool_call', call_id: 'd', name: 'g', input: 'x' },
      ],
      [
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [
            { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'd', type: 'custom', custom: { name: 'g', input: 'x' } },
          ],
        },
      ],
    ],
    [
      'thoughts that no call followed, which are the model’s own',
      [
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] },
        { role: 'user', content: 'hi' },
      ],
      [{ role: 'user', content: 'hi' }],
    ],
    [
      'what only people are asked',
      [
        { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
        { role: 'user', content: 'hi' },
      ],
      [{ role: 'user', content: 'hi' }],
    ],
  ])('%s', (_what, input, messages) => {
    expect(messagesOf(input)).toEqual(messages)
  })

  test('OpenAI keeps its words', () => {
    expect(chatOf({ instructions: 'be', max_output_tokens: 20, input: [{ role: 'developer', content: 'x' }] }, true)).toMatchObject({
      max_completion_tokens: 20,
      messages: [
        { role: 'developer', content: 'be' },
        { role: 'developer', content: 'x' },
      ],
    })
  })
})

describe('what is wished', () => {
  test.each<[object, object]>([
    [
      { temperature: 0, top_p: 0.5, parallel_tool_calls: false },
      { temperature: 0, top_p: 0.5, parallel_tool_calls: false },
    ],
    [
      { reasoning: { effort: 'low' }, text: { verbosity: 'high' } },
      { reasoning_effort: 'low', verbosity: 'high' },
    ],
    [{ top_logprobs: 3 }, { logprobs: true, top_logprobs: 3 }],
    [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      { service_tier: 'flex', user: 'u', prompt_cache_key: 'k', seed: 5 },
      { service_tier: 'flex', user: 'u', prompt_cache_key: 'k', seed: 5 },
    ],
    [
      { tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'function', name: 'f' } },
      { tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    [
      { tools: [{ type: 'custom', name: 'g', format: { type: 'grammar', syntax: 'lark', definition: 'd' } }], tool_choice: 'required' },
      {
        tools: [{ type: 'custom', custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd' } } } }],
        tool_choice: 'required',
      },
    ],
  ])('%j', (given, wished) => {
    expect(chatOf(given)).toMatchObject(wished)
  })

  test('nothing is added that nobody asked for', () => {
    expect(chatOf({ store: true, metadata: { a: 'b' }, include: [], truncation: 'auto', background: false })).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
    })
  })

  test.each<[object, string]>([
    [{ tools: [{ type: 'file_search' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'mcp' } }, 'tool_choice'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }, 'input[0].content[0]'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'x' }] }] }, 'input[0].output[0]'],
    [{ input: [{ type: 'computer_call_output', call_id: 'c', output: {} }] }, 'input[0].type'],
    [{ prompt: { id: 'p' } }, 'prompt'],
  ])('%j is refused by its place', (given, param) => {
    const refused = catchOf(() => chatOf(given))
    expect(refused).toMatchObject({ code: 'invalid_request', param })
    // Its way is found all the same.
    const request = read(given)
    expect(() => toChatOutline(request, toInputItems(request, ID))).not.toThrow()
  })
})

function catchOf(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    return error as AppError
  }
  throw new Error('nothing was refused')
}
