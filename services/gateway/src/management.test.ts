import { NO_USAGE } from '@signalbox/contracts'
import { recordSpans } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { AGENT } from './fixtures/management.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession } from './fixtures/orchestrator.ts'

const BOB = { authorization: 'Bearer sbx_bobs_key' }
const UNKNOWN = 'ses_00000000000000000000000000'
const BROKEN = { code: 'agent_failed', message: 'it broke' }

let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeEach(async () => {
  orchestrator = await startOrchestrator()
  gateway = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, ORCHESTRATOR_TIMEOUT_MS: '400' })
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await orchestrator[Symbol.asyncDispose]()
})

describe('pause and resume', () => {
  test('a session is paused and resumed, and says so where it is read', async () => {
    const { view } = await begin()
    expect(await ask('POST', `/v1/sessions/${view.id}/pause`)).toMatchObject({ status: 200, body: { session_id: view.id, status: 'paused' } })
    expect((await ask('GET', `/v1/sessions/${view.id}`)).body).toMatchObject({
      object: 'session',
      status: 'paused',
      dead_letters: [],
      stopped: null,
      revisions: [],
    })
    expect(await ask('POST', `/v1/sessions/${view.id}/resume`)).toMatchObject({ status: 200, body: { session_id: view.id, status: 'active' } })
  })

  test('what cannot be done as the session stands is a 409 that nobody sends again', async () => {
    const session = await begin()
    const { id } = session.view
    expect(await ask('POST', `/v1/sessions/${id}/resume`)).toMatchObject(CONFLICT)
    session.say({ type: 'session.completed', usage: NO_USAGE, citations: [] })
    expect(await ask('POST', `/v1/sessions/${id}/pause`)).toMatchObject(CONFLICT)
    expect(await ask('DELETE', `/v1/sessions/${id}`)).toMatchObject(CONFLICT)
  })

  test('a paused session is canceled like any other', async () => {
    const { view } = await begin()
    await ask('POST', `/v1/sessions/${view.id}/pause`)
    expect(await ask('DELETE', `/v1/sessions/${view.id}`)).toMatchObject({ status: 200, body: { status: 'canceled' } })
  })
})

