import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { messageText } from './chat-request.ts'
import { readChatRequest } from './read-chat-request.ts'

const messages = [{ role: 'user', content: 'hello' }]
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
  expect(error.message).toContain(param ?? 'The request body')
  expect(error.message.length).toBeLessThan(300)
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
