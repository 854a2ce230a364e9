import { describe, expect, test } from 'vitest'

import { conditionFaults } from './condition-faults.ts'
import type { PlanNode } from './plan.ts'

const IDS = new Set(['a', 'b', 'here'])

describe('a condition that can be evaluated has no faults', () => {
  test.each<[string, PlanNode['when']]>([
    ['a constant', true],
    ['a comparison', { '==': [{ var: 'a.state' }, 'completed'] }],
    ['a field of data', { '>': [{ var: 'a.data.0.score' }, 5] }],
    ['a whole node', { '!!': { var: 'a' } }],
    ['a fallback', { '>': [{ var: ['a.data.0.score', 0] }, 5] }],
    ['a combination', { and: [{ in: ['refund', { var: 'a.text' }] }, { '!': { var: 'a.data.0.closed' } }] }],
    ['a walk over items, which are spoken of by their own fields', { some: [{ var: 'a.data.0.scores' }, { '>': [{ var: 'score' }, 5] }] }],
    ['a walk over items that are looked at as a whole', { all: [{ var: 'a.data' }, { '!!': { var: '' } }] }],
  ])('%s', (_name, when) => {
    expect(faultsOf(when)).toEqual([])
  })
})

describe('what a condition must not do is named', () => {
  test.each<[string, PlanNode['when'], RegExp]>([
    ['look at a node that may not have ended', { var: 'b.state' }, /looks at 'b', which is not among its needs/],
    ['look at itself', { var: 'here.state' }, /looks at 'here', which is not among its needs/],
    ['look at no node', { '!': { var: 'ghost.text' } }, /looks at 'ghost', which is not a node/],
    ['look at what nodes have not', { var: 'a.output.text' }, /looks at 'a\.output\.text'; of a node it knows state, text and data/],
    ['look at everything', { var: '' }, /looks up something else than a path/],
    ['compute what it looks at', { var: { cat: ['b', '.text'] } }, /looks up something else than a path/],
    ['hide a look-up in a fallback', { var: ['a.text', { var: 'b.text' }] }, /computes what 'var' falls back to/],
    ['climb out of a list', { some: [{ var: 'a.data' }, { var: '../../b.text' }] }, /outside of what it is given/],
    ['walk a list inside the walk of another', { some: [{ var: 'a.data' }, { some: [{ var: 'x' }, true] }] }, /walks a list \('some'\) inside the walk/],
    ['walk without a rule', { all: { var: 'a.data' } }, /gives 'all' something else than a list and a rule/],
    ['use an operator of its own', { system: 'ls' }, /uses 'system'; the operators are: var ==/],
    ['throw on purpose', { throw: 'x' }, /uses 'throw'/],
    ['be two rules in one', { '!': true, 'var': 'a.text' }, /an object with 2 keys/],
    ['be no rule', { '!': {} }, /an object with 0 keys/],
    ['be without bottom', nested(17), /is nested deeper than 16/],
    ['be without end', { or: Array.from({ length: 600 }, () => 'x'.repeat(8)) }, /is larger than 4096 bytes/],
  ])('%s', (_name, when, fault) => {
    expect(faultsOf(when).join('\n')).toMatch(fault)
  })
})

describe('a condition for planning anew', () => {
  test.each<[string, PlanNode['replan_when']]>([
    ['looks at the node’s own result', { '==': [{ var: 'here.text' }, ''] }],
    ['looks at what the node needs', { and: [{ '!': { var: 'a.text' } }, { var: 'here.data.0.short' }] }],
  ])('%s', (_name, rule) => {
    expect(replanFaultsOf(rule)).toEqual([])
  })

  test.each<[string, PlanNode['replan_when'], RegExp]>([
    ['a node that may not have ended', { var: 'b.state' }, /its condition for planning anew looks at 'b', which is not among its needs/],
    ['no node', { var: 'ghost.state' }, /its condition for planning anew looks at 'ghost', which is not a node/],
    ['what nodes have not', { var: 'here.answer' }, /looks at 'here\.answer'; of a node it knows state, text and data/],
  ])('does not look at %s', (_name, rule, fault) => {
    expect(replanFaultsOf(rule).join('\n')).toMatch(fault)
  })

  test('is checked beside the condition to run, each by its name', () => {
    const faults = conditionFaults({ ...NODE, needs: ['a'], when: { var: 'b' }, replan_when: { system: 'ls' } }, IDS)
    expect(faults).toEqual([
      expect.stringMatching(/^node 'here': its condition looks at 'b'/),
      expect.stringMatching(/^node 'here': its condition for planning anew uses 'system'/),
    ])
  })
})

test('nodes of every kind are held to the same rules', () => {
  const common = { id: 'here', instruction: 'do', needs: ['a'], on_failure: 'fail' as const, when: { var: 'b' } }
  const nodes: PlanNode[] = [
    { ...common, kind: 'map', agent: 'x', over: 'a', on_item_failure: 'fail' },
    { ...common, kind: 'vote', voters: [{ agent: 'x' }, { agent: 'y' }], decide: 'majority' },
    { ...common, kind: 'plan' },
  ]
  for (const node of nodes) expect(conditionFaults(node, IDS).join()).toMatch(/looks at 'b', which is not among its needs/)
})

const NODE = { id: 'here', kind: 'agent', agent: 'x', instruction: 'do', on_failure: 'fail' } as const

function replanFaultsOf(rule: PlanNode['replan_when']): string[] {
  return conditionFaults({ ...NODE, needs: ['a'], replan_when: rule }, IDS)
}

function faultsOf(when: PlanNode['when']): string[] {
  return conditionFaults({ ...NODE, needs: ['a'], when }, IDS)
}

function nested(depth: number): NonNullable<PlanNode['when']> {
  return depth === 0 ? true : { '!': [nested(depth - 1)] }
}
