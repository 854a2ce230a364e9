import { planSchema, type AgentSummary } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { planDraftSchema } from './plan-draft.ts'
import { readDraft, type DraftTask } from './read-draft.ts'

const AGENTS: AgentSummary[] = [
  { id: 'rag', description: '', skills: [{ id: 'retrieve', name: '', description: '', tags: [], examples: [] }] },
  { id: 'writer', description: '', skills: [{ id: 'answer', name: '', description: '', tags: [], examples: [] }] },
]
const REQUEST: DraftTask = { goal: 'Compare A and B', agents: AGENTS, levels: 1, current: undefined }
const NOTHING = { inputs: null, when: null, replan_when: null, on_failure: 'fail', fallback: null, deadline_s: null, priority: null, budget: null }
const LOOK = { kind: 'agent', id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'A', needs: [], ...NOTHING }
const EACH = {
  ...NOTHING,
  kind: 'map',
  id: 'each',
  over: 'a',
  stream: null,
  agent: 'writer',
  skill: 'answer',
  instruction: 'Price it',
  needs: ['a'],
  on_item_failure: null,
}
const VOTE = {
  ...NOTHING,
  kind: 'vote',
  id: 'vote',
  instruction: 'Is it good?',
  needs: ['a'],
  options: ['yes', 'no'],
  voters: [
    { agent: 'writer', skill: 'answer' },
    { agent: 'rag', skill: null },
  ],
  decide: 'majority',
  judge: null,
}
const SUBPLAN = { kind: 'plan', id: 'study', instruction: 'Study it', needs: [], ...NOTHING }
const END = { kind: 'agent', id: 'end', agent: 'writer', skill: 'answer', instruction: 'Compare', needs: ['a'], ...NOTHING }

describe('a draft is read as a plan', () => {
  test('takes out skills and fallback agents that do not exist', () => {
    const { plan } = readDraft(drafted({ nodes: [{ ...LOOK, skill: 'dance', on_failure: 'fallback', fallback: 'nobody' }], answer: 'a' }), REQUEST)
    expect(plan?.nodes[0]).toEqual({ id: 'a', kind: 'agent', agent: 'rag', instruction: 'A', needs: [], on_failure: 'fail' })
  })

  test('keeps a fallback agent that does', () => {
    const { plan } = readDraft(drafted({ nodes: [{ ...LOOK, on_failure: 'fallback', fallback: 'writer' }], answer: 'a' }), REQUEST)
    expect(plan?.nodes[0]).toMatchObject({ on_failure: 'fallback', fallback: 'writer' })
  })

  test('makes a need of every node that an input comes from', () => {
    const nodes = [LOOK, { ...END, needs: [], inputs: [{ name: 'facts', from: 'a.text' }] }]
    expect(readDraft(drafted({ nodes, answer: 'end' }), REQUEST).plan?.nodes[1]).toMatchObject({ needs: ['a'], inputs: { facts: 'a.text' } })
  })

  test('reads a condition from its JSON text', () => {
    const nodes = [LOOK, { ...END, needs: ['a'], when: '{"in": ["x", {"var": "a.text"}]}' }]
    expect(readDraft(drafted({ nodes, answer: 'end' }), REQUEST).plan?.nodes[1]?.when).toEqual({ in: ['x', { var: 'a.text' }] })
  })

  test('finds fault with a condition that is not JSON', () => {
    expect(readDraft(drafted({ nodes: [{ ...LOOK, when: 'if sunny' }], answer: 'a' }), REQUEST).faults).toEqual(["node 'a': its condition is not JSON"])
  })

  test('reads the contract’s own form too: what is left out, inputs as a record, a condition as it is', () => {
    const nodes = [
      { id: 'a', agent: 'rag', instruction: 'A' },
      { id: 'end', kind: 'agent', agent: 'writer', instruction: 'Go', needs: ['a'], inputs: { facts: 'a' }, when: { '!!': { var: 'a.text' } } },
    ]
    expect(readDraft(drafted({ goal: 'mine', nodes, answer: 'end' }), REQUEST).plan?.nodes[1]).toMatchObject({
      inputs: { facts: 'a' },
      when: { '!!': { var: 'a.text' } },
    })
  })

  test('keeps deadlines within the bounds', () => {
    expect(readDraft(drafted({ nodes: [{ ...LOOK, deadline_s: 99_999 }], answer: 'a' }), REQUEST).plan?.nodes[0]?.deadline_s).toBe(600)
  })
})

