import { agentOf, readPlan, toSection, type AgentSummary, type Plan } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import { answerPlanning } from './answer-planning.ts'

const rag = agent('rag', ['retrieve', 'Finds passages in the documents'], ['answer-from-knowledge', 'Answers a question from the documents'])
const reasoning = agent('reasoning', ['reason', 'Thinks step by step'], ['answer', 'Writes the answer'])
const mockSearch = agent('mock-search', ['search', 'Returns made-up search results'])
const mockAnalysis = agent('mock-analysis', ['analyze', 'Returns a made-up analysis of its inputs'])
const ours = [rag, reasoning]

describe('the shape of a plan follows from the form of the goal', () => {
  test.each<[goal: string, shape: string[]]>([
    ['How do I configure rate limiting?', ['find-configure-rate-limiting:rag/retrieve', 'answer:reasoning/answer < find-configure-rate-limiting']],
    [
      'Compare stalled jobs with delayed jobs.',
      [
        'find-stalled-jobs:rag/retrieve',
        'find-delayed-jobs:rag/retrieve',
        'compare:reasoning/reason < find-stalled-jobs find-delayed-jobs',
        'answer:reasoning/answer < find-stalled-jobs find-delayed-jobs compare',
      ],
    ],
    [
      'BullMQ vs A2A',
      [
        'find-bullmq:rag/retrieve',
        'find-a2a:rag/retrieve',
        'compare:reasoning/reason < find-bullmq find-a2a',
        'answer:reasoning/answer < find-bullmq find-a2a compare',
      ],
    ],
    [
      'What is the difference between fixed and exponential backoff?',
      [
        'find-fixed-backoff:rag/retrieve',
        'find-exponential-backoff:rag/retrieve',
        'compare:reasoning/reason < find-fixed-backoff find-exponential-backoff',
        'answer:reasoning/answer < find-fixed-backoff find-exponential-backoff compare',
      ],
    ],
    [
      'Compare queues, workers and flows.',
      [
        'find-queues:rag/retrieve',
        'find-workers:rag/retrieve',
        'find-flows:rag/retrieve',
        'compare:reasoning/reason < find-queues find-workers find-flows',
        'answer:reasoning/answer < find-queues find-workers find-flows compare',
      ],
    ],
    [
      'What is an Agent Card? How are jobs retried?',
      ['find-agent-card:rag/retrieve', 'find-jobs-retried:rag/retrieve', 'answer:reasoning/answer < find-agent-card find-jobs-retried'],
    ],
    [
      'What is a flow and how does a worker stall?',
      ['find-flow:rag/retrieve', 'find-worker-stall:rag/retrieve', 'answer:reasoning/answer < find-flow find-worker-stall'],
    ],
    ['Why do jobs stall?', ['find-jobs-stall:rag/retrieve', 'weigh:reasoning/reason < find-jobs-stall', 'answer:reasoning/answer < find-jobs-stall weigh']],
    [
      'Research agent discovery step by step and write a report on it.',
      [
        'find-research-agent-discovery:rag/retrieve',
        'weigh:reasoning/reason < find-research-agent-discovery',
        'answer:reasoning/answer < find-research-agent-discovery weigh',
      ],
    ],
    ['Tell me about workers, with sources.', ['find-workers:rag/retrieve', 'answer:reasoning/answer < find-workers']],
    [
      'Wie werden fehlgeschlagene Aufgaben wiederholt?',
      ['find-wie-werden-fehlgeschlagene:rag/retrieve', 'answer:reasoning/answer < find-wie-werden-fehlgeschlagene'],
    ],
    ['什么是队列？', ['find-1:rag/retrieve', 'answer:reasoning/answer < find-1']],
    ['?', ['find-1:rag/retrieve', 'answer:reasoning/answer < find-1']],
  ])('%s', (goal, shape) => {
    expect(outline(planFor(goal, ours))).toEqual(shape)
  })
})

