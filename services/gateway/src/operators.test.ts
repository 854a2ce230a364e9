import { readActorHeader, type Approval } from '@signalbox/contracts'
import { eventually, readSse, type SseEvent } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'
import { CHANNEL, DELIVERY, ENTRY } from './fixtures/oversight.ts'

const OPERATORS = { vera: 'viewer', alan: 'approver', olga: 'operator', adam: 'admin' } as const
const KEYS = Object.entries(OPERATORS).map(([name, role]) => `${name}:${role}:sbx_${name}s_operator_key`)
const as = (name: keyof typeof OPERATORS, headers: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer sbx_${name}s_operator_key`,
  ...headers,
})
const BOB = { authorization: 'Bearer sbx_bobs_key' }
const HASH = 'a'.repeat(64)
const asks: Said[] = [
  {
    type: 'approval.requested',
    node: 'a',
    agent: 'ops',
    approval: 'apr_1',
    title: 'Deploy',
    risk: 'high',
    source: 'agent',
    expires_at: '2026-11-22T10:00:00.000Z',
  },
  { type: 'session.waiting', for: 'approval', approvals: ['apr_1'], questions: [] },
]

let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeEach(async () => {
  orchestrator = await startOrchestrator()
  gateway = await startGateway({
    LLM_BASE_URL: 'http://127.0.0.1:9/v1',
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    SIGNALBOX_OPERATOR_KEYS: KEYS.join(','),
    KEEP_ALIVE_MS: '20',
  })
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await orchestrator[Symbol.asyncDispose]()
})

describe('an operator’s key', () => {
  test('acts in its own name and role, from where it came, by API or CLI', async () => {
    await ask('GET', '/v1/approvals', { headers: as('alan') })
    await ask('GET', '/v1/approvals', { headers: as('alan', { 'user-agent': 'signalbox-cli/1.2' }) })
    const actors = orchestrator.calls.map(({ headers }) => readActorHeader(headers['x-signalbox-actor']))
    expect(actors).toMatchObject([
      { id: 'key:alan', name: 'alan', role: 'approver', via: 'api', from: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      { id: 'key:alan', role: 'approver', via: 'cli', from: actors[0]?.from },
    ])
    expect(orchestrator.calls[0]?.headers['x-signalbox-owner']).toBe('alan')
    expect(JSON.stringify(actors)).not.toContain('127.0.0.1')
  })

  test('of nobody else is one: a caller’s key acts for nobody, and a header that says otherwise is not passed on', async () => {
    const forged = { 'x-signalbox-actor': Buffer.from(JSON.stringify({ id: 'x', name: 'x', role: 'admin', via: 'api' })).toString('base64url') }
    await ask('GET', '/v1/approvals', { headers: forged })
    expect(orchestrator.calls[0]?.headers).not.toHaveProperty('x-signalbox-actor')
    expect(orchestrator.calls[0]?.headers['x-signalbox-owner']).toBe('ann')
    expect((await ask('GET', '/v1/approvals', { headers: { authorization: 'Bearer sbx_alans_operator_keys' } })).status).toBe(401)
  })

  test('asks questions like any other, and its sessions are its own', async () => {
    const session = await begin(as('olga'))
    expect(session.caller.owner).toBe('olga')
    expect((await ask('GET', `/v1/sessions/${session.view.id}`)).status).toBe(404)
  })

  test.each(['alan:approver', 'alan:boss:key', ':approver:key', 'a b:admin:key', 'alan:approver:schlüssel'])(
    '%s is none, and the gateway says so before it starts',
    async (key) => {
      await expect(startGateway({ SIGNALBOX_OPERATOR_KEYS: key })).rejects.toThrow('SIGNALBOX_OPERATOR_KEYS')
    },
  )
})

describe('sessions', () => {
  test('an actor sees everybody’s, as briefs and in detail; a caller its own, as they always were', async () => {
    const anns = await begin()
    const bobs = await begin(BOB)
    const all = await ask('GET', '/v1/sessions?status=active,waiting_input&q=%20deploy&limit=5', { headers: as('vera') })
    expect(all.body).toMatchObject({ object: 'list', total: 2, next_cursor: null, data: [{ owner: 'ann' }, { owner: 'bob' }] })
    expect(orchestrator.calls.at(-1)?.path).toBe('/v1/sessions?status=active%2Cwaiting_input&q=deploy&limit=5')
    expect((await ask('GET', `/v1/sessions/${bobs.view.id}`, { headers: as('vera') })).body).toMatchObject({
      owner: 'bob',
      session: { id: bobs.view.id },
      conversation: [{ role: 'user' }],
    })
    expect((await ask('GET', '/v1/sessions')).body).toMatchObject({ data: [{ object: 'session', id: anns.view.id }], has_more: false })
    expect((await ask('GET', `/v1/sessions/${anns.view.id}`)).body).toMatchObject({ object: 'session', id: anns.view.id })
    expect((await ask('GET', `/v1/sessions/${bobs.view.id}`)).status).toBe(404)
  })

  test('an operator ends somebody else’s; a viewer may not, and is told which role it takes', async () => {
    const { view } = await begin()
    const refused = await ask('POST', `/v1/sessions/${view.id}/cancel`, { headers: as('vera') })
    expect(refused).toMatchObject({ status: 403, body: { error: { type: 'permission_error', code: 'permission_denied' } } })
    expect(await ask('POST', `/v1/sessions/${view.id}/cancel`, { headers: as('olga') })).toMatchObject({ status: 200, body: { status: 'canceled' } })
    const other = await begin()
    expect(await ask('DELETE', `/v1/sessions/${other.view.id}`, { headers: as('olga') })).toMatchObject({ status: 200, body: { status: 'canceled' } })
    const own = await begin()
    expect(await ask('POST', `/v1/sessions/${own.view.id}/cancel`)).toMatchObject({ status: 200, body: { session_id: own.view.id, status: 'canceled' } })
  })

  test('a question is answered over the API, once for each key', async () => {
    const session = await begin()
    const { id } = session.view
    session.say(
      { type: 'input.requested', node: 'a', agent: 'rag', question: 'qst_1', text: 'Which?' },
      { type: 'session.waiting', for: 'input', approvals: [], questions: ['qst_1'] },
    )
    const answer = { text: 'that one', question: 'qst_1', key: 'k' }
    expect(await post(`/v1/sessions/${id}/input`, answer)).toMatchObject({ status: 200, body: { session_id: id, status: 'active' } })
    expect(await post(`/v1/sessions/${id}/input`, answer)).toMatchObject({ status: 200 })
    expect(await post(`/v1/sessions/${id}/input`, { text: 'another' })).toMatchObject({ status: 409, shouldRetry: 'false' })
    expect(await post(`/v1/sessions/${id}/input`, { text: ' ' })).toMatchObject({ status: 400, body: { error: { param: 'text' } } })
    expect(await post(`/v1/sessions/${id}/input`, answer, BOB)).toMatchObject({ status: 404 })
  })

  test('an actor follows somebody else’s events to their end, as they come', async () => {
    const session = await begin()
    const response = await gateway.get(`/v1/sessions/${session.view.id}/events`, { headers: as('vera') })
    const heard: string[] = []
    for await (const { id } of readSse(response)) {
      if (id === undefined) continue
      heard.push(id)
      if (heard.length === 1) session.say(...asks)
      if (heard.length === 3) session.say({ type: 'session.canceled', usage: session.view.usage })
    }
    expect(heard).toEqual(['1', '2', '3', '4'])
    // A task is its owner's alone to follow.
    expect(orchestrator.subscriptions).toEqual([])
  })
})

describe('approvals', () => {
  test('are listed with their filters, and read with their version as ETag', async () => {
    await waiting()
    const list = await ask('GET', '/v1/approvals?status=all&risk=high&q=deploy&limit=7', { headers: as('vera') })
    expect(list.body).toMatchObject({ object: 'list', pending: 1, data: [{ id: 'apr_1', state: 'pending', requested_by: 'ann' }] })
    expect(orchestrator.calls.at(-1)?.path).toBe('/v1/approvals?status=all&risk=high&q=deploy&limit=7')
    const one = await ask('GET', '/v1/approvals/apr_1', { headers: as('vera') })
    expect(one).toMatchObject({ status: 200, body: { approval: { id: 'apr_1', version: 1 }, you: { may_decide: true } } })
    expect(one.headers.get('etag')).toBe('"1"')
  })

  test('a caller reads those of its own sessions, and decides none', async () => {
    await waiting()
    expect((await ask('GET', '/v1/approvals/apr_1')).status).toBe(200)
    expect((await ask('GET', '/v1/approvals/apr_1', { headers: BOB })).status).toBe(404)
    expect(await decide({ decision: 'approve' }, { 'if-match': '"1"' })).toMatchObject({ status: 403, body: { error: { code: 'permission_denied' } } })
  })

  test('the first decision stands; who comes second gets it beside the error, and nobody sends that again', async () => {
    await waiting()
    const first = await decide({ decision: 'approve', args_sha256: HASH }, as('alan', { 'if-match': '"1"' }))
    expect(first).toMatchObject({ status: 200, body: { id: 'apr_1', state: 'approved', version: 2 } })
    expect(first.headers.get('etag')).toBe('"2"')
    expect(await decide({ decision: 'reject', reason: 'no' }, as('adam', { 'if-match': '"1"' }))).toMatchObject({
      status: 409,
      shouldRetry: 'false',
      body: { error: { type: 'conflict_error', code: 'conflict' }, approval: { id: 'apr_1', state: 'approved', version: 2 } },
    })
  })

  test('a decision that names no version is a 428', async () => {
    await waiting()
    expect(await decide({ decision: 'approve' }, as('alan'))).toMatchObject({
      status: 428,
      body: { error: { type: 'invalid_request_error', code: 'precondition_required', param: 'If-Match' } },
    })
  })

  test('changed arguments go along under either name', async () => {
    await waiting()
    await decide({ decision: 'edit', edited_input: { region: 'eu' }, args_sha256: HASH }, as('alan', { 'if-match': '"1"' }))
    expect(orchestrator.calls.at(-1)).toMatchObject({
      path: '/v1/approvals/apr_1/decision',
      headers: { 'if-match': '"1"' },
      body: { decision: 'edit', edited_args: { region: 'eu' }, args_sha256: HASH },
    })
  })

  test('one is given more time', async () => {
    await waiting()
    const body = { seconds: 3_600 }
    expect(await post('/v1/approvals/apr_1/extend', body, as('alan', { 'if-match': '"1"' }))).toMatchObject({
      status: 200,
      body: { expires_at: '2026-11-22T11:00:00.000Z', version: 2 },
    })
  })

  test('several are decided in one call', async () => {
    await waiting()
    const request = { decision: 'approve', items: [{ id: 'apr_1', version: 1 }] }
    expect(await post('/v1/approvals/decisions', request, as('alan'))).toMatchObject({ status: 200, body: { object: 'list', data: [{ id: 'apr_1' }] } })
    expect(orchestrator.calls.at(-1)?.body).toEqual(request)
  })

  const deep = `{"decision":"edit","edited_args":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
  test.each<[string, string, number, string | null]>([
    ['no JSON', '{"decision"', 400, null],
    ['nothing', '', 415, 'Content-Type'],
    ['another word', '{"decision":"allow"}', 400, 'decision'],
    ['a hash that is none', '{"decision":"approve","args_sha256":"abc"}', 400, 'args_sha256'],
    ['a field that is unknown', '{"decision":"approve","force":true}', 400, null],
    ['a depth of 5,000', deep, 400, 'edited_args'],
    ['three megabytes', `{"decision":"reject","reason":"${'x'.repeat(3_000_000)}"}`, 413, null],
  ])('a decision with %s: a 4xx that names the field', async (_name, body, status, param) => {
    await waiting()
    const before = orchestrator.calls.length
    const headers = as('alan', { 'if-match': '"1"', ...(body !== '' && { 'content-type': 'application/json' }) })
    const answer = await ask('POST', '/v1/approvals/apr_1/decision', { body, headers })
    expect(answer).toMatchObject({ status, body: { error: { type: 'invalid_request_error', param } } })
    expect(orchestrator.calls).toHaveLength(before)
  })

  test.each([
    '/v1/approvals?status=open',
    '/v1/approvals?limit=0',
    '/v1/approvals?risk=huge',
    '/v1/audit?kind=x',
    '/v1/deliveries?limit=x',
    '/v1/sessions?status=asleep',
  ])('%s: 400, before anybody is asked', async (path) => {
    expect((await ask('GET', path, { headers: as('adam') })).status).toBe(400)
    expect(orchestrator.calls).toEqual([])
  })

  test('what is no id is not found, and never gets further', async () => {
    for (const path of ['/v1/approvals/x', '/v1/approvals/..%2f..%2fsessions', '/v1/approvals/apr_1%00'])
      expect((await ask('GET', path, { headers: as('adam') })).status).toBe(404)
    expect((await ask('POST', '/v1/channels/..%2fx/test', { headers: as('adam') })).status).toBe(404)
    expect(orchestrator.calls).toEqual([])
  })
})

