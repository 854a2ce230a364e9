import { planSchema, readPlan, toSection, type AgentSummary, type NodeSoFar, type Plan } from '@signalbox/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { answerPlanning } from './answer-planning.ts'

const rag = agent('rag', ['retrieve', 'Finds passages in the documents'])
const archive = agent('archive', ['search', 'Searches the archive'])
const reasoning = agent('reasoning', ['reason', 'Thinks step by step'], ['answer', 'Writes the answer'])
const GOAL = 'Compare apples with pears.'
const PLAN = planFor(GOAL, [rag, reasoning])

test('work that failed is given to another agent of the same trade', () => {
  const plan = revise({
    failed: ['find-pears'],
    completed: ['find-apples'],
    reason: "node 'find-pears' failed: rag is away",
    agents: [rag, archive, reasoning],
  })
  expect(outline(plan)).toEqual([
    'find-pears-again:archive/search',
    'compare:reasoning/reason < find-apples find-pears-again',
    'answer:reasoning/answer < find-apples find-pears-again compare',
  ])
})

test('where there is no such agent, the plan goes on without it', () => {
  const plan = revise({ failed: ['find-pears'], completed: ['find-apples'], reason: "node 'find-pears' failed" })
  expect(outline(plan)).toEqual(['compare:reasoning/reason < find-apples', 'answer:reasoning/answer < find-apples compare'])
})

test('what failed with one agent and then with another is not given back to the first', () => {
  const first = revise({ failed: ['find-pears'], completed: ['find-apples'], reason: 'x', agents: [rag, archive, reasoning] })
  const whole = { ...first, nodes: [...PLAN.nodes.slice(0, 2), ...first.nodes] }
  const second = revise({ plan: whole, failed: ['find-pears', 'find-pears-again'], completed: ['find-apples'], reason: 'x', agents: [rag, archive, reasoning] })
  expect(outline(second)).toEqual(['compare:reasoning/reason < find-apples', 'answer:reasoning/answer < find-apples compare'])
})

test('a node that was not to be done is left out, and who waited for it waits for what it waited for', () => {
  const plan = revise({ completed: ['find-apples', 'find-pears'], reason: "The approval of 'compare' was rejected: too dear." })
  expect(outline(plan)).toEqual(['answer:reasoning/answer < find-apples find-pears'])
})

describe('what a person rejected', () => {
  const agents = [rag, archive, reasoning]
  const CHAIN = planSchema.parse({
    goal: GOAL,
    nodes: [
      { id: 'find', agent: 'rag', skill: 'retrieve', instruction: 'Apples' },
      { id: 'deploy', agent: 'archive', skill: 'search', instruction: 'Deploy', approval: { why: 'it is live' } },
      { id: 'check', agent: 'archive', skill: 'search', instruction: 'Check', needs: ['deploy'] },
      { id: 'answer', agent: 'reasoning', skill: 'answer', instruction: 'Write the answer.', needs: ['find', 'deploy', 'check'] },
    ],
    answer: 'answer',
  })
  const reason = "Node 'deploy' (archive): “Deploy” was rejected by alice: not on a Friday. It was not done."

  test('is given to nobody else; what only rests on it is left out, and the answer says that it was not done', () => {
    const plan = revise({ plan: CHAIN, completed: ['find'], running: ['deploy'], reason, agents })
    expect(outline(plan)).toEqual(['answer:reasoning/answer < find deploy'])
    expect(plan.nodes[0]?.instruction).toBe('Write the answer.\nSay that this was not done: “Deploy” was rejected by alice: not on a Friday. It was not done.')
  })

  test('is said once, however often it is planned anew', () => {
    const once = revise({ plan: CHAIN, completed: ['find'], running: ['deploy'], reason, agents })
    const whole = { ...once, nodes: [...CHAIN.nodes.slice(0, 2), ...once.nodes] }
    expect(revise({ plan: whole, completed: ['find'], running: ['deploy'], reason, agents }).nodes.at(-1)).toEqual(once.nodes.at(-1))
  })

  test('takes nothing with it that rests on other work too', () => {
    const plan = { ...CHAIN, nodes: CHAIN.nodes.map((node) => (node.id === 'check' ? { ...node, needs: ['deploy', 'find'] } : node)) }
    expect(outline(revise({ plan, completed: ['find'], running: ['deploy'], reason, agents }))).toEqual([
      'check:archive/search < deploy find',
      'answer:reasoning/answer < find deploy check',
    ])
  })
})