describe('dead letters', () => {
  test('they are listed page by page, each caller’s own', async () => {
    for (let index = 0; index < 3; index++) letterOf(await begin())
    const first = await ask('GET', '/v1/dead-letters?limit=2')
    expect(first.body).toMatchObject({ object: 'list', total: 3, data: [{ letters: [{ node: 'n1', attempts: 3, error: BROKEN }] }, {}] })
    const second = await ask('GET', `/v1/dead-letters?limit=2&cursor=${String(first.body['next_cursor'])}`)
    expect(second.body).toMatchObject({ total: 3, next_cursor: null })
    expect(second.body['data']).toHaveLength(1)
    expect((await ask('GET', '/v1/dead-letters', { headers: BOB })).body).toMatchObject({ data: [], total: 0 })
  })

  test('one is shown with all that is known of it', async () => {
    const session = letterOf(await begin())
    expect(await ask('GET', `/v1/dead-letters/${session.view.id}`)).toMatchObject({
      status: 200,
      body: { session_id: session.view.id, status: 'failed', session: { id: session.view.id, error: BROKEN }, conversation: [{ role: 'user' }] },
    })
  })

  test('a redrive says which node, with what changes; without a body all that failed is tried again', async () => {
    const session = letterOf(await begin())
    const { id } = session.view
    const change = { node: 'n1', instruction: 'look again', agent: 'search' }
    expect(await redrive(id, change)).toMatchObject({ status: 200, body: { session_id: id, status: 'active' } })
    expect(orchestrator.calls.at(-1)).toMatchObject({ method: 'POST', path: `/v1/dead-letters/${id}/redrive`, body: change })
    letterOf(session)
    expect(await ask('POST', `/v1/dead-letters/${id}/redrive`)).toMatchObject({ status: 200, body: { status: 'active' } })
    expect(orchestrator.calls.at(-1)?.body).toEqual({})
  })

  test('a session at work cannot be redriven', async () => {
    const session = await begin()
    session.say({ type: 'dead_letter.kept', node: 'n1', agent: 'rag', error: BROKEN, attempts: 3 })
    expect(await redrive(session.view.id, {})).toMatchObject(CONFLICT)
  })

  test('a dropped one is there no more', async () => {
    const { view } = letterOf(await begin())
    expect(await ask('DELETE', `/v1/dead-letters/${view.id}`)).toMatchObject({ status: 200, body: { session_id: view.id, status: 'failed' } })
    expect((await ask('GET', `/v1/dead-letters/${view.id}`)).status).toBe(404)
    expect((await ask('DELETE', `/v1/dead-letters/${view.id}`)).status).toBe(404)
  })

  test.each<[string, string, Record<string, string>, number, string | null]>([
    ['no JSON', '{"node": ', {}, 400, null],
    ['a list', '[]', {}, 400, null],
    ['another field', '{"nod":"n1"}', {}, 400, null],
    ['a number for a node', '{"node":5}', {}, 400, 'node'],
    ['an instruction of nothing', '{"node":"n1","instruction":"  "}', {}, 400, 'instruction'],
    ['an instruction without its node', '{"instruction":"look again"}', {}, 400, 'node'],
    ['a node that is not dead', '{"node":"n9"}', {}, 400, 'node'],
    ['a form', 'node=n1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'Content-Type'],
    ['ten megabytes', `{"node":"n1","instruction":"${'x'.repeat(10_000_000)}"}`, {}, 413, null],
  ])('a redrive with %s: a 4xx that names the field', async (_name, body, headers, status, param) => {
    const { view } = letterOf(await begin())
    const answer = await ask('POST', `/v1/dead-letters/${view.id}/redrive`, { body, headers: { 'content-type': 'application/json', ...headers } })
    expect(answer).toMatchObject({ status, body: { error: { type: 'invalid_request_error', param } } })
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
    expect(view.status).toBe('failed')
  })
})

test('agents are listed as they are', async () => {
  expect(await ask('GET', '/v1/agents')).toMatchObject({ status: 200, body: { object: 'list', data: [AGENT] } })
})

const OF_SESSIONS = [
  ['POST', '/v1/sessions/ID/pause'],
  ['POST', '/v1/sessions/ID/resume'],
  ['GET', '/v1/sessions/ID/events'],
  ['GET', '/v1/dead-letters/ID'],
  ['DELETE', '/v1/dead-letters/ID'],
  ['POST', '/v1/dead-letters/ID/redrive'],
] as const

describe.each(OF_SESSIONS)('%s %s', (method, path) => {
  test('a session of somebody else, an unknown one, and what is no id: 404', async () => {
    const { view } = letterOf(await begin())
    const answers = [
      await ask(method, path.replace('ID', view.id), { headers: BOB }),
      await ask(method, path.replace('ID', UNKNOWN)),
      await ask(method, path.replace('ID', 'ses_nonsense')),
      await ask(method, path.replace('ID', "'%20OR%201=1--")),
      await ask(method, path.replace('ID', '..%2f..%2fagents')),
    ]
    expect(answers.map(({ status, body }) => [status, (body as unknown as ErrorBody).error.code])).toEqual(answers.map(() => [404, 'not_found']))
    expect(view.dead_letters).toHaveLength(1)
    // What is no id never gets further than the gateway.
    expect(orchestrator.calls.filter(({ path: asked }) => !asked.includes(view.id) && !asked.includes(UNKNOWN))).toEqual([])
  })
})

const ALL = [...OF_SESSIONS, ['GET', '/v1/dead-letters'], ['GET', '/v1/agents']] as const

test.each(ALL)('%s %s needs a key', async (method, path) => {
  expect((await ask(method, path.replace('ID', UNKNOWN), { headers: { authorization: '' } })).status).toBe(401)
})

test.each(ALL)('%s %s: an orchestrator that is away is a 503 that says when to come again', async (method, path) => {
  await orchestrator.goAway()
  const answer = await ask(method, path.replace('ID', UNKNOWN))
  expect(answer).toMatchObject({ status: 503, body: { error: { type: 'server_error', code: 'unavailable' } } })
  expect(answer.headers.get('retry-after')).toBe('1')
})

test.each<[string, () => Response | Promise<Response>, number, string]>([
  ['is silent', () => new Promise<Response>(() => undefined), 504, 'upstream_timeout'],
  ['answers something else', () => Response.json({ object: 'list' }), 502, 'upstream_invalid'],
  ['answers no JSON', () => new Response('<html>'), 502, 'upstream_invalid'],
  ['fails without a word of ours', () => new Response('<html>', { status: 500 }), 503, 'unavailable'],
  [
    'does not take our token',
    () => Response.json({ error: { details: [{ reason: 'X', metadata: { code: 'authentication_failed' } }] } }, { status: 401 }),
    503,
    'unavailable',
  ],
  [
    'is held up by a second writer',
    () =>
      Response.json(
        { error: { message: 'held', details: [{ reason: 'SESSION_BUSY', metadata: { code: 'session_busy', retryable: 'true' } }] } },
        { status: 409 },
      ),
    409,
    'session_busy',
  ],
  [
    'is busy for a while',
    () => Response.json({ error: { message: 'x', details: [{ reason: 'X', metadata: { code: 'unavailable', retryAfterMs: '2500' } }] } }, { status: 503 }),
    503,
    'unavailable',
  ],
])('an orchestrator that %s', async (_name, answerInstead, status, code) => {
  orchestrator.answerInstead = answerInstead
  const answer = await ask('GET', '/v1/agents')
  expect(answer).toMatchObject({ status, body: { error: { code } } })
  if (status === 409) expect(answer.headers.get('x-should-retry')).toBe('false')
})

test.each(['/v1/dead-letters?limit=0', '/v1/dead-letters?limit=101', '/v1/dead-letters?limit=x', '/v1/dead-letters?cursor='])('%s: 400', async (path) => {
  expect((await ask('GET', path)).status).toBe(400)
  expect(orchestrator.calls).toEqual([])
})

test.each([
  ['/v1/agents', 'DELETE', 'GET, HEAD, OPTIONS'],
  ['/v1/dead-letters', 'POST', 'GET, HEAD, OPTIONS'],
  [`/v1/dead-letters/${UNKNOWN}`, 'PUT', 'GET, HEAD, DELETE, OPTIONS'],
  [`/v1/dead-letters/${UNKNOWN}/redrive`, 'GET', 'POST, OPTIONS'],
  [`/v1/sessions/${UNKNOWN}/pause`, 'GET', 'POST, OPTIONS'],
])('%s takes no %s', async (path, method, allow) => {
  const answer = await ask(method, path)
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
})

test('the orchestrator is told who asks, under which id, and in which trace', async () => {
  const spans = recordSpans()
  await using traced = await startGateway(
    { LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN },
    { spanProcessor: spans.processor },
  )
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await traced.get('/v1/agents', { headers: { 'x-request-id': 'req-of-mine', 'traceparent': `00-${traceId}-b7ad6b7169203331-01` } })
  const headers = orchestrator.calls[0]?.headers ?? {}
  expect(headers).toMatchObject({ 'authorization': `Bearer ${SERVICE_TOKEN}`, 'x-signalbox-owner': 'ann', 'x-request-id': 'req-of-mine' })
  expect(headers['traceparent']).toContain(traceId)
  expect(spans.spans().map(({ name }) => name)).toContain('GET /v1/agents')
})

const CONFLICT = { status: 409, body: { error: { type: 'conflict_error', code: 'conflict' } }, shouldRetry: 'false' }

async function ask(
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers; shouldRetry: string | null }> {
  const response = await gateway.get(path, { method, ...init })
  const text = await response.text()
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    headers: response.headers,
    shouldRetry: response.headers.get('x-should-retry'),
  }
}

function redrive(id: string, request: object): ReturnType<typeof ask> {
  return ask('POST', `/v1/dead-letters/${id}/redrive`, { body: JSON.stringify(request), headers: { 'content-type': 'application/json' } })
}

async function begin(): Promise<PuppetSession> {
  const response = await gateway.chat({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content: 'do it' }] })
  await response.body?.cancel()
  return orchestrator.sessions.get(response.headers.get('x-session-id') ?? '') as PuppetSession
}

function letterOf(session: PuppetSession): PuppetSession {
  session.say({ type: 'dead_letter.kept', node: 'n1', agent: 'rag', error: BROKEN, attempts: 3 }, { type: 'session.failed', error: BROKEN, usage: NO_USAGE })
  return session
}
