import { NO_USAGE, type NodeState, type Plan, type SessionDocument, UNDRIVEN, type VoteNode } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { estimatePlan, rangeOf } from './estimate-plan.ts'
import { toWorkHistory } from './work-history.ts'

const BEGAN = Date.parse('2026-11-21T10:00:00Z')
const NOW = { planning: { seconds: 1, usage: NO_USAGE }, budget: {}, perAgent: 2 }

test('work that follows takes as long as all of it, work at once as long as the longest', () => {
  const history = toWorkHistory([
    sessionOf({ rag: took(2, 100, 0.001), reason: took(10, 1_000, 0.01) }),
    ...again(sessionOf({ rag: took(2, 100, 0.001), reason: took(10, 1_000, 0.01) }), 3),
  ])
  const inARow = estimatePlan(planOf(node('a', 'rag'), node('b', 'reason', ['a'])), { ...NOW, history })
  const atOnce = estimatePlan(planOf(node('a', 'rag'), node('c', 'reason'), node('b', 'rag', ['a', 'c'])), { ...NOW, history })
  expect(inARow).toMatchObject({ seconds: { low: 13, high: 13 }, tokens: { low: 1_100, high: 1_100 }, cost_usd: { low: 0.011, high: 0.011 } })
  expect(atOnce).toMatchObject({ seconds: { low: 13, high: 13 }, tokens: { low: 1_200, high: 1_200 } })
  expect(inARow.notes).toEqual(['Rests on 4 sessions that have ended: from the lower quartile to the ninth decile.'])
})

test('what differs is a range: the lower quartile, and the ninth decile', () => {
  expect(rangeOf([1, 2, 3, 4, 5])).toEqual({ low: 2, high: 4.6 })
  expect(rangeOf([7])).toEqual({ low: 7, high: 7 })
})

test('an agent that has hardly worked is named, and what it takes is not made up', () => {
  const history = toWorkHistory(again(sessionOf({ rag: took(2, 100, 0.001), new: took(1, 1, 1) }), 2))
  const estimate = estimatePlan(planOf(node('a', 'rag'), node('b', 'new', ['a'])), { ...NOW, history })
  expect(estimate).toMatchObject({ seconds: null, tokens: null, cost_usd: null })
  expect(estimate.notes).toContain('Agent new has not worked often enough to know what it takes.')
})

test('a skill that is hardly known takes what its agent’s other skills do', () => {
  const history = toWorkHistory(again(sessionOf({ reason: took(4, 10, 0) }, 'answer'), 3))
  expect(history.of('reason', 'answer')).toHaveLength(3)
  expect(history.of('reason', 'compare')).toHaveLength(3)
  expect(history.of('rag', undefined)).toEqual([])
})

test('without the price of a model there are tokens and no dollars, and the agent is named', () => {
  const history = toWorkHistory(again(sessionOf({ reason: took(4, 500, null) }), 3))
  const estimate = estimatePlan(planOf(node('a', 'reason')), { ...NOW, history })
  expect(estimate).toMatchObject({ cost_usd: null, tokens: { low: 500 } })
  expect(estimate.notes).toContain('The price of a model that agent reason uses is not known (LLM_PRICES_FILE).')
})

test('a node with a condition may take nothing, and no more is estimated than the budget lets it take', () => {
  const history = toWorkHistory(again(sessionOf({ reason: took(20, 1_000, 0.02) }), 3))
  const plan = planOf({ ...node('a', 'reason'), when: { '==': [1, 1] } }, node('b', 'reason', ['a']))
  const budget = { deadline_s: 30, tokens: 1_500, usd: 0.03 }
  expect(estimatePlan(plan, { ...NOW, history, budget })).toMatchObject({
    seconds: { low: 21, high: 30 },
    tokens: { low: 1_000, high: 1_500 },
    cost_usd: { low: 0.02, high: 0.03 },
  })
})

