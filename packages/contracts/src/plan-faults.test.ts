import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { readPlan } from './plan-faults.ts'
import type { AgentSummary } from './plan.ts'

const AGENTS: AgentSummary[] = [
  { id: 'rag', description: '', skills: [{ id: 'retrieve', name: '', description: '', tags: [], examples: [] }] },
  { id: 'reasoning', description: '', skills: [{ id: 'answer', name: '', description: '', tags: [], examples: [] }] },
]

test('a sound plan is read with its defaults', () => {
  const { plan, faults } = readPlan({ goal: 'g', nodes: [look('a'), look('b'), answer(['a', 'b'])], answer: 'answer' }, AGENTS)
  expect(faults).toEqual([])
  expect(plan?.nodes[0]).toMatchObject({ kind: 'agent', needs: [], on_failure: 'fail' })
})

describe('what is wrong with a plan is named so that a planner can mend it', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /plan/],
    ['no nodes', { goal: 'g', nodes: [], answer: 'a' }, /nodes/],
    ['ten thousand nodes', { goal: 'g', nodes: Array.from({ length: 10_000 }, (_, index) => look(`n${index}`)), answer: 'n0' }, /nodes/],
    ['an id that could be anything', { goal: 'g', nodes: [look('../x')], answer: '../x' }, /nodes\.0\.id/],
    ['a kind that does not exist', { goal: 'g', nodes: [{ ...look('a'), kind: 'vote' }], answer: 'a' }, /kind/],
    ['an id twice', planOf(look('a'), look('a'), answer(['a'])), /'a' is there twice/],
    ['an agent nobody knows', planOf({ ...look('a'), agent: 'oracle' }, answer(['a'])), /asks for agent 'oracle'; the agents are: rag, reasoning/],
    ['a skill its agent has not', planOf({ ...look('a'), skill: 'answer' }, answer(['a'])), /for skill 'answer'; its skills are: retrieve/],
    ['a need that is no node', planOf(answer(['ghost'])), /needs 'ghost', which is not a node/],
    ['a node that needs itself', planOf({ ...look('a'), needs: ['a'] }, answer(['a'])), /'a' needs itself/],
    ['a circle', planOf({ ...look('a'), needs: ['b'] }, { ...look('b'), needs: ['a'] }, answer(['a'])), /wait for each other/],
    ['an answer that is no node', { ...planOf(look('a')), answer: 'ghost' }, /there is no node 'ghost'/],
    ['work the answer does not rest on', planOf(look('a'), look('idle'), answer(['a'])), /does not rest on node 'idle'/],
    ['an input from elsewhere', planOf(look('a'), look('b'), { ...answer(['a', 'b']), inputs: { x: 'c.text' } }), /takes input 'x' from 'c'/],
    ['a fallback that is not named', planOf({ ...look('a'), on_failure: 'fallback' }, answer(['a'])), /does not name/],
    ['a fallback nobody knows', planOf({ ...look('a'), on_failure: 'fallback', fallback: 'oracle' }, answer(['a'])), /falls back to agent 'oracle'/],
    [
      'a condition over a node it does not wait for',
      planOf(look('a'), { ...look('b'), when: { '==': [{ var: 'a.state' }, 'completed'] } }, answer(['a', 'b'])),
      /looks at 'a', which is not among its needs/,
    ],
    ['a condition over no node', planOf(look('a'), { ...answer(['a']), when: { '!': { var: 'ghost.text' } } }), /looks at 'ghost', which is not a node/],
    ['a condition without bottom', planOf(look('a'), { ...answer(['a']), when: nested(20) }), /nested deeper than 16/],
  ])('%s', (_name, candidate, fault) => {
    const verdict = readPlan(candidate, AGENTS)
    expect(verdict.plan).toBeUndefined()
    expect(verdict.faults.join('\n')).toMatch(fault)
  })

  test('what is nested without bound is a fault like any other', () => {
    expect(readPlan(planOf(look('a'), { ...answer(['a']), when: nested(100_000) }), AGENTS).faults).toEqual(['plan: it is nested deeper than 64'])
  })
})

test('over any graph: it is sound exactly when an order exists and the answer rests on all of it', () => {
  const graph = fc.integer({ min: 1, max: 9 }).chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }))
  fc.assert(
    fc.property(graph, (edges) => {
      const nodes = edges.map((needs, index) => ({ ...look(`n${index}`), needs: [...new Set(needs)].map((need) => `n${need}`) }))
      const verdict = readPlan({ goal: 'g', nodes, answer: 'n0' }, AGENTS)
      expect(verdict.faults.length === 0).toBe(reachesAllWithoutCircle(edges))
    }),
  )
})

/** The same question, answered the slow way: walk from the answer, and never meet a node on the way to itself. */
function reachesAllWithoutCircle(edges: number[][]): boolean {
  const reached = new Set<number>()
  const walk = (node: number, path: number[]): boolean => {
    if (path.includes(node)) return false
    reached.add(node)
    return (edges[node] ?? []).every((need) => walk(need, [...path, node]))
  }
  return walk(0, []) && reached.size === edges.length
}

function look(id: string) {
  return { id, agent: 'rag', skill: 'retrieve', instruction: `look ${id} up` }
}

function answer(needs: string[]) {
  return { id: 'answer', agent: 'reasoning', skill: 'answer', instruction: 'answer', needs }
}

function planOf(...nodes: ({ id: string } & Record<string, unknown>)[]) {
  return { goal: 'g', nodes, answer: nodes.at(-1)?.id }
}

function nested(depth: number): unknown {
  let rule: unknown = true
  for (let level = 0; level < depth; level += 1) rule = { '!': [rule] }
  return rule
}
