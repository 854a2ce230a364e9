import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { messageText } from './chat-request.ts'
import { toOpenAIError } from './errors.ts'
import { readChatRequest } from './read-chat-request.ts'

const messages = [{ role: 'user', content: 'hello' }]
/** All of the document's but `model` and `messages`. */
const OPTIONAL =
  'audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options'.split(
    ' ',
  )
const good = { model: 'm', messages }

test.each<[string, string | Buffer, { code?: string; param: string | undefined }]>([
  ['nothing', '', { code: 'invalid_json', param: undefined }],
  ['half an object', '{"model":', { code: 'invalid_json', param: undefined }],
  ['two values', '{} {}', { code: 'invalid_json', param: undefined }],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), { code: 'invalid_json', param: undefined }],
  ['null', 'null', { param: undefined }],
  ['an array', '[]', { param: undefined }],
  ['a number', '7', { param: undefined }],
  ['no model', json({ messages }), { param: 'model' }],
  ['a model that is a number', json({ ...good, model: 5 }), { param: 'model' }],
  ['an empty model', json({ ...good, model: '' }), { param: 'model' }],
  ['a model of a million characters', json({ ...good, model: 'x'.repeat(1_000_000) }), { param: 'model' }],
  ['no messages', json({ model: 'm' }), { param: 'messages' }],
  ['empty messages', json({ ...good, messages: [] }), { param: 'messages' }],
  ['messages that only look like an array', json({ ...good, messages: { length: 1e9 } }), { param: 'messages' }],
  ['too many messages', json({ ...good, messages: Array.from({ length: 20_000 }, () => messages[0]) }), { param: 'messages' }],
  [
    'more members than any conversation has',
    json({ ...good, ...Object.fromEntries(Array.from({ length: 150_001 }, (_, index) => [`k${index}`, 0])) }),
    { param: undefined },
  ],
  ['a message that is a number', json({ ...good, messages: [5] }), { param: 'messages[0]' }],
  ['an unknown role', json({ ...good, messages: [{ role: 'boss', content: 'x' }] }), { param: 'messages[0].role' }],
  ['a user message without content', json({ ...good, messages: [{ role: 'user' }] }), { param: 'messages[0].content' }],
  ['content that is a number', json({ ...good, messages: [...messages, { role: 'user', content: 5 }] }), { param: 'messages[1].content' }],
  ['no content parts', json({ ...good, messages: [{ role: 'user', content: [] }] }), { param: 'messages[0].content' }],
  ['a content part that is a number', json({ ...good, messages: [{ role: 'user', content: [5] }] }), { param: 'messages[0].content[0]' }],
  ['a text part without text', json({ ...good, messages: [{ role: 'user', content: [{ type: 'text' }] }] }), { param: 'messages[0].content[0].text' }],
  ['a tool result without its call', json({ ...good, messages: [{ role: 'tool', content: 'x' }] }), { param: 'messages[0].tool_call_id' }],
  ['a temperature in words', json({ ...good, temperature: 'hot' }), { param: 'temperature' }],
  ['a temperature out of range', json({ ...good, temperature: 2.1 }), { param: 'temperature' }],
  ['an infinite temperature', '{"model":"m","messages":[{"role":"user","content":"a"}],"temperature":1e999}', { param: 'temperature' }],
  ['an enormous n', json({ ...good, n: 1e308 }), { param: 'n' }],
  ['a fraction of n', json({ ...good, n: 1.5 }), { param: 'n' }],
  ['negative max_tokens', json({ ...good, max_tokens: -1 }), { param: 'max_tokens' }],
  ['a stream that is a word', json({ ...good, stream: 'yes' }), { param: 'stream' }],
  ['stream options that are a number', json({ ...good, stream_options: 5 }), { param: 'stream_options' }],
  ['ten thousand tools', json({ ...good, tools: Array.from({ length: 10_000 }, () => ({ type: 'function' })) }), { param: 'tools' }],
  ['a tool without a type', json({ ...good, tools: [{}] }), { param: 'tools[0].type' }],
  ['metadata that is not text', json({ ...good, metadata: { a: 1 } }), { param: 'metadata.a' }],
  ['messages nested 10,000 deep', `{"model":"m","messages":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, { param: 'messages' }],
  ['a body nested 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, { param: 'a' }],
])('%s is refused, and what is wrong is named', (_name, body, { code = 'invalid_request', param }) => {
  const error = refusal(body)
  expect({ code: error.code, param: error.param }).toEqual({ code, param })
  expect(error.message).toContain(param ?? 'request body')
  expect(error.message.length).toBeLessThan(300)
})

const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const saying = (...said: object[]) => ({ ...good, messages: said })

test.each<[string, object, { code: string; param: string; message: string }]>([
  [
    'a value of another type',
    { ...good, temperature: 'hot' },
    { code: 'invalid_type', param: 'temperature', message: "Invalid type for 'temperature': expected a decimal, but got a string instead." },
  ],
  [
    'a fraction for a whole number',
    { ...good, n: 1.5 },
    { code: 'invalid_type', param: 'n', message: "Invalid type for 'n': expected an integer, but got a decimal instead." },
  ],
  [
    'a whole number that is too large',
    { ...good, n: 129 },
    { code: 'integer_above_max_value', param: 'n', message: "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead." },
  ],
  [
    'one that is too small',
    { ...good, max_completion_tokens: 0 },
    {
      code: 'integer_below_min_value',
      param: 'max_completion_tokens',
      message: "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    },
  ],
  [
    'a decimal out of range',
    { ...good, top_p: 1.5 },
    { code: 'decimal_above_max_value', param: 'top_p', message: "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 1.5 instead." },
  ],
  [
    'what must be there and is not',
    { model: 'm' },
    { code: 'missing_required_parameter', param: 'messages', message: "Missing required parameter: 'messages'." },
  ],
  [
    'nobody saying anything',
    saying(),
    {
      code: 'empty_array',
      param: 'messages',
      message: "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    },
  ],
  [
    'a role that nobody plays',
    saying({ role: 'boss', content: 'x' }),
    {
      code: 'invalid_value',
      param: 'messages[0].role',
      message: "Invalid value 'boss' for 'messages[0].role'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool', 'function'.",
    },
  ],
  [
    'content of another kind',
    saying({ role: 'user', content: 5 }),
    {
      code: 'invalid_type',
      param: 'messages[0].content',
      message: "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
    },
  ],
  [
    'a list that is too long',
    { ...good, stop: Array.from({ length: 17 }, String) },
    {
      code: 'array_above_max_length',
      param: 'stop',
      message: "Invalid 'stop': array too long. Expected an array with maximum length 16, but got an array with length 17 instead.",
    },
  ],
  [
    'a text that is too long',
    { ...good, metadata: { a: 'x'.repeat(513) } },
    {
      code: 'string_above_max_length',
      param: 'metadata.a',
      message: "Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    },
  ],
  [
    'more than 16 pairs of metadata',
    { ...good, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) },
    {
      code: 'object_above_max_properties',
      param: 'metadata',
      message: "Invalid 'metadata': too many properties. Expected an object with at most 16 properties.",
    },
  ],
  [
    'a function without its name',
    { ...good, tools: [{ type: 'function', function: {} }] },
    { code: 'missing_required_parameter', param: 'tools[0].function.name', message: "Missing required parameter: 'tools[0].function.name'." },
  ],
  [
    'a function tool without a function',
    { ...good, tools: [{ type: 'function' }] },
    { code: 'missing_required_parameter', param: 'tools[0].function', message: "Missing required parameter: 'tools[0].function'." },
  ],
  [
    'a schema that is none',
    { ...good, response_format: { type: 'json_schema', json_schema: { name: 'n', schema: 'x' } } },
    {
      code: 'invalid_type',
      param: 'response_format.json_schema.schema',
      message: "Invalid type for 'response_format.json_schema.schema': expected an object, but got a string instead.",
    },
  ],
  [
    'a choice of tools that is a number',
    { ...good, tool_choice: 5 },
    { code: 'invalid_type', param: 'tool_choice', message: "Invalid type for 'tool_choice': expected one of a string or object, but got an integer instead." },
  ],
  [
    'a picture without its URL',
    saying({ role: 'user', content: [{ type: 'image_url', image_url: {} }] }),
    {
      code: 'missing_required_parameter',
      param: 'messages[0].content[0].image_url.url',
      message: "Missing required parameter: 'messages[0].content[0].image_url.url'.",
    },
  ],
  [
    'a seed with a fraction',
    { ...good, seed: 0.5 },
    { code: 'invalid_type', param: 'seed', message: "Invalid type for 'seed': expected an integer, but got a decimal instead." },
  ],
  [
    'a tool’s result that nobody asked for',
    saying(...messages, { role: 'tool', tool_call_id: 'c', content: 'x' }),
    {
      code: 'invalid_value',
      param: 'messages[1].role',
      message: "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[1]).",
    },
  ],
  [
    'a tool’s result for another call',
    saying(...messages, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'd', content: 'x' }),
    {
      code: 'invalid_value',
      param: 'messages[2].role',
      message: "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' (messages[2]).",
    },
  ],
  [
    'a call that nobody answered',
    saying(...messages, { role: 'assistant', tool_calls: [call] }, ...messages),
    {
      code: 'invalid_value',
      param: 'messages[1].tool_calls',
      message:
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id' (messages[1].tool_calls). Without response: c.",
    },
  ],
  [
    'a call that was cut off, and that nobody answered',
    saying(...messages, { role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: '{"' } }] }),
    {
      code: 'invalid_value',
      param: 'messages[1].tool_calls[0].function.arguments',
      message: "Invalid 'messages[1].tool_calls[0].function.arguments': not a JSON object, and no tool message answers the call.",
    },
  ],
  [
    'an assistant that said nothing at all',
    saying(...messages, { role: 'assistant', content: null }, ...messages),
    { code: 'invalid_type', param: 'messages[1].content', message: "Invalid type for 'messages[1].content': expected a string, but got null instead." },
  ],
])('%s is told in OpenAI’s words', (_name, body, expected) => {
  const { status, body: rendered } = toOpenAIError(refusal(json(body)))
  expect({ status, error: rendered.error }).toEqual({ status: 400, error: { ...expected, type: 'invalid_request_error' } })
})

test('what comes back never repeats the body', () => {
  expect(refusal('{"model": secret-in-the-body }').message).not.toContain('secret')
})

test.each<[string, unknown]>([
  ['nulls where a value is left to the model', { ...good, stop: null, max_tokens: null, temperature: null, tools: null, stream: null }],
  [
    'an assistant that only called tools',
    {
      ...good,
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
    },
  ],
  [
    'a developer, and content in parts',
    {
      ...good,
      messages: [
        { role: 'developer', content: 'x' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'data:' } },
          ],
        },
      ],
    },
  ],
  ['kinds of content that only some providers know', { ...good, messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'x' } }] }] }],
  ['fields that nobody has heard of', { ...good, top_k: 4, provider: { order: ['a'] } }],
  ['nulls for every parameter that may be left out', { ...good, ...Object.fromEntries(OPTIONAL.map((name) => [name, null])) }],
  [
    'every parameter at once',
    {
      ...good,
      audio: { voice: { id: 'voice_1' }, format: 'wav' },
      frequency_penalty: -2,
      function_call: { name: 'f' },
      functions: [{ name: 'f', parameters: {} }],
      logit_bias: { 50256: -100 },
      logprobs: true,
      max_completion_tokens: 5,
      metadata: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v'.repeat(512)])),
      modalities: ['text', 'audio'],
      moderation: { model: 'omni-moderation-latest', policy: null },
      n: 128,
      parallel_tool_calls: false,
      prediction: { type: 'content', content: [{ type: 'text', text: 'x' }] },
      presence_penalty: 2,
      prompt_cache_key: 'k',
      prompt_cache_options: { mode: 'explicit', ttl: '30m' },
      prompt_cache_retention: '24h',
      reasoning_effort: 'xhigh',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      safety_identifier: 's',
      seed: -9223372036854775808,
      service_tier: 'flex',
      stop: ['a', 'b', 'c', 'd'],
      store: false,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      temperature: 0,
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] } },
      tools: [
        { type: 'function', function: { name: 'f', strict: null } },
        { type: 'custom', custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } } },
      ],
      top_logprobs: 20,
      top_p: 1,
      user: 'u',
      verbosity: 'low',
      web_search_options: { search_context_size: 'low', user_location: null },
    },
  ],
  ['tools that only some providers know', { ...good, tools: [{ type: 'web_search_20260101' }], tool_choice: 'any', reasoning_effort: 'ultra' }],
  ['a named custom tool', { ...good, tool_choice: { type: 'custom', custom: { name: 'g' } } }],
  [
    'assistants that refused, spoke, called a function, or only thought',
    saying(
      ...messages,
      { role: 'assistant', refusal: 'no' },
      { role: 'assistant', content: null, audio: { id: 'a' } },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } },
      { role: 'function', name: 'f', content: null },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }], name: 'b' },
      { role: 'assistant', content: null, reasoning_content: 'Hm.' },
      { role: 'assistant', content: '' },
      { role: 'user', content: '', name: 'ann' },
    ),
  ],
  [
    'pictures, sound and files',
    saying({
      role: 'user',
      content: [
        { type: 'text', text: '', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'image_url', image_url: { url: 'https://x', detail: 'original' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        { type: 'file', file: { file_id: 'f', filename: null } },
      ],
    }),
  ],
  [
    'several calls, answered in another order, and ids that come again',
    saying(
      ...messages,
      { role: 'assistant', content: '', tool_calls: [call, { id: 'd', type: 'custom', custom: { name: 'g', input: 'x' } }] },
      { role: 'tool', tool_call_id: 'd', content: [{ type: 'text', text: 'x' }] },
      { role: 'tool', tool_call_id: 'c', content: '' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'again' },
    ),
  ],
  ['an assistant with an empty list of calls', saying(...messages, { role: 'assistant', content: 'x', tool_calls: [] })],
  ['a lone surrogate and a NUL', { ...good, messages: [{ role: 'user', content: '\ud800 \u0000' }] }],
])('%s: accepted', (_name, body) => {
  expect(readChatRequest(Buffer.from(json(body))).request.model).toBe('m')
})

test('a byte order mark is taken off, also from what goes upstream', () => {
  const read = readChatRequest(Buffer.from(`\ufeff${json(good)}`))
  expect(read.bytes.toString()).toBe(json(good))
})

test('a `__proto__` in the body reaches no prototype', () => {
  const read = readChatRequest(
    Buffer.from('{"__proto__":{"polluted":true},"model":"m","messages":[{"role":"user","content":"a","__proto__":{"role":"system"}}]}'),
  )
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(read.request.messages[0]?.role).toBe('user')
})

test('another model’s name goes in without touching another byte', () => {
  const body = `{"model" : "signalbox-auto", "messages": [{"role": "user", "content": "the \\"model\\": \\u00fc"}], "x": 1.0e2}`
  expect(readChatRequest(Buffer.from(body)).withModel('gpt-"4"').toString()).toBe(body.replace('"signalbox-auto"', '"gpt-\\"4\\""'))
})

test('any bytes either are a request or are refused in our words', () => {
  const almost = fc.record(
    {
      model: fc.anything(),
      messages: fc.oneof(fc.anything(), fc.array(fc.record({ role: fc.constantFrom('user', 'assistant', 'x'), content: fc.anything() }))),
      n: fc.anything(),
      stop: fc.anything(),
    },
    { requiredKeys: [] },
  )
  const body = fc.oneof(
    almost.map((value) => Buffer.from(json(value) ?? '')),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(body, (bytes) => {
      try {
        for (const message of readChatRequest(bytes).request.messages) expect(typeof messageText(message)).toBe('string')
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect(['invalid_json', 'invalid_request']).toContain((error as AppError).code)
      }
    }),
    { numRuns: 500 },
  )
})

function refusal(body: string | Buffer): AppError {
  try {
    readChatRequest(Buffer.from(body as string))
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was accepted')
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}