describe('every kind of node is read, and what it leaves out is dropped', () => {
  test('a map', () => {
    expect(second(LOOK, EACH, { ...END, needs: ['each'] })).toEqual({
      kind: 'map',
      id: 'each',
      over: 'a',
      agent: 'writer',
      skill: 'answer',
      instruction: 'Price it',
      needs: ['a'],
      on_failure: 'fail',
      on_item_failure: 'fail',
    })
  })

  test('a map needs what it maps over, whether it says so or not', () => {
    expect(second(LOOK, { ...EACH, over: 'a.text', needs: [] }, { ...END, needs: ['each'] })).toMatchObject({ over: 'a.text', needs: ['a'] })
  })

  test('a map streams from one agent, and waits for anything else', () => {
    const streaming = { ...EACH, stream: true }
    expect(second(LOOK, streaming, { ...END, needs: ['each'] })).toMatchObject({ stream: true })
    expect(second({ ...SUBPLAN, id: 'a' }, streaming, { ...END, needs: ['each'] })).not.toHaveProperty('stream')
    expect(second(LOOK, { ...streaming, when: '{"!!": {"var": "a.text"}}' }, { ...END, needs: ['each'] })).not.toHaveProperty('stream')
  })

  test('a vote', () => {
    expect(second(LOOK, VOTE, { ...END, needs: ['vote'] })).toEqual({
      kind: 'vote',
      id: 'vote',
      instruction: 'Is it good?',
      needs: ['a'],
      voters: [{ agent: 'writer', skill: 'answer' }, { agent: 'rag' }],
      decide: 'majority',
      options: ['yes', 'no'],
      on_failure: 'fail',
    })
  })

  test('a vote with a judge, and voters of skills that are not theirs', () => {
    const judged = { ...VOTE, decide: 'judge', judge: { agent: 'writer', skill: 'dance' }, options: [], on_failure: 'replan' }
    const node = second(LOOK, judged, { ...END, needs: ['vote'] })
    expect(node).toMatchObject({ decide: 'judge', judge: { agent: 'writer' }, on_failure: 'replan' })
    expect(node).not.toHaveProperty('options')
  })

  test('a plan of its own', () => {
    expect(second(LOOK, SUBPLAN, { ...END, needs: ['a', 'study'] })).toEqual({
      kind: 'plan',
      id: 'study',
      instruction: 'Study it',
      needs: [],
      on_failure: 'fail',
    })
  })

  test('what is to be planned anew, first, and for how much', () => {
    const careful = {
      ...LOOK,
      replan_when: '{"==": [{"var": "a.text"}, ""]}',
      on_failure: 'replan',
      priority: 12.2,
      budget: { deadline_s: 0, tokens: 99.5, usd: 0.25 },
    }
    expect(readDraft(drafted({ nodes: [careful, END], answer: 'end' }), REQUEST).plan?.nodes[0]).toMatchObject({
      replan_when: { '==': [{ var: 'a.text' }, ''] },
      on_failure: 'replan',
      priority: 9,
      budget: { tokens: 100, usd: 0.25 },
    })
  })
})

describe('approvals', () => {
  const asked = { why: 'It goes to all.', action: 'Send it', risk: 'high', impact: null }

  test('are kept on a node of any kind, without what is not said', () => {
    for (const node of [LOOK, { ...SUBPLAN, id: 'a' }]) {
      const { plan } = readDraft(drafted({ nodes: [{ ...node, approval: asked }, END], answer: 'end' }), REQUEST)
      expect(plan?.nodes[0]?.approval).toEqual({ why: 'It goes to all.', action: 'Send it', risk: 'high' })
    }
  })

  test('stand by themselves too', () => {
    const node = { kind: 'approval', id: 'check', instruction: 'Look at it', needs: ['a'], approval: { why: 'So.' } }
    expect(second(LOOK, node, { ...END, needs: ['check'] })).toEqual({
      kind: 'approval',
      id: 'check',
      instruction: 'Look at it',
      needs: ['a'],
      on_failure: 'fail',
      approval: { why: 'So.', risk: 'medium' },
    })
  })

  test('are asked for though the model gives no reason, or a far too long one', () => {
    const why = (text: string) => readDraft(drafted({ nodes: [{ ...LOOK, approval: { ...asked, why: text } }, END], answer: 'end' }), REQUEST).plan?.nodes[0]
    expect(why(' ')?.approval?.why).toBe('A')
    expect(why('x'.repeat(9_000))?.approval?.why).toHaveLength(2_000)
  })

  const plan = planSchema.parse({
    goal: REQUEST.goal,
    nodes: [
      { id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'Send it to all!', approval: { why: asked.why } },
      { id: 'end', agent: 'writer', skill: 'answer', instruction: 'Compare', needs: ['a'] },
    ],
    answer: 'end',
  })

  test('are not lost where a revision forgets them', () => {
    const nodes = [{ ...LOOK, instruction: 'Send it to some', approval: null }, END]
    const current = { plan, nodes: [{ id: 'a', state: 'pending', agent: 'rag' }], reason: 'x' }
    expect(readDraft(drafted({ nodes, answer: 'end' }), { ...REQUEST, current }).plan?.nodes[0]).toMatchObject({
      instruction: 'Send it to some',
      approval: { why: 'It goes to all.' },
    })
  })

  test('that were refused are not asked for again under another name', () => {
    const nodes = [
      { ...LOOK, id: 'b', agent: 'writer', skill: null, instruction: 'send it to all' },
      { ...END, needs: ['b'] },
    ]
    const refused = { id: 'a', state: 'skipped', agent: 'rag', result: '“Send it” was rejected by alice: no. It was not done.' }
    const current = { plan, nodes: [refused, { id: 'end', state: 'pending', agent: 'writer' }], reason: 'x' }
    expect(readDraft(drafted({ nodes, answer: 'end' }), { ...REQUEST, current }).faults).toEqual([
      "node 'b' asks for what a person has rejected (node 'a'); go on without it, or in a way that meets the reason",
    ])
  })
})