describe('a goal that says so gets nodes of other kinds', () => {
  const thinker = agent('thinker', ['reason', 'Thinks as well'])

  test('a vote, among different agents where there are such', () => {
    const plan = planFor('Is polling safer than streaming? Let three agents vote.', [...ours, thinker])
    expect(outline(plan)).toEqual([
      'find-polling:rag/retrieve',
      'find-streaming:rag/retrieve',
      'vote:vote < find-polling find-streaming',
      'answer:reasoning/answer < find-polling find-streaming vote',
    ])
    expect(plan.nodes[2]).toMatchObject({
      instruction: 'Is polling safer than streaming',
      options: ['polling', 'streaming'],
      voters: [{ agent: 'reasoning' }, { agent: 'thinker' }, { agent: 'reasoning' }],
      decide: 'majority',
      judge: { agent: 'reasoning', skill: 'reason' },
    })
  })

  test('a vote that a judge decides, where answers are free or a judge is asked for', () => {
    expect(planFor('What causes stalled jobs? Let five agents vote.', ours).nodes[1]).toMatchObject({
      kind: 'vote',
      decide: 'judge',
      voters: Array.from({ length: 5 }, () => ({ agent: 'reasoning', skill: 'reason' })),
    })
    expect(planFor('Do two agents agree that jobs stall? Let a judge decide.', ours).nodes[1]).toMatchObject({ decide: 'judge', options: ['yes', 'no'] })
  })

  test('a vote among agents that are called by name', () => {
    const plan = planFor('Let the agents mock-search and mock-analysis vote on whether apples are fruit. Let the agents vote.', [
      ...ours,
      mockSearch,
      mockAnalysis,
    ])
    expect(plan.nodes.find(({ kind }) => kind === 'vote')).toMatchObject({ voters: [{ agent: 'mock-search' }, { agent: 'mock-analysis' }] })
  })

  test('a map over what is found, which somebody lists first', () => {
    const plan = planFor('For every setting of workers that is found, explain what it does.', ours)
    expect(outline(plan)).toEqual([
      'find:rag/retrieve',
      'list:reasoning/reason < find',
      'each:reasoning/reason < list find',
      'answer:reasoning/answer < find list each',
    ])
    expect(plan.nodes[1]?.instruction).toBe('List every setting of workers that is found, one a line, and nothing else.')
    expect(plan.nodes[2]).toMatchObject({ kind: 'map', over: 'list', instruction: 'Explain what it does.', on_item_failure: 'skip' })
    expect(plan.nodes[2]).not.toHaveProperty('stream')
  })

  test('a streaming map, on each as soon as it is there', () => {
    expect(planFor('Find the settings of workers and explain each as soon as it is found.', ours).nodes[2]).toMatchObject({
      kind: 'map',
      stream: true,
      instruction: 'Explain the item.',
    })
  })

  test('a map from one agent to another, called by name', () => {
    const plan = planFor('Ask mock-search for prices [list 3], and for each item ask mock-analysis to weigh it [delay 5].', [...ours, mockSearch, mockAnalysis])
    expect(outline(plan)).toEqual(['list:mock-search/search', 'each:mock-analysis/analyze < list', 'answer:reasoning/answer < list each'])
    expect(plan.nodes.slice(0, 2).map(({ instruction }) => instruction)).toEqual([
      'Ask mock-search for prices [list 3]',
      'Ask mock-analysis to weigh it [delay 5].',
    ])
  })

  test('a list that stands in the goal is looked up side by side, without a map', () => {
    const plan = planFor('For each of BullMQ, A2A and pgvector, say how it handles failure.', ours)
    expect(plan.nodes.map(({ instruction }) => instruction)).toEqual([
      'how BullMQ handles failure',
      'how A2A handles failure',
      'how pgvector handles failure',
      expect.stringContaining('Write the answer'),
    ])
  })

  test('a plan of its own for a part, and what is left to do with it', () => {
    const plan = planFor('As a sub-project, find out how BullMQ handles stalled jobs; then compare it with A2A task states.', ours)
    expect(outline(plan)).toEqual([
      'study-bullmq-handles-stalled-jobs:plan',
      'find-a2a-task-states:rag/retrieve',
      'compare:reasoning/reason < study-bullmq-handles-stalled-jobs find-a2a-task-states',
      'answer:reasoning/answer < study-bullmq-handles-stalled-jobs find-a2a-task-states compare',
    ])
    expect(plan.nodes[0]?.instruction).toBe('find out how BullMQ handles stalled jobs')
  })

  test('but only where its schema has words for them', () => {
    const goal = 'Write a separate plan for finding out about workers. Then tell me how jobs stall.'
    const prompt = [toSection('agents', JSON.stringify(ours)), toSection('goal', goal)].join('\n\n')
    expect(answerPlanning(prompt, new Set(['agent', 'map', 'vote']))?.nodes.map(({ kind }) => kind)).not.toContain('plan')
    expect(answerPlanning(prompt)?.nodes[0]?.kind).toBe('plan')
    const compared = [
      toSection('agents', JSON.stringify(ours)),
      toSection('goal', 'Write a separate plan for buying pears, then compare it with apples.'),
    ].join('\n\n')
    expect(
      answerPlanning(compared, new Set(['agent']))
        ?.nodes.slice(0, 2)
        .map(({ instruction }) => instruction),
    ).toEqual(['buying pears', 'apples'])
    const vote = [toSection('agents', JSON.stringify(ours)), toSection('goal', 'Are apples fruit? Let three agents vote.')].join('\n\n')
    expect(answerPlanning(vote, new Set(['agent']))?.nodes.map(({ instruction }) => instruction)).toEqual([
      'Are apples fruit',
      expect.stringContaining('Write the answer'),
    ])
  })

  test('and not where it only speaks of such things', () => {
    for (const goal of [
      'How does the senate decide by majority?',
      'What does the constitution say about the right to vote?',
      'What is said about every citizen?',
      'How do agents agree on a plan?',
    ])
      expect(planFor(goal, ours).nodes.map(({ kind }) => kind)).not.toContain('vote')
  })

  test('a refused one is drawn simpler', () => {
    const goal = 'Are apples fruit? Let three agents vote.'
    const plan = replan(goal, ours, { faults: ['vote: no'], previous: planFor(goal, ours) })
    expect(plan.nodes.map(({ kind }) => kind)).not.toContain('vote')
  })
})

