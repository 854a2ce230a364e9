import { NO_USAGE, routeExplanationSchema, type PlanPreview, type RouteExplanation } from '@signalbox/contracts'
import { afterEach, expect, test } from 'vitest'

import type { ErrorBody } from './fixtures/gateway.ts'
import { chatOf, COMPLEX, SIMPLE, startRouting, type RoutingWorld } from './fixtures/routing.ts'
import { isClassifierRequest, type ChatAnswer } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const PREVIEW: PlanPreview = {
  object: 'signalbox.plan',
  plan: { goal: 'g', nodes: [{ id: 'answer', kind: 'agent', agent: 'rag', instruction: 'look', needs: [], on_failure: 'fail' }], answer: 'answer' },
  source: 'planner',
  repairs: 0,
  usage: NO_USAGE,
  took_ms: 12,
  budget: { deadline_s: 600 },
  estimate: { cost_usd: { low: 0.01, high: 0.02 }, tokens: { low: 1_000, high: 2_000 }, seconds: { low: 3, high: 9 }, notes: ['Rests on 5 sessions.'] },
}

interface Explaining extends RoutingWorld {
  /** `POST /v1/route`, with the body checked against the contract. */
  explain(body: object, options?: { headers?: Record<string, string>; query?: string }): Promise<RouteExplanation>
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>
  /** How often the orchestrator was asked for a plan. */
  plans(): number
}

