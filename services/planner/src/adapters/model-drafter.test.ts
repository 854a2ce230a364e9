import { toStrictSchema } from '@signalbox/llm'
import { expect, test } from 'vitest'

import { planDraftSchema } from '../core/plan-draft.ts'

test('a draft can be asked for by strict structured output', () => {
  const schema = toStrictSchema(planDraftSchema) as { properties: { nodes: { items: { required: string[] } } } }
  expect(schema.properties.nodes.items.required).toEqual([
    'id',
    'agent',
    'skill',
    'instruction',
    'needs',
    'inputs',
    'when',
    'on_failure',
    'fallback',
    'deadline_s',
  ])
  expect(JSON.stringify(schema)).not.toMatch(/optional|additionalProperties":true|minLength/)
})