describe('agents are chosen by what their cards say', () => {
  test('a search agent looks up and an analysis agent weighs where there are no others', () => {
    expect(outline(planFor('Compare apples with pears.', [mockSearch, mockAnalysis]))).toEqual([
      'find-apples:mock-search/search',
      'find-pears:mock-search/search',
      'compare:mock-analysis/analyze < find-apples find-pears',
      'answer:mock-analysis/analyze < find-apples find-pears compare',
    ])
  })

  test('real agents come before mocks, whatever their order', () => {
    const mockRag = agent('mock-rag', ['retrieve', 'Returns two made-up passages'])
    expect(planFor('Tell me about workers.', [mockSearch, mockRag, mockAnalysis, ...ours]).nodes.map(agentOf)).toEqual(['rag', 'reasoning'])
  })

  test('one agent that only retrieves still makes a plan', () => {
    const retriever = agent('rag', ['retrieve', 'Finds passages'])
    expect(outline(planFor('Compare apples with pears.', [retriever]))).toEqual([
      'find-apples:rag/retrieve',
      'find-pears:rag/retrieve',
      'answer:rag/retrieve < find-apples find-pears',
    ])
  })

  test('an agent of another trade is given the whole goal', () => {
    const taxi = agent('taxi', ['book', 'Books taxis'])
    const plan = planFor('Book a taxi to the station.', [taxi])
    expect(outline(plan)).toEqual(['answer:taxi/book'])
    expect(plan.nodes[0]?.instruction).toBe('Book a taxi to the station.')
  })

  test('agents that the goal calls by name are asked, side by side', () => {
    expect(outline(planFor('Ask mock-search and mock-analysis about apples.', [...ours, mockSearch, mockAnalysis]))).toEqual([
      'ask-mock-search:mock-search/search',
      'ask-mock-analysis:mock-analysis/analyze',
      'answer:reasoning/answer < ask-mock-search ask-mock-analysis',
    ])
  })
})

