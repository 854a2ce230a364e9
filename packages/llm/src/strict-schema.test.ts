import { classifierVerdictSchema } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { toStrictSchema } from './strict-schema.ts'

describe('a strict schema', () => {
  test('closes every object and requires every property', () => {
    const schema = z.object({ list: z.array(z.object({ kind: z.enum(['a', 'b']) })).max(3), note: z.string().nullish() })
    expect(toStrictSchema(schema)).toEqual({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: { type: 'object', properties: { kind: { type: 'string', enum: ['a', 'b'] } }, required: ['kind'], additionalProperties: false },
        },
        note: { type: ['string', 'null'] },
      },
      required: ['list', 'note'],
      additionalProperties: false,
    })
  })

  test('keeps descriptions and leaves out bounds, which zod checks afterwards', () => {
    expect(toStrictSchema(z.object({ n: z.int().min(1).max(9).describe('a digit') }))).toMatchObject({
      properties: { n: { type: 'integer', description: 'a digit' } },
    })
    expect(JSON.stringify(toStrictSchema(classifierVerdictSchema))).not.toContain('maxLength')
  })

  test('speaks of what stands behind a preparation', () => {
    expect(toStrictSchema(z.object({ list: z.preprocess((value) => value, z.array(z.string())) }))).toMatchObject({
      properties: { list: { type: 'array', items: { type: 'string' } } },
    })
  })

  test.each([
    ['a property that may be missing but not null', z.object({ a: z.string().optional() }), /a may be missing but not null/],
    ['a record', z.object({ a: z.record(z.string(), z.string()) }), /a is a record/],
    ['an unknown', z.object({ a: z.unknown() }), /a allows anything/],
    ['a tuple', z.object({ a: z.tuple([z.string(), z.number()]) }), /a is a tuple/],
  ])('is not made of %s', (_name, schema, message) => {
    expect(() => toStrictSchema(schema)).toThrow(message)
  })
})
