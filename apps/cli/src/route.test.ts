import { NO_USAGE, type RouteExplanation } from '@signalbox/contracts'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { startApi, type TestApi } from './fixtures/api.ts'
import { runHere } from './fixtures/run-cli.ts'

const EXPLAINED: RouteExplanation = {
  object: 'signalbox.route',
  route: 'complex',
  needs_orchestration: true,
  reason: 'compares two things',
  source: 'local',
  confidence: 0.97,
  judged_by: 'the local router',
  question: 'compare A and B',
  considered: [
    { rule: 'the caller’s wish, by header', outcome: 'does not apply' },
    { rule: 'the decision cache', outcome: 'does not know the question' },
    { rule: 'the local router', outcome: 'complex' },
  ],
  took_ms: 0.42,
  model: 'signalbox-auto',
  upstream_model: null,
  policy: { budget: 'finance' },
  plan: {
    plan: {
      goal: 'g',
      nodes: [
        { id: 'look', kind: 'agent', agent: 'rag', instruction: 'look up A and B', needs: [], on_failure: 'fail' },
        {
          id: 'answer',
          kind: 'agent',
          agent: 'reasoning',
          instruction: 'compare \u001b[31mthem',
          needs: ['look'],
          on_failure: 'fail',
          approval: { risk: 'high', why: 'x' },
        },
      ],
      answer: 'answer',
    },
    source: 'planner',
    repairs: 0,
    usage: NO_USAGE,
    took_ms: 1_200,
    budget: { usd: 0.5, deadline_s: 60 },
  },
  estimate: { cost_usd: { low: 0.01, high: 0.02 }, tokens: { low: 1_000, high: 2_500 }, seconds: { low: 3, high: 9 }, notes: ['Rests on 5 sessions.'] },
}

let api: TestApi
let explained: RouteExplanation
beforeEach(async () => {
  api = await startApi()
  explained = EXPLAINED
  api.answerInstead = ({ path }, response) => {
    if (!path.startsWith('/v1/route')) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(explained))
    return true
  }
})
afterEach(() => api[Symbol.asyncDispose]())

test('a question’s way is told with its reason, its steps, its plan and what it would take', async () => {
  const { stdout, code } = await runHere(['route', 'compare A and B'], api)
  expect(code).toBe(0)
  expect(stdout).toBe(`Route       complex: compares two things
Decided by  the local router, 97 % sure, in 0.42 ms
Judged      compare A and B
Model       signalbox-auto
Policy      budget by finance
Plan        2 nodes, by the planner, in 1.2 s
Budget      $0.5, 60 s

Considered, beside 1 step that did not apply
  the decision cache  does not know the question
  the local router    complex

NODE    AGENT      NEEDS  ASKS      DOES
look    rag                         look up A and B
answer  reasoning  look   a person  compare them

Estimate  3.0 s to 9.0 s, 1,000 to 2,500 tokens, $0.01 to $0.02
  Rests on 5 sessions.
`)
  expect(api.taken.at(-1)).toMatchObject({
    method: 'POST',
    path: '/v1/route',
    body: { model: 'signalbox-auto', messages: [{ role: 'user', content: 'compare A and B' }] },
  })
})

test('without a plan, and for another model, it is asked so', async () => {
  const { plan: _plan, ...simple } = { ...EXPLAINED, route: 'simple' as const, upstream_model: 'gpt-4o' }
  explained = { ...simple, estimate: { cost_usd: null, tokens: null, seconds: null, notes: [] } }
  const { stdout } = await runHere(['route', 'hi', '--no-plan', '--model', 'fast'], api)
  expect(stdout).toContain('signalbox-auto, which is gpt-4o upstream')
  expect(stdout).toContain('Estimate  not known')
  expect(stdout).not.toContain('NODE')
  expect(api.taken.at(-1)).toMatchObject({ path: '/v1/route?plan=false', body: { model: 'fast' } })
})

test('a plan that could not be had says why', async () => {
  explained = { ...EXPLAINED, plan: null, plan_note: 'The plan was not drawn within 20 s.' }
  expect((await runHere(['route', 'compare A and B'], api)).stdout).toContain('Plan        The plan was not drawn within 20 s.')
})

test('as JSON it is what the API said', async () => {
  const { stdout } = await runHere(['route', 'compare A and B', '--json'], api)
  expect(JSON.parse(stdout)).toEqual(EXPLAINED)
})

test('a question must be there', async () => {
  expect((await runHere(['route'], api)).code).toBe(2)
})