describe('audit and channels', () => {
  test('are what the orchestrator says they are', async () => {
    expect((await ask('GET', '/v1/audit?about=apr_1', { headers: as('vera') })).body).toMatchObject({ data: [ENTRY], total: 1 })
    expect((await ask('GET', '/v1/audit/verify', { headers: as('vera') })).body).toEqual({ ok: true, entries: 1, head: ENTRY.hash, broken: null })
    expect((await ask('GET', '/v1/channels', { headers: as('vera') })).body).toEqual({ object: 'list', data: [CHANNEL] })
    expect((await ask('GET', '/v1/deliveries?channel=ops', { headers: as('vera') })).body).toMatchObject({ data: [DELIVERY] })
    expect((await ask('POST', '/v1/channels/ops/test', { headers: as('adam') })).body).toEqual(DELIVERY)
  })

  test.each([
    ['GET', '/v1/audit', {}],
    ['GET', '/v1/audit/verify', {}],
    ['GET', '/v1/channels', {}],
    ['GET', '/v1/deliveries', {}],
    ['GET', '/v1/events', {}],
    ['POST', '/v1/channels/ops/test', as('olga')],
  ])('%s %s is a 403 for who may not', async (method, path, headers) => {
    expect(await ask(method, path, { headers })).toMatchObject({ status: 403, body: { error: { code: 'permission_denied' } } })
  })
})

