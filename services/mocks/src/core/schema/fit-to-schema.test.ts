import { describe, expect, test } from 'vitest'

import { fitToSchema, type JsonSchema } from './fit-to-schema.ts'

const node: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    when: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    needs: { type: 'array', items: { type: 'string' } },
    kind: { const: 'agent' },
  },
  required: ['id', 'when', 'needs', 'kind'],
  additionalProperties: false,
}

describe('a value that is there', () => {
  test('loses the keys that the schema does not declare', () => {
    expect(fitToSchema({ id: 'a', when: 'x', needs: ['b'], kind: 'agent', mood: 'good' }, node)).toEqual({ id: 'a', when: 'x', needs: ['b'], kind: 'agent' })
  })

  test('is replaced where it is of a wrong type', () => {
    expect(fitToSchema({ id: 7, when: 7, needs: 'b' }, node)).toEqual({ id: '', when: '', needs: [], kind: 'agent' })
  })

  test('keeps free keys where the schema leaves them free', () => {
    expect(fitToSchema({ a: 1 }, { type: 'object' })).toEqual({ a: 1 })
    expect(fitToSchema({ a: 1, b: 'x' }, { type: 'object', additionalProperties: { type: 'number' } })).toEqual({ a: 1, b: 0 })
  })

  test('is left alone by a schema that says nothing', () => {
    expect(fitToSchema({ a: 1 }, true)).toEqual({ a: 1 })
    expect(fitToSchema([1], {})).toEqual([1])
  })
})

test('an object goes to the branch that has its kind', () => {
  const branch = (kind: string, own: string): JsonSchema => ({
    type: 'object',
    properties: { kind: { const: kind }, [own]: { type: 'string' } },
    required: ['kind', own],
  })
  const schema: JsonSchema = { anyOf: [branch('a', 'one'), branch('b', 'two')] }
  expect(fitToSchema({ kind: 'b', one: 'x', two: 'y' }, schema)).toEqual({ kind: 'b', two: 'y' })
  expect(fitToSchema({ kind: 'c', one: 'x' }, schema)).toEqual({ kind: 'a', one: 'x' })
})

describe('what is missing', () => {
  test('is null where it may be, and the emptiest value where not', () => {
    expect(fitToSchema(undefined, node)).toEqual({ id: '', when: null, needs: [], kind: 'agent' })
  })

  test.each<[JsonSchema, unknown]>([
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: 'string', minLength: 2 }, '--'],
    [{ type: 'array', minItems: 2, items: { type: 'boolean' } }, [false, false]],
    [{ enum: ['good', 'bad'] }, 'good'],
    [{ type: ['string', 'null'] }, null],
    [{ type: 'string', default: 'x' }, 'x'],
    [{ oneOf: [{ type: 'number' }, { type: 'string' }] }, 0],
  ])('fits %j', (schema, value) => {
    expect(fitToSchema(undefined, schema)).toEqual(value)
  })
})

test('references are followed, and endless ones end', () => {
  const schema: JsonSchema = { $ref: '#/$defs/tree', $defs: { tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' } }, required: ['left'] } } }
  expect(JSON.stringify(fitToSchema(undefined, schema)).length).toBeLessThan(2_000)
  expect(fitToSchema({ name: 'x' }, { $ref: '#/$defs/a', $defs: { a: { type: 'object', properties: { name: { type: 'string' } } } } })).toEqual({ name: 'x' })
  expect(fitToSchema('x', { $ref: '#' })).toBe('x')
})
