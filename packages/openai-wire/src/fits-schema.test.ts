import fc from 'fast-check'
import { expect, test } from 'vitest'

import { chatRequestSchema } from './chat-request.ts'
import { fitsSchema } from './fits-schema.ts'
import { completionRequestSchema, embeddingRequestSchema } from './plain-requests.ts'
import { responsesRequestSchema } from './responses/responses-request.ts'

const SCHEMAS = { chat: chatRequestSchema, responses: responsesRequestSchema, completion: completionRequestSchema, embedding: embeddingRequestSchema }

/** Requests that are right, or wrong in one field or two. */
function requests() {
  const names = [...new Set(Object.values(SCHEMAS).flatMap(({ shape }) => Object.keys(shape))), 'extra']
  const value = fc.oneof(fc.boolean(), fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 }), fc.string(), fc.constant(null), fc.array(fc.string()))
  const content = fc.oneof(
    fc.string(),
    fc.constant(null),
    fc.constant([]),
    fc.array(fc.constantFrom({ type: 'text', text: 'x' }, { type: 'text' }, { type: 'new' }, 5)),
  )
  const message = fc.record(
    {
      role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function', 'boss', 7),
      content,
      name: fc.oneof(fc.string(), fc.constant(null), fc.constant(7)),
      tool_call_id: fc.constantFrom('call_1', 7),
      tool_calls: fc.constantFrom(
        null,
        [],
        [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        [{ id: 'call_1', type: 'function' }],
        [7],
      ),
    },
    { requiredKeys: [] },
  )
  const messages = fc.oneof({ weight: 3, arbitrary: fc.array(message, { maxLength: 3 }) }, value)
  const base = { model: 'm', messages: [{ role: 'user', content: 'hi' }], prompt: 'hi', input: 'hi' }
  const given = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 })
  return fc
    .tuple(given, fc.option(messages))
    .map(([fields, said]): Record<string, unknown> => ({ ...base, ...fields, ...(said !== null && { messages: said }) }))
}

test.each(Object.entries(SCHEMAS))('a %s request that fits is taken by its schema, which then changes nothing of it', (_name, schema) => {
  let fitted = 0
  fc.assert(
    fc.property(requests(), (request) => {
      if (!fitsSchema(request, schema)) return
      fitted++
      expect(schema.parse(request)).toEqual(request)
    }),
    { seed: 20_261_121, numRuns: 2_000 },
  )
  expect(fitted).toBeGreaterThan(0)
})

test('what nearly everybody sends fits', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'hello', name: null },
    { role: 'user', content: 'more' },
  ]
  expect(
    fitsSchema({ model: 'm', messages, stream: true, temperature: 0.7, max_tokens: 100, seed: 7, user: 'u', new_field: { a: 1 } }, chatRequestSchema),
  ).toBe(true)
})

test('what its schema leaves out of a request, or only it can judge, is left to it', () => {
  const tool = { type: 'function', function: { name: 'f' } }
  const request = (more: object) => ({ model: 'm', input: 'hi', messages: [{ role: 'user', content: 'hi' }], ...more })
  const hidden = JSON.parse('{"a":"b","__proto__":{"x":[1,2,3]}}') as unknown
  expect(fitsSchema(request({ metadata: hidden }), chatRequestSchema)).toBe(false)
  expect(fitsSchema(request({ metadata: hidden }), responsesRequestSchema)).toBe(false)
  expect(fitsSchema(request({ messages: [{ role: 'user', content: 'hi', ...(JSON.parse('{"__proto__":1}') as object) }] }), chatRequestSchema)).toBe(false)
  expect(fitsSchema(request({ tools: [tool] }), chatRequestSchema)).toBe(false)
  expect(chatRequestSchema.safeParse(request({ tools: [tool], metadata: hidden })).success).toBe(true)
})

test('what must be there and is not does not fit', () => {
  expect(fitsSchema({ model: 'm' }, chatRequestSchema)).toBe(false)
  expect(fitsSchema({ messages: [{ role: 'user', content: 'hi' }] }, chatRequestSchema)).toBe(false)
  for (const value of [null, undefined, 'text', 7, []]) expect(fitsSchema(value, chatRequestSchema)).toBe(false)
})

test('a field by the name of an object’s own parts is left to the schema itself', () => {
  const request = JSON.parse('{"model":"m","messages":[{"role":"user","content":"hi"}],"__proto__":{"stream":7}}') as unknown
  expect(fitsSchema(request, chatRequestSchema)).toBe(false)
  expect(fitsSchema({ model: 'm', messages: [{ role: 'user', content: 'hi' }], constructor: 1, toString: 2 }, chatRequestSchema)).toBe(true)
})
