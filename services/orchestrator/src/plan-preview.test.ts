import { planPreviewSchema } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { node, planOf, startAgent, startOrchestrator } from './fixtures/world.ts'

const QUESTION = { conversation: [{ role: 'user', text: 'compare A and B' }] }

test('the plan that would run is drawn and checked, and nothing is begun or asked of any agent', async () => {
  let runs = 0
  const agent = await startAgent('reader', (_turn, writer) => {
    runs += 1
    writer.text('x')
  })
  const goals: string[] = []
  const world = await startOrchestrator([agent], (request) => {
    goals.push(request.goal)
    return planOf(node('look', 'reader'), node('answer', 'reader', ['look']))
  })
  const { status, body } = await world.manage('POST', '/v1/plan', { ...QUESTION, budget: { usd: 0.5 } })
  expect(status).toBe(200)
  expect(planPreviewSchema.parse(body)).toMatchObject({
    object: 'signalbox.plan',
    source: 'planner',
    repairs: 0,
    plan: {
      answer: 'answer',
      nodes: [
        { id: 'look', agent: 'reader' },
        { id: 'answer', needs: ['look'] },
      ],
    },
    budget: { usd: 0.5, deadline_s: 600 },
    estimate: { seconds: null, tokens: null, cost_usd: null, notes: ['Agent reader has not worked often enough to know what it takes.'] },
  })
  expect(goals).toEqual(['compare A and B'])
  expect(runs).toBe(0)
  expect((await world.manage('GET', '/v1/sessions')).body['data']).toEqual([])
})

test('what work took in sessions before is what it is estimated to take', async () => {
  const agent = await startAgent('reader', (_turn, writer) => writer.text('x'))
  const world = await startOrchestrator([agent], planOf(node('look', 'reader'), node('answer', 'reader', ['look'])))
  await Promise.all([world.ask('one'), world.ask('two')])
  const { body } = await world.manage('POST', '/v1/plan', QUESTION)
  const { estimate } = planPreviewSchema.parse(body)
  expect(estimate).toMatchObject({ tokens: { low: 0, high: 0 }, notes: ['Rests on 2 sessions that have ended: from the lower quartile to the ninth decile.'] })
  expect(estimate.seconds?.high).toBeGreaterThan(0)
})

test('a plan that is not sound is mended or replaced, as a session’s own would be', async () => {
  const agent = await startAgent('reader', (_turn, writer) => writer.text('x'))
  const world = await startOrchestrator([agent], { goal: 'g', nodes: [node('answer', 'nobody')], answer: 'answer' })
  const { body } = await world.manage('POST', '/v1/plan', QUESTION)
  expect(planPreviewSchema.parse(body)).toMatchObject({ source: 'fallback', repairs: 3, plan: { nodes: [{ agent: 'reader' }] } })
})

test('a planner that takes longer than is waited is a deadline exceeded, in words', async () => {
  const agent = await startAgent('reader', (_turn, writer) => writer.text('x'))
  const silent = await startAgent('planner', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })))
  const world = await startOrchestrator([agent], planOf(node('answer', 'reader')), { PLANNER_URL: silent })
  const { status, body } = await world.manage('POST', '/v1/plan', { ...QUESTION, deadline_s: 0.2 })
  expect(status).toBe(504)
  expect(JSON.stringify(body)).toContain('The plan was not drawn within 0.2 s.')
})

test.each([
  ['without a conversation', {}, 400],
  ['without a question', { conversation: [{ role: 'assistant', text: 'hi' }] }, 400],
  ['with a question of blanks', { conversation: [{ role: 'user', text: '  ' }] }, 400],
  ['with something unknown', { ...QUESTION, run: true }, 400],
  ['with an endless deadline', { ...QUESTION, deadline_s: 1e9 }, 400],
  ['that is too long', { conversation: [{ role: 'user', text: 'x'.repeat(2_000) }] }, 413],
])('a request %s is refused', async (_name, request, expected) => {
  const agent = await startAgent('reader', (_turn, writer) => writer.text('x'))
  const world = await startOrchestrator([agent], planOf(node('answer', 'reader')), { MAX_CONVERSATION_CHARS: 1_000 })
  expect((await world.manage('POST', '/v1/plan', request)).status).toBe(expected)
})

test('without any agent there is nobody to plan for', async () => {
  const world = await startOrchestrator([], planOf(node('answer', 'reader')))
  expect((await world.manage('POST', '/v1/plan', QUESTION)).status).toBe(503)
})

test('only the services of this house may ask', async () => {
  const agent = await startAgent('reader', (_turn, writer) => writer.text('x'))
  const world = await startOrchestrator([agent], planOf(node('answer', 'reader')), { SERVICE_TOKEN: 'sbt_0123456789abcdef' })
  expect((await world.manage('POST', '/v1/plan', QUESTION)).status).toBe(401)
})
