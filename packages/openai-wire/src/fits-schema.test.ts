import fc from 'fast-check'
import { expect, test } from 'vitest'

import { chatRequestSchema } from './chat-request.ts'
import { fitsSchema } from './fits-schema.ts'
import { completionRequestSchema, embeddingRequestSchema } from './plain-requests.ts'

const SCHEMAS = { chat: chatRequestSchema, completion: completionRequestSchema, embedding: embeddingRequestSchema }

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

test.each(Object.entries(SCHEMAS))('a %s request fits where its schema takes it, which then changes nothing of it', (_name, schema) => {
  fc.assert(
    fc.property(requests(), (request) => {
      const parsed = schema.safeParse(request)
      expect(fitsSchema(request, schema)).toBe(parsed.success)
      if (parsed.success) expect(parsed.data).toEqual(request)
    }),
    { seed: 20_261_121, numRuns: 1_000 },
  )
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