test('work of an agent that is gone is given to another', () => {
  const plan = revise({ completed: ['find-apples', 'find-pears'], reason: 'reasoning is gone', agents: [rag, agent('writer', ['answer', 'Writes answers'])] })
  expect(outline(plan)).toEqual(['answer:writer/answer < find-apples find-pears'])
})

test('an agent that the reason speaks of is not asked again', () => {
  const plan = revise({
    failed: ['find-pears'],
    completed: ['find-apples'],
    reason: "agent 'archive' is down, and 'find-pears' failed",
    agents: [rag, archive, agent('web', ['search', 'Searches the web']), reasoning],
  })
  expect(outline(plan)[0]).toBe('find-pears-again:web/search')
})

test('what a node asks for is looked up besides, by one who was not asked yet where there is one', () => {
  const plan = revise({
    completed: ['find-apples', 'find-pears', 'compare'],
    reason: "node 'compare' asks: the price of plums is missing",
    agents: [rag, archive, reasoning],
  })
  expect(plan.nodes[0]).toMatchObject({ id: 'find-price-plums-missing', agent: 'archive', instruction: 'the price of plums is missing', on_failure: 'skip' })
  expect(outline(plan).at(-1)).toBe('answer:reasoning/answer < find-apples find-pears compare find-price-plums-missing')
})

test('an answer that has begun can use nothing new: the plan stays', () => {
  expect(revise({ completed: ['find-apples', 'find-pears', 'compare'], running: ['answer'], reason: "node 'compare' asks: more" })).toEqual(PLAN)
})

test('a map over a list that failed is dropped with it, and the answer goes straight on', () => {
  const plan = planFor('For every setting of workers that is found, explain it.', [rag, reasoning])
  expect(outline(revise({ plan, completed: ['find'], failed: ['list'], reason: "node 'list' failed" }))).toEqual(['answer:reasoning/answer < find'])
})

test('a map over a list that somebody else makes maps over theirs', () => {
  const plan = planFor('For every setting of workers that is found, explain it.', [rag, reasoning])
  const revised = revise({ plan, completed: ['find'], failed: ['list'], reason: 'x', agents: [rag, reasoning, agent('thinker', ['reason', 'Reasons'])] })
  expect(revised.nodes.find(({ kind }) => kind === 'map')).toMatchObject({ over: 'list-again', needs: ['list-again', 'find'] })
})

test('voters who are spoken of are left out of a vote that has not begun', () => {
  const agents = [rag, reasoning, agent('thinker', ['reason', 'Reasons']), agent('sage', ['reason', 'Reasons'])]
  const plan = planFor('Are apples fruit? Let three agents vote.', agents)
  const revised = revise({ plan, completed: ['find-apples-fruit'], reason: "agent 'sage' is down, so 'vote' cannot be held", agents })
  const vote = revised.nodes.find(({ kind }) => kind === 'vote')
  expect(vote).toMatchObject({ id: 'vote-again', voters: [{ agent: 'reasoning' }, { agent: 'thinker' }] })
  expect(outline(revised).at(-1)).toContain('vote-again')
})

test('what was said of a node that is gone goes with it', () => {
  const plan = planSchema.parse({
    goal: GOAL,
    nodes: [
      { id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'A' },
      { id: 'b', agent: 'rag', skill: 'retrieve', instruction: 'B' },
      {
        id: 'answer',
        agent: 'reasoning',
        skill: 'answer',
        instruction: 'x',
        needs: ['a', 'b'],
        inputs: { one: 'a.text', two: 'b' },
        when: { '!!': { var: 'b.text' } },
      },
    ],
    answer: 'answer',
  })
  const [answer] = revise({ plan, completed: ['a'], failed: ['b'], reason: 'x' }).nodes
  expect(answer).toMatchObject({ needs: ['a'], inputs: { one: 'a.text' } })
  expect(answer).not.toHaveProperty('when')
})

