import { NO_USAGE, readSection, type AgentSummary, type PlanRequest, type Usage } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { drawPlan, type DraftAnswer } from './draw-plan.ts'
import { planDraftSchema, readDraft } from './plan-draft.ts'
import type { PromptMessage } from './planning-prompt.ts'

const AGENTS: AgentSummary[] = [
  { id: 'rag', description: 'Knows documents', skills: [{ id: 'retrieve', name: 'Retrieve', description: 'Finds passages', tags: [], examples: [] }] },
  { id: 'writer', description: 'Writes', skills: [{ id: 'answer', name: 'Answer', description: 'Writes answers', tags: [], examples: [] }] },
]
const REQUEST: PlanRequest = {
  kind: 'plan-request',
  goal: 'Compare A and B',
  conversation: [{ role: 'user', text: 'Compare A and B' }],
  agents: AGENTS,
  levels: 0,
}
const SOUND = {
  nodes: [
    { id: 'a', agent: 'rag', skill: 'retrieve', instruction: 'A', needs: [], inputs: null, when: null, on_failure: 'fail', fallback: null, deadline_s: null },
    { id: 'b', agent: 'rag', skill: 'retrieve', instruction: 'B', needs: [], inputs: null, when: null, on_failure: 'skip', fallback: null, deadline_s: null },
    {
      id: 'end',
      agent: 'writer',
      skill: 'answer',
      instruction: 'Compare',
      needs: ['a', 'b'],
      inputs: null,
      when: null,
      on_failure: 'fail',
      fallback: null,
      deadline_s: null,
    },
  ],
  answer: 'end',
}

describe('drawing a plan', () => {
  test('takes a sound draft as it is, with the goal put in', async () => {
    const { plan, repairs } = await draw([SOUND])
    expect(repairs).toBe(0)
    expect(plan).toEqual({
      goal: 'Compare A and B',
      answer: 'end',
      nodes: [
        { id: 'a', kind: 'agent', agent: 'rag', skill: 'retrieve', instruction: 'A', needs: [], on_failure: 'fail' },
        { id: 'b', kind: 'agent', agent: 'rag', skill: 'retrieve', instruction: 'B', needs: [], on_failure: 'skip' },
        { id: 'end', kind: 'agent', agent: 'writer', skill: 'answer', instruction: 'Compare', needs: ['a', 'b'], on_failure: 'fail' },
      ],
    })
  })

  test('sends a faulty draft back with its faults, and counts', async () => {
    const faulty = { ...SOUND, answer: 'nowhere' }
    const { repairs, prompts, rejected } = await draw([faulty, SOUND])
    expect(repairs).toBe(1)
    expect(rejected).toEqual([["answer: there is no node 'nowhere'"]])
    expect(prompts[0]?.previous).toBeUndefined()
    expect(prompts[1]?.faults).toBe("answer: there is no node 'nowhere'")
    expect(JSON.parse(prompts[1]?.previous ?? '')).toMatchObject({ answer: 'nowhere' })
  })

  test('sends back an answer that was no draft at all', async () => {
    const { repairs, prompts } = await draw(['I would ask rag first.', SOUND])
    expect(repairs).toBe(1)
    expect(prompts[1]).toMatchObject({ previous: 'I would ask rag first.', faults: 'not JSON' })
  })

  test('gives up after two repairs, with the last faults and everything that was spent', async () => {
    const spent: Usage[] = []
    const unknown = { ...SOUND, nodes: SOUND.nodes.map((node) => ({ ...node, agent: 'nobody' })) }
    const drawing = draw([SOUND.nodes, unknown, unknown, unknown], (usage) => spent.push(usage))
    await expect(drawing).rejects.toMatchObject({ code: 'plan_invalid', retryable: false })
    await expect(drawing).rejects.toThrow(/3 tries: node 'a' asks for agent 'nobody'; the agents are: rag, writer/)
    expect(spent).toHaveLength(3)
  })

  test('begins with the plan that its caller refused', async () => {
    const { prompts } = await draw([SOUND], undefined, { ...REQUEST, previous: { nodes: [], answer: 'x' }, faults: ['it is empty', 'x is not there'] })
    expect(prompts[0]).toMatchObject({ previous: '{"nodes":[],"answer":"x"}', faults: 'it is empty\nx is not there' })
  })
})

