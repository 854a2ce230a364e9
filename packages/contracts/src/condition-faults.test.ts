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

function faultsOf(when: PlanNode['when']): string[] {
  return conditionFaults({ id: 'here', kind: 'agent', agent: 'x', instruction: 'do', needs: ['a'], on_failure: 'fail', when }, IDS)
}

function nested(depth: number): NonNullable<PlanNode['when']> {
  return depth === 0 ? true : { '!': [nested(depth - 1)] }
}
