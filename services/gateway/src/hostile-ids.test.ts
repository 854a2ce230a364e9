import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { approvalOf } from './fixtures/approval.ts'
import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { sayCompletion, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

const BOB = { authorization: 'Bearer sbx_bobs_key' }
const APPROVAL = 'apr_00000000000000000000000001'

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway
/** A session of bob's, at work; everybody else here is ann. */
let bobs: string

beforeAll(async () => {
  upstream = await startUpstream((response) => sayCompletion(response))
  orchestrator = await startOrchestrator()
  gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN })
  const response = await gateway.chat({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content: 'BOBSECRET' }] }, BOB)
  bobs = response.headers.get('x-session-id') ?? ''
  await response.body?.cancel()
  orchestrator.approvals.set(APPROVAL, approvalOf({ id: APPROVAL, requested_by: 'bob', session_id: bobs }))
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

/** Every way to name a session or an approval in a path. */
const PATHS: readonly (readonly [method: string, path: (id: string) => string, body?: object])[] = [
  ['GET', (id) => `/v1/sessions/${id}`],
  ['DELETE', (id) => `/v1/sessions/${id}`],
  ['GET', (id) => `/v1/sessions/${id}/events`],
  ['POST', (id) => `/v1/sessions/${id}/cancel`],
  ['POST', (id) => `/v1/sessions/${id}/pause`],
  ['POST', (id) => `/v1/sessions/${id}/resume`],
  ['POST', (id) => `/v1/sessions/${id}/input`, { text: 'x' }],
  ['GET', (id) => `/v1/dead-letters/${id}`],
  ['DELETE', (id) => `/v1/dead-letters/${id}`],
  ['POST', (id) => `/v1/dead-letters/${id}/redrive`, {}],
]

describe('somebody else’s session', () => {
  test.each(PATHS.map(([method, path, body]) => [method, path('{id}'), path, body] as const))(
    '%s %s: not found, in the very words for one that nobody has',
    async (method, _name, path, body) => {
      const foreign = await ask(method, path(bobs), body)
      const missing = await ask(method, path('ses_00000000000000000000000000'), body)
      expect(foreign.status).toBe(404)
      expect(foreign.text.replaceAll(bobs, '{id}')).toBe(missing.text.replaceAll('ses_00000000000000000000000000', '{id}'))
      expect(orchestrator.sessions.get(bobs)?.view.status).toBe('active')
    },
  )

  test.each<[string, (id: string) => [object, Record<string, string>]]>([
    ['in a header', (id) => [{}, { 'x-session-id': id }]],
    ['in the metadata', (id) => [{ metadata: { session_id: id } }, {}]],
    ['in the metadata of a model’s own request', (id) => [{ model: 'gpt-4o', metadata: { session_id: id } }, {}]],
    [
      'in a replayed answer',
      (id) => [
        {
          messages: [
            { role: 'assistant', content: `Ref: ${id}` },
            { role: 'user', content: 'and?' },
          ],
        },
        {},
      ],
    ],
    [
      'in a replayed answer of parts',
      (id) => [
        {
          messages: [
            { role: 'assistant', content: [{ type: 'text', text: `Ref: ${id}` }] },
            { role: 'user', content: 'and?' },
          ],
        },
        {},
      ],
    ],
  ])('named %s: not found, streamed or not', async (_name, named) => {
    for (const stream of [false, true]) {
      const [body, headers] = named(bobs)
      const response = await gateway.chat({ model: 'signalbox-auto', stream, messages: [{ role: 'user', content: 'and?' }], ...body }, headers)
      const text = await response.text()
      expect([response.status, text.includes('BOBSECRET')]).toEqual([404, false])
    }
  })

  test('named in what a user says is text: nobody attaches by quoting', async () => {
    const response = await gateway.chat({ model: 'signalbox-simple', messages: [{ role: 'user', content: `what of Ref: ${bobs}?` }] })
    expect([response.status, response.headers.get('x-session-id')]).toEqual([200, null])
  })

  test('is in no list, whatever is asked for', async () => {
    for (const query of ['', '?limit=100', `?q=${bobs}`, '?owner=bob', '?owner=*', `?of=${bobs}`, '?after=MA%3D%3D', '?after=0'])
      expect((await ask('GET', `/v1/sessions${query}`)).text).not.toContain(bobs)
    expect((await ask('GET', '/v1/dead-letters?limit=100')).text).not.toContain(bobs)
    expect((await ask('GET', '/v1/approvals?status=all')).text).not.toContain(APPROVAL)
  })

  test('is not reached by saying that one is its owner', async () => {
    const headers = { 'x-signalbox-owner': 'bob', 'x-owner': 'bob', 'openai-organization': 'bob', 'openai-project': 'bob', 'x-forwarded-user': 'bob' }
    expect((await gateway.get(`/v1/sessions/${bobs}`, { headers })).status).toBe(404)
    expect(
      (await gateway.chat({ model: 'signalbox-auto', messages: [{ role: 'user', content: 'x' }], user: 'bob' }, { ...headers, 'x-session-id': bobs })).status,
    ).toBe(404)
  })
})

test.each([
  ['GET', `/v1/approvals/${APPROVAL}`, undefined],
  ['POST', `/v1/approvals/${APPROVAL}/decision`, { decision: 'approve', reason: 'mine' }],
  ['POST', `/v1/approvals/${APPROVAL}/extend`, { seconds: 60 }],
])('somebody else’s approval, by %s %s: not found', async (method, path, body) => {
  expect((await ask(method, path, body)).status).toBe(404)
  expect(orchestrator.approvals.get(APPROVAL)).toMatchObject({ state: 'pending', version: 1 })
})

test.each([
  'ses_',
  'ses_0000000000000000000000000',
  'ses_000000000000000000000000000',
  'SES_00000000000000000000000000',
  'ses_0000000000000000000000000U',
  'apr_00000000000000000000000000',
  'ses_00000000000000000000000000%00',
  "ses_'%20OR%201=1--",
  '*',
])('an id that is none of ours (%s) is asked of nobody', async (id) => {
  orchestrator.calls.length = 0
  for (const [method, path, body] of PATHS) expect((await ask(method, path(id), body)).status).toBe(404)
  expect(orchestrator.calls).toEqual([])
})

async function ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await gateway.get(path, {
    method,
    headers: { 'if-match': '"1"', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status >= 400) expect(Object.keys((JSON.parse(text) as ErrorBody).error).toSorted()).toEqual(['code', 'message', 'param', 'type'])
  return { status: response.status, text }
}