describe('the prompt', () => {
  test('has the agents as JSON, the earlier turns, and the goal, in sections of the last message', async () => {
    const conversation = [
      { role: 'user' as const, text: 'Hello' },
      { role: 'assistant' as const, text: 'Hi' },
      { role: 'user' as const, text: 'Compare A and B' },
    ]
    const { prompts } = await draw([SOUND], undefined, { ...REQUEST, conversation })
    const [prompt] = prompts
    expect(JSON.parse(prompt?.agents ?? '')).toEqual(AGENTS)
    expect(prompt).toMatchObject({ goal: 'Compare A and B', conversation: 'user: Hello\nassistant: Hi', faults: undefined })
  })

  test('stays bounded, however much the cards say', async () => {
    const long = 'x'.repeat(4_000)
    const agents = Array.from({ length: 100 }, (_, index) => ({
      ...AGENTS[0],
      id: `rag${index}`,
      description: long,
      skills: [{ id: 'retrieve', name: 'R', description: long, tags: [], examples: [long] }],
    }))
    const { prompts } = await draw([SOUND], undefined, { ...REQUEST, agents: [...AGENTS, ...agents] })
    expect(prompts[0]?.agents?.length).toBeLessThan(70_000)
    expect(JSON.parse(prompts[0]?.agents ?? '')).toHaveLength(102)
  })
})

describe('reading a draft', () => {
  test('takes out skills and fallback agents that do not exist', () => {
    const { plan } = readDraft(drafted({ nodes: [{ ...SOUND.nodes[0], skill: 'dance', on_failure: 'fallback', fallback: 'nobody' }], answer: 'a' }), REQUEST)
    expect(plan?.nodes[0]).toEqual({ id: 'a', kind: 'agent', agent: 'rag', instruction: 'A', needs: [], on_failure: 'fail' })
  })

  test('keeps a fallback agent that does', () => {
    const { plan } = readDraft(drafted({ nodes: [{ ...SOUND.nodes[0], on_failure: 'fallback', fallback: 'writer' }], answer: 'a' }), REQUEST)
    expect(plan?.nodes[0]).toMatchObject({ on_failure: 'fallback', fallback: 'writer' })
  })

  test('makes a need of every node that an input comes from', () => {
    const nodes = [SOUND.nodes[0], { ...SOUND.nodes[2], needs: [], inputs: [{ name: 'facts', from: 'a.text' }] }]
    expect(readDraft(drafted({ nodes, answer: 'end' }), REQUEST).plan?.nodes[1]).toMatchObject({ needs: ['a'], inputs: { facts: 'a.text' } })
  })

  test('reads a condition from its JSON text', () => {
    const nodes = [SOUND.nodes[0], { ...SOUND.nodes[2], needs: ['a'], when: '{"in": ["x", {"var": "a.text"}]}' }]
    expect(readDraft(drafted({ nodes, answer: 'end' }), REQUEST).plan?.nodes[1]?.when).toEqual({ in: ['x', { var: 'a.text' }] })
  })

  test('finds fault with a condition that is not JSON', () => {
    expect(readDraft(drafted({ nodes: [{ ...SOUND.nodes[0], when: 'if sunny' }], answer: 'a' }), REQUEST).faults).toEqual([
      "node 'a': its condition is not JSON",
    ])
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
    expect(readDraft(drafted({ nodes: [{ ...SOUND.nodes[0], deadline_s: 99_999 }], answer: 'a' }), REQUEST).plan?.nodes[0]?.deadline_s).toBe(600)
  })
})

function drafted(value: unknown) {
  return planDraftSchema.parse(value)
}

interface ReadPrompt {
  agents: string | undefined
  conversation: string | undefined
  goal: string | undefined
  previous: string | undefined
  faults: string | undefined
}

/** Draws with a drafter that says these answers, one after the other; a text stands for an answer that is no draft. */
async function draw(answers: readonly unknown[], onUsage: (usage: Usage) => void = () => undefined, request: PlanRequest = REQUEST) {
  const prompts: ReadPrompt[] = []
  const rejected: (readonly string[])[] = []
  const drafter = {
    draft(messages: readonly PromptMessage[]): Promise<DraftAnswer> {
      const answer = answers[prompts.length]
      const last = messages.at(-1)?.content ?? ''
      prompts.push({
        agents: readSection(last, 'agents'),
        conversation: readSection(last, 'conversation'),
        goal: readSection(last, 'goal'),
        previous: readSection(last, 'previous_plan'),
        faults: readSection(last, 'faults'),
      })
      const parsed = planDraftSchema.safeParse(answer)
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
      return Promise.resolve(parsed.success ? { draft: parsed.data, text, usage: NO_USAGE } : { draft: undefined, faults: ['not JSON'], text, usage: NO_USAGE })
    },
  }
  const drawn = await drawPlan(request, { drafter, signal: AbortSignal.timeout(10_000), onUsage, onRejected: (faults) => rejected.push(faults) })
  return { ...drawn, prompts, rejected }
}
