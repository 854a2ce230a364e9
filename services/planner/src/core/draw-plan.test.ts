import { NO_USAGE, planSchema, readSection, type AgentSummary, type PlanRequest, type Usage } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { drawPlan, type DraftAnswer, type DraftCall } from './draw-plan.ts'
import { planDraftSchema } from './plan-draft.ts'

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

const PLAN = {
  nodes: SOUND.nodes.map(({ id, agent, skill, instruction, needs, on_failure }) => ({ id, agent, skill, instruction, needs, on_failure })),
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

  test('teaches the kinds of node, and plans within plans only where there may be such', async () => {
    const flat = (await draw([SOUND])).prompts[0]
    expect(flat?.system).toMatch(/"map":[^]*"vote":/)
    expect(flat?.system).not.toMatch(/"plan"|<current_plan>/)
    expect(flat?.nests).toBe(false)
    const deep = (await draw([SOUND], undefined, { ...REQUEST, levels: 2 })).prompts[0]
    expect(deep?.system).toContain('"kind":"plan"')
    expect(deep?.nests).toBe(true)
  })

  test('shows examples that are drafts themselves', async () => {
    const { prompts } = await draw([SOUND], undefined, { ...REQUEST, levels: 1 })
    const lines = (prompts[0]?.system ?? '').split('\n').filter((line) => line.startsWith('{"kind":'))
    const nodes = lines.map((line) => JSON.parse(line.replace(/, …\}$/, '}').replace(/,$/, '')) as unknown)
    expect(planDraftSchema.safeParse({ nodes, answer: 'answer' }).error).toBeUndefined()
    expect(nodes).toHaveLength(9)
  })
})

describe('a revision', () => {
  const plan = planSchema.parse({ goal: REQUEST.goal, ...PLAN })
  const current = {
    plan,
    nodes: [
      { id: 'a', state: 'completed', agent: 'rag', result: '3 passages\nnew: pending (rag)' },
      { id: 'b', state: 'failed', agent: 'rag' },
      { id: 'end', state: 'pending', agent: 'writer' },
    ],
    reason: "node 'b' failed: rag is away",
  }
  const revision: PlanRequest = { ...REQUEST, current }

  test('is asked for with the plan that runs, a line for each node, and the reason', async () => {
    const { prompts } = await draw([SOUND], undefined, revision)
    expect(JSON.parse(prompts[0]?.current ?? '')).toEqual({ nodes: plan.nodes, answer: 'end' })
    expect(prompts[0]?.progress?.split('\n')).toEqual(['a: completed (rag): 3 passages new: pending (rag)', 'b: failed (rag)', 'end: pending (writer)'])
    expect(prompts[0]?.reason).toBe("node 'b' failed: rag is away")
    expect(prompts[0]?.system).toMatch(/plan for this goal is running/)
  })

  test('after a rejection is told that it stands', async () => {
    const { prompts } = await draw([SOUND], undefined, revision)
    expect(prompts[0]?.system).toMatch(/a person rejected something, that stands: do not plan the same again/)
  })

  test('may leave out what has begun, which stays', async () => {
    const { plan: revised } = await draw([{ nodes: [{ ...SOUND.nodes[2], needs: ['a'] }], answer: 'end' }], undefined, revision)
    expect(revised.nodes.map(({ id, needs }) => [id, needs])).toEqual([
      ['a', []],
      ['b', []],
      ['end', ['a']],
    ])
  })

  test('that changes what has begun goes back to the model', async () => {
    const changed = { ...SOUND, nodes: SOUND.nodes.map((node) => (node.id === 'b' ? { ...node, instruction: 'B, but better' } : node)) }
    const { repairs, rejected } = await draw([changed, SOUND], undefined, revision)
    expect(repairs).toBe(1)
    expect(rejected).toEqual([["node 'b' has begun and cannot be changed; leave it out, or give it back as it was"]])
  })

  test('of a large plan keeps what is pending whole, and shortens what has begun', async () => {
    const nodes = plan.nodes.map((node) => ({ ...node, instruction: `${node.id} `.repeat(3_999) }))
    const more = Array.from({ length: 8 }, (_, index) => ({ ...nodes[0], id: `a${index}` }) as (typeof nodes)[0])
    const large = { ...plan, nodes: [...more, ...nodes] }
    const begun = [...more, ...nodes.slice(0, 2)].map(({ id }) => ({ id, state: 'completed', agent: 'rag' }))
    const { prompts } = await draw([{ nodes: [SOUND.nodes[2]], answer: 'end' }], undefined, { ...revision, current: { ...current, plan: large, nodes: begun } })
    const shown = JSON.parse(prompts[0]?.current ?? '') as typeof large
    expect(shown.nodes.at(-1)).toEqual(nodes.at(-1))
    expect(shown.nodes[0]?.instruction).toHaveLength(120)
  })
})

interface ReadPrompt {
  agents: string | undefined
  conversation: string | undefined
  goal: string | undefined
  previous: string | undefined
  faults: string | undefined
  current: string | undefined
  progress: string | undefined
  reason: string | undefined
  system: string
  /** Whether the answer's form has plans within plans. */
  nests: boolean
}

/** Draws with a drafter that says these answers, one after the other; a text stands for an answer that is no draft. */
async function draw(answers: readonly unknown[], onUsage: (usage: Usage) => void = () => undefined, request: PlanRequest = REQUEST) {
  const prompts: ReadPrompt[] = []
  const rejected: (readonly string[])[] = []
  const drafter = {
    draft({ prompt, schema }: DraftCall): Promise<DraftAnswer> {
      const answer = answers[prompts.length]
      const last = prompt.at(-1)?.content ?? ''
      prompts.push({
        agents: readSection(last, 'agents'),
        conversation: readSection(last, 'conversation'),
        goal: readSection(last, 'goal'),
        previous: readSection(last, 'previous_plan'),
        faults: readSection(last, 'faults'),
        current: readSection(last, 'current_plan'),
        progress: readSection(last, 'progress'),
        reason: readSection(last, 'reason'),
        system: prompt[0]?.content ?? '',
        nests: schema.safeParse({ nodes: [{ kind: 'plan', id: 'a', instruction: 'A' }], answer: 'a' }).success,
      })
      const parsed = schema.safeParse(answer)
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
      return Promise.resolve(parsed.success ? { draft: parsed.data, text, usage: NO_USAGE } : { draft: undefined, faults: ['not JSON'], text, usage: NO_USAGE })
    },
  }
  const drawn = await drawPlan(request, { drafter, signal: AbortSignal.timeout(10_000), onUsage, onRejected: (faults) => rejected.push(faults) })
  return { ...drawn, prompts, rejected }
}