describe('words in brackets', () => {
  test('stand in the instruction of the agent that they are said to, whole', () => {
    const plan = planFor('Ask mock-search to roll it out [ask deploy {"env":"prod, eu"}], then ask mock-analysis to check it [question Which region?].', [
      ...ours,
      mockSearch,
      mockAnalysis,
    ])
    expect(plan.nodes.slice(0, 2).map(({ instruction, needs }) => [instruction, needs])).toEqual([
      ['Ask mock-search to roll it out [ask deploy {"env":"prod, eu"}]', []],
      ['Ask mock-analysis to check it [question Which region?].', ['ask-mock-search']],
    ])
    expect(plan.nodes.some(({ approval }) => approval !== undefined)).toBe(false)
  })

  test('an agent that is asked twice has two nodes; one that is only spoken of again has not', () => {
    const twice = planFor('Ask mock-search to roll it out [ask deploy {}], then ask mock-search to check it.', [...ours, mockSearch])
    expect(outline(twice).slice(0, 2)).toEqual(['ask-mock-search:mock-search/search', 'ask-mock-search-2:mock-search/search < ask-mock-search'])
    const once = planFor('Ask mock-search about apples, as mock-search knows them.', [...ours, mockSearch])
    expect(outline(once)).toEqual(['ask-mock-search:mock-search/search', 'answer:reasoning/answer < ask-mock-search'])
  })

  test('[approve: why] is an approval of the node that it stands in, and of no other', () => {
    const plan = planFor('How do I pause workers? [approve-high: it costs] What is an Agent Card?', ours)
    expect(plan.nodes.map(({ instruction, approval }) => [instruction.slice(0, 24), approval])).toEqual([
      ['How do I pause workers?', { why: 'it costs', risk: 'high' }],
      ['What is an Agent Card?', undefined],
      ['Write the answer to the ', undefined],
    ])
  })

  test('[approve: why] in words of which no work is made is about the answer', () => {
    const plan = planFor('Find the retry rules and write a summary of it. [approve: it goes out]', ours)
    expect(plan.nodes.flatMap(({ id, approval }) => (approval ? [id] : []))).toEqual(['answer'])
  })

  test('[gate: why] has a person look at what was found before it is answered', () => {
    const plan = planFor('Compare apples with pears. [gate: see that it is true]', ours)
    const gate = plan.nodes.find(({ kind }) => kind === 'approval')
    expect(gate).toMatchObject({ id: 'sign-off', approval: { why: 'see that it is true' } })
    expect(plan.nodes.at(-1)).toMatchObject({ id: 'answer', needs: [...(gate?.needs ?? []), 'sign-off'] })
  })
})

describe('a person’s word is asked for', () => {
  test.each([
    ['Ask mock-search to delete the backups.', 'high'],
    ['Let mock-search send the newsletter.', 'medium'],
    ['Find the retry rules, with approval.', 'medium'],
    ['Ask mock-search about prices once somebody has approved it.', 'medium'],
  ])('where the goal says so, or has an agent do what cannot be taken back: %s', (goal, risk) => {
    expect(planFor(goal, [...ours, mockSearch]).nodes[0]?.approval?.risk).toBe(risk)
  })

  test.each([
    'What happens with approval requests?',
    'Ask mock-search to find out how to delete backups.',
    'How do I delete jobs?',
    'Ask mock-search to delete it [ask delete {"id":1}].',
  ])('and nowhere else: %s', (goal) => {
    expect(planFor(goal, [...ours, mockSearch]).nodes.flatMap(({ approval }) => approval ?? [])).toEqual([])
  })
})

test('each look-up carries the words that the others share', () => {
  const plan = planFor('What is the difference between stalled and failed jobs in BullMQ?', ours)
  expect(plan.nodes.slice(0, 2).map(({ instruction }) => instruction)).toEqual(['stalled jobs in BullMQ', 'failed jobs in BullMQ'])
})

