import { toStrictSchema } from '@signalbox/llm'
import { expect, test } from 'vitest'

import { draftSchemaFor } from '../core/plan-draft.ts'

interface NodeSchema {
  properties: Record<string, { const?: string }>
  required: string[]
}

test('a draft can be asked for by strict structured output', () => {
  const kinds = nodeSchemas(1)
  expect(kinds.map(({ properties }) => properties['kind']?.const)).toEqual(['agent', 'map', 'vote', 'approval', 'plan'])
  for (const { properties, required } of kinds) expect(required).toEqual(Object.keys(properties))
  expect(JSON.stringify(kinds)).not.toMatch(/optional|additionalProperties":true|minLength|oneOf/)
})

test('the kinds of node differ in their first key, which strict mode demands of alternatives', () => {
  for (const { properties } of nodeSchemas(1)) expect(Object.keys(properties)[0]).toBe('kind')
})

test('where no plan may be nested, none can be drawn', () => {
  expect(nodeSchemas(0).map(({ properties }) => properties['kind']?.const)).toEqual(['agent', 'map', 'vote', 'approval'])
})

function nodeSchemas(levels: number): NodeSchema[] {
  const schema = toStrictSchema(draftSchemaFor(levels)) as { properties: { nodes: { items: { anyOf: NodeSchema[] } } } }
  return schema.properties.nodes.items.anyOf
}
