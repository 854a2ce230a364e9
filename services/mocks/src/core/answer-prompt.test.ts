import { toSection } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { answerPrompt } from './answer-prompt.ts'
import type { JsonSchema } from './schema/fit-to-schema.ts'

const AGENTS = [
  { id: 'rag', description: '', skills: [{ id: 'retrieve', name: '', description: '', tags: [], examples: [] }] },
  { id: 'reasoning', description: '', skills: ['reason', 'answer'].map((id) => ({ id, name: '', description: '', tags: [], examples: [] })) },
]
const VOTING = 'Are apples fruit? Let three agents vote.'

test('a plan has nodes of the kinds that its schema has, each with its own fields', () => {
  expect(kindsOf(VOTING, planSchema('agent', 'vote'))).toEqual(['agent', 'vote', 'agent'])
  expect(kindsOf(VOTING, planSchema('agent', 'map'))).toEqual(['agent', 'agent'])
  expect(kindsOf('As a sub-plan, find out how jobs stall.', planSchema('agent', 'map', 'vote'))).toEqual(['agent', 'agent'])
  expect(kindsOf('As a sub-plan, find out how jobs stall.', planSchema('agent', 'plan'))).toEqual(['plan', 'agent'])
})

test('a revised plan says its inputs and conditions in the words of strict output', () => {
  const current = {
    nodes: [
      { id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'A' },
      { id: 'b', agent: 'reasoning', skill: 'reason', instruction: 'B', needs: ['a'], inputs: { facts: 'a.text' }, when: { '!!': { var: 'a.text' } } },
      { id: 'answer', agent: 'reasoning', skill: 'answer', instruction: 'Answer', needs: ['b'] },
    ],
    answer: 'answer',
  }
  const revision = [
    toSection('current_plan', JSON.stringify(current)),
    toSection('progress', 'a: completed (rag)\nb: pending (reasoning)\nanswer: pending (reasoning)'),
    toSection('reason', 'node a asks: the price of plums'),
  ]
  const { nodes } = plan('What do apples cost?', planSchema('agent'), revision)
  expect(nodes.find(({ id }) => id === 'b')).toMatchObject({ inputs: [{ name: 'facts', from: 'a.text' }], when: '{"!!":{"var":"a.text"}}' })
})

type DrawnNode = { id: string; kind: string } & Record<string, unknown>

function kindsOf(goal: string, schema: JsonSchema): string[] {
  return plan(goal, schema).nodes.map(({ kind }) => kind)
}

function plan(goal: string, schema: JsonSchema, more: string[] = []): { nodes: DrawnNode[] } {
  const text = [toSection('agents', JSON.stringify(AGENTS)), toSection('goal', goal), ...more].join('\n\n')
  const reply = answerPrompt({ messages: [{ role: 'user', text }], form: { type: 'json_schema', name: 'plan', schema } })
  return JSON.parse(reply.type === 'text' ? reply.text : '{}') as { nodes: DrawnNode[] }
}

/** A plan's schema as strict structured output has it: the kinds as alternatives, told apart by their first key. */
function planSchema(...kinds: string[]): JsonSchema {
  const nullable = (type: string): JsonSchema => ({ type: [type, 'null'] })
  const reference: JsonSchema = { type: 'object', properties: { name: { type: 'string' }, from: { type: 'string' } }, required: ['name', 'from'] }
  const nodes = kinds.map((kind): JsonSchema => {
    const properties = {
      kind: { const: kind },
      id: { type: 'string' },
      ...(kind === 'vote' ? { voters: { type: 'array', items: { type: 'object' } } } : kind === 'plan' ? {} : { agent: { type: 'string' } }),
      instruction: { type: 'string' },
      needs: { type: 'array', items: { type: 'string' } },
      inputs: { anyOf: [{ type: 'array', items: reference }, { type: 'null' }] },
      when: nullable('string'),
    }
    return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
  })
  return { type: 'object', properties: { nodes: { type: 'array', items: { anyOf: nodes } }, answer: { type: 'string' } }, required: ['nodes', 'answer'] }
}
