import { readActorHeader, SERVICE_HEADERS } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { approvalOf } from './fixtures/approval.ts'
import { startConsole, type Browser, type TestConsole } from './fixtures/console.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { sayStream, startUpstream, WHOLE_STREAM, type TestUpstream } from './fixtures/upstream.ts'

const APPROVAL = approvalOf()

let orchestrator: PuppetOrchestrator
let upstream: TestUpstream
let gateway: TestConsole
let admin: Browser

beforeEach(async () => {
  orchestrator = await startOrchestrator()
  upstream = await startUpstream((response) => sayStream(response))
  gateway = await startConsole({
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    LLM_BASE_URL: upstream.baseUrl,
    KEEP_ALIVE_MS: '50',
    TRACE_URL_TEMPLATE: 'http://127.0.0.1:6006/redirects/traces/{trace_id}',
  })
  admin = await gateway.signIn()
  orchestrator.approvals.set(APPROVAL.id, APPROVAL)
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await orchestrator[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

test('the orchestrator is told who acts, in which role, by which way, and by a mark from where', async () => {
  const ann = await personOf('approver')
  await ann.ask('GET', '/approvals')
  const { headers = {} } = orchestrator.calls.findLast(({ path }) => path.startsWith('/v1/approvals')) ?? {}
  expect(headers[SERVICE_HEADERS.owner]).toBe('user:ann')
  expect(readActorHeader(headers[SERVICE_HEADERS.actor])).toEqual({
    id: 'user:ann',
    name: 'ann',
    role: 'approver',
    via: 'console',
    groups: [],
    from: expect.stringMatching(/^[0-9a-f]{16}$/),
  })
})

test('nobody acts as another by saying so', async () => {
  const ann = await personOf('viewer')
  await ann.ask('GET', '/approvals', { headers: { [SERVICE_HEADERS.owner]: 'user:admin', [SERVICE_HEADERS.actor]: 'eyJpZCI6InVzZXI6YWRtaW4ifQ' } })
  const { headers = {} } = orchestrator.calls.findLast(({ path }) => path.startsWith('/v1/approvals')) ?? {}
  expect(readActorHeader(headers[SERVICE_HEADERS.actor])).toMatchObject({ id: 'user:ann', role: 'viewer' })
  expect(headers[SERVICE_HEADERS.owner]).toBe('user:ann')
})

test.each([
  ['GET', '/approvals'],
  ['GET', `/approvals/${APPROVAL.id}`],
  ['GET', '/sessions'],
  ['GET', '/agents'],
  ['GET', '/dead-letters'],
  ['GET', '/audit'],
  ['GET', '/audit/verify'],
  ['GET', '/channels'],
  ['GET', '/deliveries'],
  ['GET', '/models'],
])('%s %s is answered as under /v1, to those who are signed in alone', async (method, path) => {
  const answer = await admin.ask(method, path)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await fetch(`${gateway.url}/console/api${path}`, { method })).status).toBe(401)
  // A key is for /v1, and a cookie for the console.
  expect((await gateway.get(`/console/api${path}`, { method })).status).toBe(401)
  expect((await fetch(`${gateway.url}/v1${path}`, { method, headers: { cookie: admin.cookie } })).status).toBe(401)
})

test('what a path does not take, and what is not there, is said', async () => {
  expect(await admin.ask('DELETE', '/agents')).toMatchObject({ status: 405 })
  expect(await admin.ask('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
})

describe('deciding', () => {
  test('by If-Match, as a person', async () => {
    const answer = await admin.ask('POST', `/approvals/${APPROVAL.id}/decision`, { body: { decision: 'approve' }, headers: { 'if-match': '"1"' } })
    expect(answer.status).toBe(200)
    const { headers = {} } = orchestrator.calls.findLast(({ path }) => path.endsWith('/decision')) ?? {}
    expect(readActorHeader(headers[SERVICE_HEADERS.actor])).toMatchObject({ id: 'user:admin', via: 'console' })
  })

  test('without the CSRF token nothing is decided', async () => {
    const headers = { 'if-match': '"1"', 'x-signalbox-csrf': '' }
    expect((await admin.ask('POST', `/approvals/${APPROVAL.id}/decision`, { body: { decision: 'approve' }, headers })).status).toBe(403)
    expect(orchestrator.calls.filter(({ path }) => path.endsWith('/decision'))).toEqual([])
  })
})

describe('live', () => {
  test('what happens is heard by cookie, numbered', async () => {
    const events = await openEvents(admin)
    orchestrator.happen('approval.requested', APPROVAL.id)
    await eventually('the event', () => /id: \d+\nevent: approval\.requested\ndata: \{.*apr_0/.test(events.text()))
    await events.stop()
  })

  test('whoever is shut out hears no more', async () => {
    const ann = await personOf('viewer')
    const events = await openEvents(ann)
    await admin.ask('PATCH', '/users/user:ann', { body: { disabled: true } })
    await events.ended
    expect((await fetch(`${gateway.url}/console/api/events`, { headers: { cookie: ann.cookie } })).status).toBe(401)
  })

  test('without a sign-in there is nothing to hear', async () => {
    expect((await fetch(`${gateway.url}/console/api/events`)).status).toBe(401)
  })
})

describe('the playground', () => {
  const QUESTION = { model: 'signalbox-simple', stream: true, messages: [{ role: 'user', content: 'hello' }] }

  test('answers as the gateway does, with the routing in the headers', async () => {
    const response = await chat(admin, QUESTION)
    expect([response.status, response.headers.get('x-signalbox-route')]).toEqual([200, 'simple'])
    expect(await response.text()).toBe(WHOLE_STREAM)
  })

  test('a session that is begun there belongs to whoever asked', async () => {
    const response = await chat(admin, { ...QUESTION, model: 'signalbox-orchestrated' })
    await response.body?.cancel()
    expect(orchestrator.sessions.get(response.headers.get('x-session-id') ?? '')?.caller.owner).toBe('user:admin')
  })

  test('a viewer only looks: asking spends', async () => {
    const ann = await personOf('viewer')
    expect((await chat(ann, QUESTION)).status).toBe(403)
    for (const path of ['/completions', '/embeddings', '/responses', '/responses/', '/responses/resp_1/cancel', '/route'])
      expect([path, (await ann.ask('POST', path, { body: QUESTION })).status]).toEqual([path, 403])
    expect(upstream.taken).toEqual([])
  })
})

test('the info is told whole to those who are signed in; the first request with a key is seen', async () => {
  expect((await admin.ask('GET', '/info')).body).toEqual({
    base_url: `${gateway.url}/v1`,
    oidc: null,
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    model: 'test-model',
    scripted: false,
    requests_seen: 0,
    trace_url_template: 'http://127.0.0.1:6006/redirects/traces/{trace_id}',
  })
  await (await gateway.chat({ model: 'signalbox-simple', messages: [{ role: 'user', content: 'hi' }] })).text()
  await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST' })
  expect((await admin.ask('GET', '/info')).body).toMatchObject({ requests_seen: 1 })
  const untold = { version: null, model: null, scripted: null, requests_seen: null, trace_url_template: null }
  expect(await (await fetch(`${gateway.url}/console/api/info`)).json()).toMatchObject(untold)
})

test('sign-ins are put into the audit, in their order', async () => {
  await admin.ask('DELETE', '/session')
  const notes = await eventually('two notes', () => {
    const calls = orchestrator.calls.filter(({ path }) => path === '/v1/audit/notes')
    return calls.length >= 2 && calls.map(({ body }) => body as { kind: string; by: { id: string } })
  })
  expect(notes.map(({ kind, by }) => [kind, by.id])).toEqual([
    ['user.signed_in', 'user:admin'],
    ['user.signed_out', 'user:admin'],
  ])
})

test('an orchestrator that is away holds up no sign-in', async () => {
  await orchestrator.goAway()
  await gateway.signIn()
  await orchestrator.comeBack()
})

async function personOf(role: string): Promise<Browser> {
  const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role } })
  return gateway.signIn({ user: 'ann', password: String(body['password']) })
}

function chat({ cookie, session }: Browser, body: object): Promise<Response> {
  return fetch(`${gateway.url}/console/api/chat/completions`, {
    method: 'POST',
    headers: { cookie, 'x-signalbox-csrf': session.csrf, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function openEvents({ cookie }: Browser): Promise<{ text(): string; ended: Promise<void>; stop(): Promise<void> }> {
  const line = new AbortController()
  const response = await fetch(`${gateway.url}/console/api/events`, { headers: { cookie }, signal: line.signal })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  let heard = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) heard += decoder.decode(piece, { stream: true })
  }
  const ended = read().catch(() => undefined)
  return {
    text: () => heard,
    ended,
    async stop() {
      line.abort()
      await ended
    },
  }
}