describe('whatever runs, fails and is said, a revision is sound', () => {
  const goals = [
    GOAL,
    'What is an Agent Card? How are jobs retried?',
    'Why do jobs stall?',
    'For every setting of workers that is found, explain it as soon as it is found.',
    'Are apples fruit? Let five agents vote.',
    'Write a separate plan for buying apples, then compare it with pears.',
    'Ask mock-search and archive about apples.',
  ]
  const agents = [rag, archive, reasoning, agent('thinker', ['reason', 'Reasons']), agent('mock-search', ['search', 'Made-up results'])]

  test('by the contract’s own rules', () => {
    const states = fc.infiniteStream(fc.constantFrom('pending', 'pending', 'running', 'completed', 'failed', 'skipped'))
    const reasons = fc.tuple(fc.constantFrom('', 'node ', 'the agent ', 'no: '), fc.nat(8), fc.constantFrom(' failed', ': find out more', ' is away'))
    fc.assert(
      fc.property(
        fc.constantFrom(...goals),
        fc.subarray(agents, { minLength: 1 }),
        states,
        reasons,
        fc.boolean(),
        (goal, left, state, [lead, index, tail], byAgent) => {
          const plan = planFor(goal, agents)
          const named = byAgent ? `agent '${agents[index % agents.length]?.id}'` : `'${plan.nodes[index % plan.nodes.length]?.id}'`
          // A node begins when all that it needs has ended.
          const soFar = new Map<string, NodeSoFar['state']>()
          for (const { id, needs } of plan.nodes) {
            const isOpen = needs.every((need) => ['completed', 'failed', 'skipped'].includes(soFar.get(need) ?? ''))
            soFar.set(id, isOpen ? (state.next().value as string) : 'pending')
          }
          const at = (wanted: string): string[] => [...soFar].flatMap(([id, now]) => (now === wanted ? [id] : []))
          revise({
            plan,
            agents: left,
            reason: `${lead}${named}${tail}`,
            running: at('running'),
            completed: at('completed'),
            failed: at('failed'),
            skipped: at('skipped'),
          })
        },
      ),
      { numRuns: 400 },
    )
  })
})

interface Running {
  plan?: Plan
  agents?: AgentSummary[]
  completed?: string[]
  running?: string[]
  failed?: string[]
  skipped?: string[]
  reason: string
}

/** The revision of a plan that runs; it is sound, or where the answer has begun the plan itself. */
function revise({ plan = PLAN, agents = [rag, reasoning], completed = [], running = [], failed = [], skipped = [], reason }: Running): Plan {
  const stateOf = (id: string): string =>
    completed.includes(id) ? 'completed' : running.includes(id) ? 'running' : failed.includes(id) ? 'failed' : skipped.includes(id) ? 'skipped' : 'pending'
  const progress = plan.nodes.map(({ id }) => `${id}: ${stateOf(id)} (somebody)`)
  const sections = [
    toSection('agents', JSON.stringify(agents)),
    toSection('goal', plan.goal),
    toSection('current_plan', JSON.stringify({ nodes: plan.nodes, answer: plan.answer })),
    toSection('progress', progress.join('\n')),
    toSection('reason', reason),
  ]
  const revised = answerPlanning(sections.join('\n\n')) as Plan
  const begun = new Set(plan.nodes.flatMap(({ id }) => (stateOf(id) === 'pending' ? [] : [id])))
  if (begun.has(plan.answer)) expect(revised).toEqual(plan)
  else expect(readPlan(revised, agents, { levels: 1, current: { plan, begun } }).faults).toEqual([])
  return revised
}

function planFor(goal: string, agents: readonly AgentSummary[]): Plan {
  const plan = answerPlanning([toSection('agents', JSON.stringify(agents)), toSection('goal', goal)].join('\n\n'))
  expect(readPlan(plan, agents, { levels: 1 }).faults).toEqual([])
  return plan as Plan
}

/** `id:agent/skill < needs` */
function outline(plan: Plan): string[] {
  return plan.nodes.map(
    (node) => `${node.id}:${'agent' in node ? `${node.agent}/${node.skill}` : node.kind}${node.needs.length > 0 ? ` < ${node.needs.join(' ')}` : ''}`,
  )
}

function agent(id: string, ...skills: [id: string, description: string][]): AgentSummary {
  return {
    id,
    description: id.startsWith('mock-') ? 'A mock agent.' : `The ${id} agent`,
    skills: skills.map(([skill, description]) => ({ id: skill, name: skill, description, tags: [skill], examples: [] })),
  }
}