test('one look-up of several may fail; a lone one may not', () => {
  expect(planFor('Compare apples with pears.', ours).nodes.map(({ on_failure }) => on_failure)).toEqual(['skip', 'skip', 'skip', 'fail'])
  expect(planFor('Tell me about workers.', ours).nodes.map(({ on_failure }) => on_failure)).toEqual(['fail', 'fail'])
})

test('"it" is looked up by what was asked before', () => {
  const prompt = [
    toSection('agents', JSON.stringify(ours)),
    toSection('conversation', 'user: What are delayed jobs?\nassistant: Jobs that wait.'),
    toSection('goal', 'How do I remove them?'),
  ].join('\n\n')
  expect(answerPlanning(prompt)?.nodes[0]?.instruction).toBe('How do I remove them? (delayed jobs)')
})

describe('a plan that was refused', () => {
  test('is drawn anew without the agent that the faults speak of', () => {
    const other = agent('archive', ['search', 'Searches the archive'])
    const plan = replan('Tell me about workers.', [...ours, other], { faults: ["agent 'rag' is unavailable"] })
    expect(outline(plan)).toEqual(['find-workers:archive/search', 'answer:reasoning/answer < find-workers'])
  })

  test('is drawn simpler when it would come out the same', () => {
    const goal = 'Compare apples with pears.'
    const first = planFor(goal, ours)
    expect(outline(replan(goal, ours, { faults: ['too many nodes'], previous: first }))).toEqual([
      'find-apples:rag/retrieve',
      'find-pears:rag/retrieve',
      'answer:reasoning/answer < find-apples find-pears',
    ])
  })

  test('that was no plan at all is drawn as if for the first time', () => {
    const goal = 'Compare apples with pears.'
    expect(replan(goal, ours, { faults: ['nodes: expected array'], previous: { nonsense: true } })).toEqual(planFor(goal, ours))
  })
})

test('without a goal or agents there is no plan', () => {
  expect(answerPlanning(toSection('goal', 'x'))).toBeUndefined()
  expect(answerPlanning(toSection('agents', JSON.stringify(ours)))).toBeUndefined()
  expect(answerPlanning([toSection('goal', 'x'), toSection('agents', 'not json')].join('\n'))).toBeUndefined()
})

/** Every plan that a test looks at is sound, by the contract's own rules. */
function sound(plan: Plan | undefined, agents: readonly AgentSummary[]): Plan {
  expect(readPlan(plan, agents, { levels: 1 }).faults).toEqual([])
  return plan as Plan
}

function planFor(goal: string, agents: readonly AgentSummary[]): Plan {
  return sound(answerPlanning([toSection('agents', JSON.stringify(agents)), toSection('goal', goal)].join('\n\n')), agents)
}

function replan(goal: string, agents: readonly AgentSummary[], refused: { faults: string[]; previous?: unknown }): Plan {
  const previous = refused.previous === undefined ? [] : [toSection('previous_plan', JSON.stringify(refused.previous))]
  const sections = [toSection('agents', JSON.stringify(agents)), toSection('goal', goal), ...previous, toSection('faults', refused.faults.join('\n'))]
  return sound(answerPlanning(sections.join('\n\n')), agents)
}

/** `id:agent/skill < needs` */
function outline(plan: Plan): string[] {
  return plan.nodes.map(
    (node) => `${node.id}:${agentOf(node)}${'skill' in node ? `/${node.skill}` : ''}${node.needs.length > 0 ? ` < ${node.needs.join(' ')}` : ''}`,
  )
}

function agent(id: string, ...skills: [id: string, description: string][]): AgentSummary {
  const isMock = id.startsWith('mock-')
  return {
    id,
    description: isMock ? `A mock agent. Everything it returns is made up.` : `The ${id} agent`,
    skills: skills.map(([skill, description]) => ({ id: skill, name: skill, description, tags: [skill], examples: [] })),
  }
}