describe('the feed', () => {
  const read = async (response: Response, count: number, each: (event: SseEvent) => void = () => undefined): Promise<SseEvent[]> => {
    const heard: SseEvent[] = []
    for await (const event of readSse(response)) {
      if (event.data === undefined) continue
      each(event)
      heard.push(event)
      if (heard.length === count) break
    }
    return heard
  }

  test('tells what changes, as it does, with its number, its kind, and how much waits', async () => {
    orchestrator.happen('user.signed_in', 'user:alice')
    const response = await gateway.get('/v1/events', { headers: as('vera') })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const session = await waiting()
    orchestrator.happen('approval.requested', 'apr_1', session.view.id)
    const heard = await read(response, 2, ({ id }) => {
      if (id === '2') orchestrator.happen('approval.decided', 'apr_1', session.view.id)
    })
    expect(heard.map(({ id, event }) => [id, event])).toEqual([
      ['2', 'approval.requested'],
      ['3', 'approval.decided'],
    ])
    expect(JSON.parse(heard[0]?.data ?? '')).toEqual({ ...orchestrator.feed[1], pending: 1 })
  })

  test('goes on where it was left, also for who had heard nothing yet', async () => {
    for (const subject of ['a', 'b', 'c']) orchestrator.happen('session.canceled', subject)
    const again = await gateway.get('/v1/events', { headers: as('vera', { 'last-event-id': '1' }) })
    expect((await read(again, 2)).map(({ id }) => id)).toEqual(['2', '3'])
    const asked = await gateway.get('/v1/events?after=2', { headers: as('vera') })
    expect((await read(asked, 1)).map(({ id }) => id)).toEqual(['3'])
    const fresh = await gateway.get('/v1/events', { headers: as('vera') })
    const reader = fresh.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('id: 3\n\n')
    await reader?.cancel()
  })

  test('goes on with a record that was begun anew since', async () => {
    orchestrator.happen('session.canceled', 'a')
    const response = await gateway.get('/v1/events', { headers: as('vera', { 'last-event-id': '900' }) })
    orchestrator.happen('session.canceled', 'b')
    expect((await read(response, 1)).map(({ id }) => id)).toEqual(['2'])
  })

  test('outlives an orchestrator that goes away and comes back', async () => {
    orchestrator.happen('session.canceled', 'a')
    const heard = await read(await gateway.get('/v1/events?after=0', { headers: as('vera') }), 3, ({ id }) => {
      if (id !== '1') return
      void orchestrator.goAway().then(async () => {
        orchestrator.happen('session.canceled', 'b')
        await orchestrator.comeBack()
        orchestrator.happen('session.canceled', 'c')
      })
    })
    expect(heard.map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  test('says that it lives, and lets go of who leaves', async () => {
    const leaving = new AbortController()
    const response = await gateway.get('/v1/events', { headers: as('vera'), signal: leaving.signal })
    let comments = 0
    try {
      for await (const { comment } of readSse(response)) if (comment === 'keep-alive' && ++comments === 3) leaving.abort()
    } catch {
      // The reader is cut off, as it wished.
    }
    expect(comments).toBe(3)
    await eventually('the line of the log', () => gateway.lines().some(({ path, disconnected }) => path === '/v1/events' && disconnected === true))
  })

  test('ends with a word when the gateway stops', async () => {
    const response = await gateway.get('/v1/events', { headers: as('vera') })
    const reading = read(response, 1)
    await gateway.listening.stop(80)
    expect((JSON.parse((await reading)[0]?.data ?? '') as ErrorBody).error.code).toBe('unavailable')
  })
})

test.each([
  ['/v1/approvals', 'POST', 'GET, HEAD, OPTIONS'],
  ['/v1/approvals/apr_1', 'DELETE', 'GET, HEAD, OPTIONS'],
  ['/v1/approvals/apr_1/decision', 'GET', 'POST, OPTIONS'],
  ['/v1/audit/verify', 'POST', 'GET, HEAD, OPTIONS'],
  ['/v1/events', 'POST', 'GET, OPTIONS'],
  ['/v1/channels/ops/test', 'GET', 'POST, OPTIONS'],
])('%s takes no %s', async (path, method, allow) => {
  const answer = await ask(method, path, { headers: as('adam') })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
})

test('every resource has a name of its own in the metrics, without what callers put into it', async () => {
  await waiting()
  await ask('GET', '/v1/approvals/apr_1', { headers: as('vera') })
  await ask('GET', '/v1/audit/verify', { headers: as('vera') })
  await ask('POST', '/v1/channels/ops/test', { headers: as('adam') })
  const metrics = await gateway.metrics()
  for (const route of ['/v1/approvals/{id}', '/v1/audit/verify', '/v1/channels/{id}/test']) expect(metrics).toContain(`"${route}"`)
  expect(metrics).not.toContain('apr_1')
})

interface Answer {
  status: number
  body: Record<string, unknown>
  headers: Headers
  shouldRetry: string | null
}

async function ask(method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  const response = await gateway.get(path, { method, ...init })
  const text = await response.text()
  const { status, headers } = response
  return { status, headers, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>, shouldRetry: headers.get('x-should-retry') }
}

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return ask('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
}

function decide(decision: object, headers: Record<string, string>): Promise<Answer> {
  return post('/v1/approvals/apr_1/decision', decision, headers)
}

async function begin(headers: Record<string, string> = {}): Promise<PuppetSession> {
  const response = await gateway.chat({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content: 'do it' }] }, headers)
  await response.body?.cancel()
  const session = orchestrator.sessions.get(response.headers.get('x-session-id') ?? '') as PuppetSession
  orchestrator.calls.length = 0
  return session
}

/** A session of ann's that waits for an approval. */
async function waiting(): Promise<PuppetSession & { approval: Approval }> {
  const session = await begin()
  session.say(...asks)
  return Object.assign(session, { approval: orchestrator.approvals.get('apr_1') as Approval })
}