describe('what only the model can mend is told to it', () => {
  test.each<[string, unknown[], RegExp, Partial<DraftTask>?]>([
    ['a plan where none may be nested', [LOOK, SUBPLAN, { ...END, needs: ['a', 'study'] }], /no deeper one may be nested/, { levels: 0 }],
    ['a vote by a judge that is not named', [LOOK, { ...VOTE, decide: 'judge' }, { ...END, needs: ['vote'] }], /a judge that it does not name/],
    ['a voter nobody knows', [LOOK, { ...VOTE, voters: [{ agent: 'oracle' }, { agent: 'rag' }] }, { ...END, needs: ['vote'] }], /asks for agent 'oracle'/],
    ['a map over nothing', [LOOK, { ...EACH, over: 'ghost' }, { ...END, needs: ['each'] }], /needs 'ghost', which is not a node/],
    ['a rule that is not JSON', [{ ...LOOK, replan_when: 'when empty' }, END], /its condition for planning anew is not JSON/],
  ])('%s', (_name, nodes, fault, task = {}) => {
    const verdict = readDraft(drafted({ nodes, answer: 'end' }), { ...REQUEST, ...task })
    expect(verdict.faults.join('\n')).toMatch(fault)
  })
})

describe('a node that has begun', () => {
  const plan = planSchema.parse({
    goal: REQUEST.goal,
    nodes: [
      { id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'A', retries: 2, when: true },
      { id: 'end', agent: 'writer', skill: 'answer', instruction: 'Compare', needs: ['a'] },
    ],
    answer: 'end',
  })
  const begun = { ...LOOK, when: 'true' }

  test('stands as it runs, with what drafts have no words for', () => {
    expect(revise([begun, END]).plan?.nodes[0]).toEqual(plan.nodes[0])
  })

  test('is not the only one that does: what has not begun keeps it too', () => {
    const states = [{ id: 'a', state: 'pending', agent: 'rag' }]
    const verdict = readDraft(drafted({ nodes: [begun, END], answer: 'end' }), { ...REQUEST, current: { plan, nodes: states, reason: 'x' } })
    expect(verdict.plan?.nodes[0]).toEqual(plan.nodes[0])
  })

  test('stands though its agent is gone by now', () => {
    expect(revise([begun, END], { agents: AGENTS.slice(1) }).plan?.nodes[0]).toEqual(plan.nodes[0])
  })

  test('is not changed, however little', () => {
    expect(revise([{ ...begun, instruction: 'A!' }, END]).faults).toEqual([expect.stringMatching(/'a' has begun and cannot be changed/)])
    expect(revise([{ ...begun, when: null }, END]).faults).toEqual([expect.stringMatching(/'a' has begun and cannot be changed/)])
  })

  function revise(nodes: unknown[], task: Partial<DraftTask> = {}) {
    const states = [
      { id: 'a', state: 'running', agent: 'rag' },
      { id: 'end', state: 'pending', agent: 'writer' },
    ]
    return readDraft(drafted({ nodes, answer: 'end' }), { ...REQUEST, ...task, current: { plan, nodes: states, reason: 'x' } })
  }
})

/** The second node of the plan that these drafts are. */
function second(...nodes: ({ id: string } & Record<string, unknown>)[]) {
  const verdict = readDraft(drafted({ nodes, answer: nodes.at(-1)?.id }), REQUEST)
  const used = verdict.faults.length === 0 ? verdict.plan?.nodes[1] : undefined
  if (!used) throw new Error(verdict.faults.join('\n'))
  return used
}

function drafted(value: unknown) {
  return planDraftSchema.parse(value)
}
