import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { readPlan, type PlanRules } from './plan-faults.ts'
import { planSchema, type AgentSummary, type Plan } from './plan.ts'

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
    ['a kind that does not exist', planOf({ ...look('a'), kind: 'tool' }), /nodes\.0\.kind/],
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

test('ten thousand nodes are refused before they are read', () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => ({ ...look(`n${index}`), needs: Array.from({ length: 63 }, (__, need) => `n${need}`) }))
  const before = performance.now()
  const verdict = readPlan({ goal: 'g', nodes, answer: 'n0' }, AGENTS)
  expect(performance.now() - before).toBeLessThan(20)
  expect(verdict.faults).toEqual(['nodes: there are 10000, and a plan has 64 at most'])
})

describe('nodes of every kind', () => {
  test('are read with their defaults', () => {
    const { plan, faults } = readPlan(planOf(look('a'), each(), vote(), study(), answer(['each', 'vote', 'study'])), AGENTS, { levels: 1 })
    expect(faults).toEqual([])
    expect(plan?.nodes.map(({ kind }) => kind)).toEqual(['agent', 'map', 'vote', 'plan', 'agent'])
    expect(plan?.nodes[1]).toMatchObject({ on_item_failure: 'fail', on_failure: 'fail' })
  })

  test.each<[string, unknown, RegExp, PlanRules?]>([
    [
      'a map over what it does not need',
      planOf(look('a'), { ...each(), needs: [] }, answer(['a', 'each'])),
      /'each' maps over 'a', which is not among its needs/,
    ],
    ['a map over no output', planOf(look('a'), { ...each(), over: 'a.items' }, answer(['each'])), /nodes\.1\.over/],
    ['a map without a list', planOf(look('a'), { ...each(), over: undefined }, answer(['each'])), /nodes\.1\.over/],
    ['a map that answers', planOf(look('a'), each()), /'each' makes a list, and an answer is one text/],
    ['a map for an agent nobody knows', planOf(look('a'), { ...each(), agent: 'oracle' }, answer(['each'])), /'each' asks for agent 'oracle'/],
    [
      'a stream from what is no one agent’s work',
      planOf(look('a'), { ...each(), id: 'first' }, { ...each('first'), stream: true }, answer(['each'])),
      /'each' streams from 'first', which is not the work of one agent/,
    ],
    [
      'a stream that waits for a condition',
      planOf(look('a'), { ...each(), stream: true, when: { '!!': { var: 'a.text' } } }, answer(['each'])),
      /'each' streams, so it cannot wait for a condition/,
    ],
    ['a vote of one', planOf(look('a'), { ...vote(), voters: [{ agent: 'rag' }] }, answer(['vote'])), /nodes\.1\.voters/],
    ['a vote of ten', planOf(look('a'), { ...vote(), voters: Array.from({ length: 10 }, () => ({ agent: 'rag' })) }, answer(['vote'])), /nodes\.1\.voters/],
    ['a vote on one thing', planOf(look('a'), { ...vote(), options: ['yes'] }, answer(['vote'])), /nodes\.1\.options/],
    [
      'a voter nobody knows',
      planOf(look('a'), { ...vote(), voters: [{ agent: 'rag' }, { agent: 'oracle' }] }, answer(['vote'])),
      /'vote' asks for agent 'oracle'/,
    ],
    [
      'a voter without that skill',
      planOf(look('a'), { ...vote(), voters: [{ agent: 'rag', skill: 'answer' }, { agent: 'rag' }] }, answer(['vote'])),
      /asks agent 'rag' for skill 'answer'/,
    ],
    ['a judge nobody named', planOf(look('a'), { ...vote(), decide: 'judge' }, answer(['vote'])), /'vote' is decided by a judge that it does not name/],
    ['a judge nobody knows', planOf(look('a'), { ...vote(), judge: { agent: 'oracle' } }, answer(['vote'])), /'vote' asks for agent 'oracle'/],
    ['a vote that falls back', planOf(look('a'), { ...vote(), on_failure: 'fallback' }, answer(['vote'])), /falls back to an agent, which a vote cannot/],
    [
      'a plan that falls back',
      planOf({ ...study(), on_failure: 'fallback' }, answer(['study'])),
      /falls back to an agent, which a plan node cannot/,
      { levels: 1 },
    ],
    ['a plan where none may be nested', planOf(study(), answer(['study'])), /no deeper one may be nested here \(3 levels at most\)/],
    ['a budget of nothing', planOf({ ...look('a'), budget: { usd: 0 } }, answer(['a'])), /nodes\.0\.budget\.usd/],
    ['a priority above all', planOf({ ...look('a'), priority: 10 }, answer(['a'])), /nodes\.0\.priority/],
    [
      'planning anew over a node it does not need',
      planOf(look('a'), { ...look('b'), replan_when: { '!': { var: 'a.text' } } }, answer(['a', 'b'])),
      /'b': its condition for planning anew looks at 'a', which is not among its needs/,
    ],
  ])('with %s are refused', (_name, candidate, fault, rules) => {
    const verdict = readPlan(candidate, AGENTS, rules)
    expect(verdict.plan).toBeUndefined()
    expect(verdict.faults.join('\n')).toMatch(fault)
  })

  test('may look at their own result to plan anew', () => {
    expect(readPlan(planOf({ ...look('a'), replan_when: { '!': { var: 'a.text' } } }, answer(['a'])), AGENTS).faults).toEqual([])
  })
})