test('a list takes its items’ work, as many at once as may be, and people’s time is not counted', () => {
  const session = sessionOf({ list: took(1, 10, 0) })
  session.plan = planOf(node('list', 'list'), { ...node('each', 'reader', ['list']), kind: 'map', over: 'list', on_item_failure: 'skip' })
  for (let index = 0; index < 4; index += 1)
    session.nodes[`each.${index}`] = { ...took(3, 100, 0.01), agent: 'reader', branch: { of: 'each', role: 'item', index, agent: 'reader' } }
  session.nodes['each'] = { ...took(9, 0, 0), agent: 'reader' }
  const history = toWorkHistory(again(session, 3))
  expect(history.items).toEqual([4, 4, 4])
  const plan = planOf(node('list', 'list'), {
    ...node('each', 'reader', ['list']),
    kind: 'map',
    over: 'list',
    on_item_failure: 'skip',
    approval: { risk: 'high', why: 'x' },
  })
  const estimate = estimatePlan(plan, { ...NOW, history })
  expect(estimate).toMatchObject({ seconds: { low: 8, high: 8 }, tokens: { low: 410, high: 410 } })
  expect(estimate.notes).toContain('Node each waits for people, whose time is not counted.')
})

test('voters take the time of the slowest; a judge is heard always, or perhaps', () => {
  const history = toWorkHistory(again(sessionOf({ a: took(2, 10, 0), b: took(6, 20, 0), judge: took(3, 30, 0) }), 3))
  const voting = (decide: 'judge' | 'majority'): VoteNode => ({
    id: 'v',
    kind: 'vote',
    instruction: 'x',
    needs: [],
    on_failure: 'fail',
    voters: [{ agent: 'a' }, { agent: 'b' }],
    judge: { agent: 'judge' },
    decide,
  })
  expect(estimatePlan(planOf(voting('judge')), { ...NOW, history })).toMatchObject({
    seconds: { low: 10, high: 10 },
    tokens: { low: 60, high: 60 },
  })
  expect(estimatePlan(planOf(voting('majority')), { ...NOW, history })).toMatchObject({
    seconds: { low: 7, high: 10 },
    tokens: { low: 30, high: 60 },
  })
})

test('work that waited for people says what it spent, and nothing of its time', () => {
  const session = sessionOf({ deploy: took(86_400, 70, 0.1) })
  session.questions = { q: { id: 'q', node: 'deploy', agent: 'deploy', epoch: 1, text: '?', asked_at: iso(1), answer: null, told: true } }
  expect(toWorkHistory([session]).of('deploy', undefined)).toEqual([{ seconds: undefined, tokens: 70, usd: 0.1 }])
})

function iso(seconds: number): string {
  return new Date(BEGAN + seconds * 1_000).toISOString()
}

function took(seconds: number, tokens: number, usd: number | null): NodeState {
  const usage = { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens, cost_usd: usd }
  return { state: 'completed', agent: '', attempts: 1, epoch: 1, usage, started_at: iso(0), finished_at: iso(seconds) }
}

/** A session in which every agent did one node. */
function sessionOf(work: Record<string, NodeState>, skill?: string): SessionDocument {
  return structuredClone({
    ...UNDRIVEN,
    schema: 1,
    id: 'ses_1',
    owner: 'ann',
    goal: 'g',
    conversation: [{ role: 'user' as const, text: 'g' }],
    request_id: 'r',
    plan: planOf(...Object.keys(work).map((agent) => ({ ...node(agent, agent), ...(skill !== undefined && { skill }) }))),
    nodes: Object.fromEntries(Object.entries(work).map(([agent, state]) => [agent, { ...state, agent }])),
    created_at: iso(0),
    updated_at: iso(0),
  } satisfies SessionDocument)
}

function again(session: SessionDocument, times: number): SessionDocument[] {
  return Array.from({ length: times }, () => session)
}

function node(id: string, agent: string, needs: string[] = []) {
  return { id, kind: 'agent' as const, agent, instruction: 'x', needs, on_failure: 'fail' as const }
}

function planOf(...nodes: Plan['nodes']): Plan {
  return { goal: 'g', nodes, answer: nodes.at(-1)?.id ?? '' }
}