async function explainingWith(
  classify: ChatAnswer,
  plan: () => Response = () => Response.json(PREVIEW),
  environment: Record<string, string> = {},
): Promise<Explaining> {
  const world = await startRouting(classify, environment)
  open.push(world)
  const { gateway, orchestrator } = world
  orchestrator.answerInstead = ({ path }) => (path === '/v1/plan' ? plan() : undefined)
  const post: Explaining['post'] = (path, body, headers = {}) =>
    gateway.get(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
  return {
    ...world,
    post,
    explain: async (body, { headers, query = '' } = {}) => routeExplanationSchema.parse(await (await post(`/v1/route${query}`, body, headers)).json()),
    plans: () => orchestrator.calls.filter(({ path }) => path === '/v1/plan').length,
  }
}

/** Nothing was run: no session, and nothing of the upstream but the classifier. */
function expectNothingRun({ orchestrator, upstream }: RoutingWorld): void {
  expect(orchestrator.sessions.size).toBe(0)
  expect(upstream.taken.filter((request) => !isClassifierRequest(request))).toEqual([])
}

test('a complex request is explained with its plan and what it would take, and nothing is run', async () => {
  const world = await explainingWith(COMPLEX)
  const explained = await world.explain(chatOf('compare A and B'))
  expect(explained).toMatchObject({
    object: 'signalbox.route',
    route: 'complex',
    needs_orchestration: true,
    source: 'classifier',
    reason: 'compares two things',
    judged_by: 'the classifier (small-model)',
    question: 'compare A and B',
    model: 'signalbox-auto',
    upstream_model: null,
    plan: { source: 'planner', plan: PREVIEW.plan },
    estimate: PREVIEW.estimate,
  })
  expect(explained.considered.at(0)).toEqual({ rule: 'the caller’s wish, by header', outcome: 'does not apply' })
  expect(explained.considered.at(-1)).toEqual({ rule: 'the classifier', outcome: 'complex' })
  expect(world.orchestrator.calls.at(-1)?.body).toEqual({ conversation: [{ role: 'user', text: 'compare A and B' }], deadline_s: 20 })
  expectNothingRun(world)
})

test('a chat request with x-signalbox-explain is answered so too, as JSON also where it streams', async () => {
  const world = await explainingWith(COMPLEX)
  for (const stream of [false, true]) {
    const response = await world.gateway.chat(chatOf('compare A and B', { stream }), { 'x-signalbox-explain': 'true' })
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(response.headers.get('x-request-id')).toBeTruthy()
    expect(routeExplanationSchema.parse(await response.json())).toMatchObject({ route: 'complex' })
  }
  expectNothingRun(world)
  const said = await world.gateway.chat(chatOf('compare A and B'), { 'x-signalbox-explain': 'false' })
  expect(((await said.json()) as { object: string }).object).toBe('chat.completion')
})

test.each<[string, string, object]>([
  ['x-signalbox-explain', '/v1/chat/completions', chatOf('compare A and “B”')],
  ['/v1/route', '/v1/route', chatOf('compare A and “B”')],
  ['an explained response', '/v1/responses', { model: 'signalbox-auto', input: 'compare A and “B”' }],
])('%s says the way in its headers too, as the request itself would', async (_name, path, body) => {
  const world = await explainingWith(COMPLEX)
  const { headers } = await world.post(path, body, { 'x-signalbox-explain': 'true' })
  expect(headers.get('x-signalbox-route')).toBe('complex')
  expect(headers.get('x-signalbox-route-reason')).toBe('classifier: compares two things')
  const simple = await world.post(path, { ...body, model: 'signalbox-simple' }, { 'x-signalbox-explain': 'true' })
  expect(simple.headers.get('x-signalbox-route')).toBe('simple')
  expect(simple.headers.get('x-signalbox-route-reason')).toBe('model_alias: model signalbox-simple')
  expectNothingRun(world)
})

test('the decision that is explained is the one that is then made', async () => {
  const world = await explainingWith(COMPLEX)
  await world.explain(chatOf('compare A and B'))
  expect(await world.routeOf(chatOf('compare A and B'))).toBe('complex cache')
  expect(await world.explain(chatOf('compare A and B'))).toMatchObject({ source: 'cache', judged_by: 'the classifier (small-model), a while ago' })
  expect(world.asked()).toHaveLength(1)
})

test('explaining does not make a conversation what it explains', async () => {
  const world = await explainingWith(SIMPLE)
  await world.explain(chatOf('hi'), { headers: { 'x-force-orchestration': 'true' } })
  expect(await world.routeOf(chatOf(['hi', 'hello', 'continue']))).toBe('simple classifier')
})

test('a simple request is explained with the model that would answer it, its tokens and its price', async () => {
  const world = await explainingWith(SIMPLE, undefined, { LLM_MODEL: 'gpt-4o-mini' })
  const explained = await world.explain(chatOf('x'.repeat(4_000), { max_tokens: 100 }))
  expect(explained).toMatchObject({ route: 'simple', upstream_model: 'gpt-4o-mini', estimate: { tokens: { low: 1_050, high: 1_100 }, seconds: null } })
  expect(explained.estimate.cost_usd?.low).toBeCloseTo(0.00018, 6)
  expect(explained.estimate.notes[0]).toBe('About 4 characters are a token, and the answer is supposed to have 50 to 100.')
  expect(explained.plan).toBeUndefined()
  expect(world.plans()).toBe(0)
  expectNothingRun(world)
})

test('of a model whose price is not known there is no price, and the note says why', async () => {
  const { estimate } = await (await explainingWith(SIMPLE)).explain(chatOf('hi', { model: 'some/model' }))
  expect(estimate.cost_usd).toBeNull()
  expect(estimate.notes).toContain('The price of some/model is not known (LLM_PRICES_FILE).')
})

test.each<[string, object, Record<string, string>, Partial<RouteExplanation>]>([
  ['a header', chatOf('hi'), { 'x-force-orchestration': 'true' }, { route: 'complex', source: 'header', judged_by: 'the rules', question: null }],
  ['an alias', chatOf('hi', { model: 'signalbox-simple' }), {}, { route: 'simple', source: 'model_alias' }],
  [
    'tools',
    chatOf('compare', { tools: [{ type: 'function', function: { name: 'f' } }] }),
    {},
    { route: 'simple', source: 'request_shape', reason: 'the request has tools' },
  ],
  ['what a client wraps', chatOf('compare <system-reminder>x</system-reminder>'), {}, { source: 'classifier', question: 'compare' }],
])('%s is explained as the rules see it', async (_name, body, headers, expected) => {
  const world = await explainingWith(COMPLEX)
  expect(await world.explain(body, { headers })).toMatchObject(expected)
  expectNothingRun(world)
})

test('a session that would be gone on with is named, and not planned anew', async () => {
  const world = await explainingWith(COMPLEX)
  const begun = await world.gateway.chat(chatOf('compare'), { 'x-force-orchestration': 'true' })
  const session = begun.headers.get('x-session-id') as string
  expect(await world.explain(chatOf('go on'), { headers: { 'x-session-id': session } })).toMatchObject({
    route: 'complex',
    source: 'session',
    session_id: session,
    estimate: { seconds: null, notes: [expect.stringContaining('(completed)') as string] },
  })
  expect(world.orchestrator.sessions.size).toBe(1)
  expect(world.plans()).toBe(0)
})

test('without a plan nobody is asked for one', async () => {
  const world = await explainingWith(COMPLEX)
  const explained = await world.explain(chatOf('compare A and B'), { query: '?plan=false' })
  expect(explained.plan).toBeUndefined()
  expect(explained.estimate.notes).toEqual(['What it takes is estimated by its plan, which was not asked for.'])
  expect(world.plans()).toBe(0)
  expect((await world.post('/v1/route?plan=perhaps', chatOf('hi'))).status).toBe(400)
})

test('where no plan can be had, the decision is explained all the same', async () => {
  const late = () => Response.json({ error: { code: 504, status: 'DEADLINE_EXCEEDED', message: 'The plan was not drawn within 20 s.' } }, { status: 504 })
  const explained = await (await explainingWith(COMPLEX, late)).explain(chatOf('compare A and B'))
  expect(explained).toMatchObject({ route: 'complex', plan: null, plan_note: expect.any(String) as string, estimate: { cost_usd: null } })
  const away = await explainingWith(COMPLEX, undefined, { ORCHESTRATOR_URL: 'http://127.0.0.1:9' })
  expect(await away.explain(chatOf('compare A and B'))).toMatchObject({ route: 'complex', plan: null, plan_note: expect.any(String) as string })
})

test('what would be refused is refused in the same words', async () => {
  const world = await explainingWith(COMPLEX)
  const refusals: [object, Record<string, string>][] = [
    [chatOf('hi'), { 'x-skip-orchestration': 'true', 'x-force-orchestration': 'true' }],
    [chatOf('hi', { model: 'signalbox-fast' }), {}],
    [{ model: 'signalbox-auto' }, {}],
    [chatOf('hi', { n: 2 }), { 'x-force-orchestration': 'true' }],
    [chatOf('hi'), { 'x-signalbox-budget-usd': 'free', 'x-force-orchestration': 'true' }],
    [chatOf('hi'), { 'x-session-id': 'ses_00000000000000000000000000' }],
    [chatOf(['hi', 'Ref: ses_00000000000000000000000000', 'and?']), {}],
  ]
  for (const [body, headers] of refusals) {
    const [said, explained] = await Promise.all([world.gateway.chat(body, headers), world.post('/v1/route', body, headers)])
    expect(explained.status).toBe(said.status)
    expect(((await explained.json()) as ErrorBody).error).toEqual(((await said.json()) as ErrorBody).error)
  }
  expect((await world.gateway.chat(chatOf('hi'), { 'x-signalbox-explain': 'perhaps' })).status).toBe(400)
  expectNothingRun(world)
})

test('an explanation is a line of the log, and no decision in the metrics', async () => {
  const world = await explainingWith(SIMPLE)
  await world.explain(chatOf('a question that is nobody’s business'))
  expect(world.gateway.lines().at(-1)).toMatchObject({ path: '/v1/route', status: 200, explained: true, routeSource: 'classifier' })
  expect(JSON.stringify(world.gateway.lines())).not.toContain('nobody’s business')
  expect(await world.gateway.metrics()).not.toContain('signalbox_route_decisions_total{')
})

test('only those with a key are told, and only by POST', async () => {
  const world = await explainingWith(SIMPLE)
  expect((await world.post('/v1/route', chatOf('hi'), { authorization: 'Bearer nobody' })).status).toBe(401)
  expect((await world.gateway.get('/v1/route')).status).toBe(405)
})