describe('a revision', () => {
  const plan = planSchema.parse(planOf(look('a'), look('b'), answer(['a', 'b'])))

  test('keeps what has begun, whether it is drawn again or not', () => {
    expect(ids(revise(plan, ['a'], planOf(look('a'), look('c'), answer(['a', 'c']))))).toEqual(['a', 'c', 'answer'])
    expect(ids(revise(plan, ['a'], planOf(look('c'), answer(['a', 'c']))))).toEqual(['a', 'c', 'answer'])
  })

  test('keeps what has begun though nothing rests on it any more', () => {
    expect(ids(revise(plan, ['a', 'b'], planOf(answer(['a']))))).toEqual(['a', 'b', 'answer'])
  })

  test('drops and changes what has not begun', () => {
    expect(ids(revise(plan, [], planOf({ ...look('b'), instruction: 'ask otherwise' }, answer(['b']))))).toEqual(['b', 'answer'])
  })

  test('holds though the agent of what has begun is gone', () => {
    const running = planSchema.parse(planOf({ ...look('a'), agent: 'gone' }, answer(['a'])))
    expect(ids(revise(running, ['a'], planOf(look('c'), answer(['a', 'c']))))).toEqual(['a', 'c', 'answer'])
    expect(revise(running, [], running).faults.join()).toMatch(/asks for agent 'gone'/)
  })

  test.each<[string, string[], unknown, RegExp]>([
    [
      'changes what has begun',
      ['a'],
      planOf({ ...look('a'), instruction: 'ask otherwise' }, answer(['a'])),
      /'a' has begun and cannot be changed; leave it out, or give it back as it was/,
    ],
    ['gives what has begun to somebody else', ['a'], planOf({ ...look('a'), agent: 'reasoning', skill: 'answer' }, answer(['a'])), /'a' has begun/],
    [
      'answers elsewhere when the answer has begun',
      ['a', 'b', 'answer'],
      planOf({ ...answer([]), id: 'other' }),
      /node 'answer' has begun to answer, so the answer stays there/,
    ],
    ['has work that the answer does not rest on', ['a'], planOf(look('c'), answer(['a'])), /does not rest on node 'c'/],
    ['makes what has begun wait in a circle', ['a'], planOf({ ...look('c'), needs: ['answer'] }, answer(['a', 'c'])), /wait for each other/],
    ['leaves out what it needs', ['a'], planOf(answer(['a', 'b'])), /needs 'b', which is not a node/],
  ])('that %s is refused', (_name, begun, candidate, fault) => {
    expect(revise(plan, begun, candidate).faults.join('\n')).toMatch(fault)
  })

  test('that grows past the largest plan with what has begun is refused', () => {
    const begun = Array.from({ length: 40 }, (_, index) => `n${index}`)
    const running = planSchema.parse(planOf(...begun.map(look), answer(begun)))
    const fresh = Array.from({ length: 30 }, (_, index) => look(`m${index}`))
    const { faults } = revise(running, begun, planOf(...fresh, answer(fresh.map(({ id }) => id))))
    expect(faults).toEqual(['nodes: with those that have begun there are 71, and a plan has 64 at most'])
  })

  test('with the plan itself is sound, whatever has begun', () => {
    fc.assert(
      fc.property(soundPlan(), fc.infiniteStream(fc.boolean()), (sound, coin) => {
        const begun = sound.nodes.flatMap(({ id }) => (coin.next().value ? [id] : []))
        expect(revise(sound, begun, sound)).toEqual({ plan: sound, faults: [] })
        const pending = sound.nodes.filter(({ id }) => !begun.includes(id))
        if (pending.length > 0) expect(ids(revise(sound, begun, { ...sound, nodes: pending })).toSorted()).toEqual(sound.nodes.map(({ id }) => id).toSorted())
      }),
    )
  })

  function revise(running: Plan, begun: readonly string[], candidate: unknown) {
    return readPlan(candidate, AGENTS, { levels: 1, current: { plan: running, begun: new Set(begun) } })
  }

  function ids(verdict: ReturnType<typeof readPlan>): string[] {
    expect(verdict.faults).toEqual([])
    return verdict.plan?.nodes.map(({ id }) => id) ?? []
  }
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

/** Any sound plan of nodes of every kind: each needs some of those before it, and the last, which answers, needs them all. */
function soundPlan(): fc.Arbitrary<Plan> {
  const node = fc.record({
    kind: fc.constantFrom('agent', 'map', 'vote', 'plan'),
    needs: fc.array(fc.nat(7), { maxLength: 3 }),
    priority: fc.option(fc.nat(9), { nil: undefined }),
  })
  return fc.array(node, { maxLength: 7 }).map((drawn) => {
    const nodes = drawn.map(({ kind, needs, priority }, index) => {
      const before = [...new Set(needs.filter((need) => need < index))].map((need) => `n${need}`)
      const [source] = before
      const made =
        kind === 'map' && source !== undefined
          ? { ...each(source), needs: before }
          : { ...(kind === 'vote' ? vote() : kind === 'plan' ? study() : look('x')), needs: before }
      return { ...made, id: `n${index}`, ...(priority !== undefined && { priority }) }
    })
    return planSchema.parse(planOf(...nodes, answer(nodes.map(({ id }) => id))))
  })
}

function look(id: string) {
  return { id, agent: 'rag', skill: 'retrieve', instruction: `look ${id} up` }
}

function answer(needs: string[]) {
  return { id: 'answer', agent: 'reasoning', skill: 'answer', instruction: 'answer', needs }
}

function each(over = 'a') {
  return { id: 'each', kind: 'map', agent: 'reasoning', skill: 'answer', instruction: 'weigh the item', over, needs: [over] }
}

function vote() {
  return {
    id: 'vote',
    kind: 'vote',
    instruction: 'is it so?',
    needs: ['a'],
    voters: [{ agent: 'rag' }, { agent: 'reasoning' }],
    decide: 'majority',
    options: ['yes', 'no'],
  }
}

function study() {
  return { id: 'study', kind: 'plan', instruction: 'study it', needs: [] as string[] }
}

function planOf(...nodes: ({ id: string } & Record<string, unknown>)[]) {
  return { goal: 'g', nodes, answer: nodes.at(-1)?.id }
}

function nested(depth: number): unknown {
  let rule: unknown = true
  for (let level = 0; level < depth; level += 1) rule = { '!': [rule] }
  return rule
}
