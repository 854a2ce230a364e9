import { readConfig } from '@signalbox/config'
import { openTelemetry } from '@signalbox/telemetry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openGateway } from './app.ts'
import { gatewayConfigSchema } from './config.ts'
import { approvalOf } from './fixtures/approval.ts'
import { HELLO, KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator } from './fixtures/orchestrator.ts'
import { exchange, headOf, JSON_BODY } from './fixtures/raw-http.ts'
import { sayCompletion, startUpstream, type TestUpstream } from './fixtures/upstream.ts'
import { METHODS } from './http/methods.ts'

const VIEWER = 'sbx_veras_viewer_key'
const SESSION = 'ses_00000000000000000000000000'

let upstream: TestUpstream
let orchestrator: PuppetOrchestrator
let gateway: TestGateway

beforeAll(async () => {
  upstream = await startUpstream((response) => sayCompletion(response))
  orchestrator = await startOrchestrator()
  orchestrator.approvals.set('apr_1', approvalOf({ id: 'apr_1', requested_by: 'ann' }))
  gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    SIGNALBOX_OPERATOR_KEYS: `vera:viewer:${VIEWER}`,
    HTTP_HEADERS_TIMEOUT_MS: '500',
    HTTP_REQUEST_TIMEOUT_MS: '1000',
  })
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await orchestrator?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (header: object): string => `${base64url(header)}.${base64url({ sub: 'ann', owner: 'ann', exp: 9_999_999_999 })}.c2lnbmF0dXJl`

describe('what is no key', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['an empty header', 'Authorization:\r\n'],
    ['a scheme alone', 'Authorization: Bearer\r\n'],
    ['a scheme and blanks', 'Authorization: Bearer    \r\n'],
    ['a key with more behind it', `Authorization: Bearer ${KEY} x\r\n`],
    ['a key with a letter less', `Authorization: Bearer ${KEY.slice(0, -1)}\r\n`],
    ['a key with another last letter', `Authorization: Bearer ${KEY.slice(0, -1)}X\r\n`],
    ['a key in capitals', `Authorization: Bearer ${KEY.toUpperCase()}\r\n`],
    ['a key and its owner', `Authorization: Bearer ann:${KEY}\r\n`],
    ['a key’s hash', `Authorization: Bearer ${'a'.repeat(64)}\r\n`],
    ['a key in quotes', `Authorization: Bearer "${KEY}"\r\n`],
    ['a key in Basic', `Authorization: Basic ${Buffer.from(`ann:${KEY}`).toString('base64')}\r\n`],
    ['two headers, both right', `Authorization: Bearer ${KEY}\r\nAuthorization: Bearer ${KEY}\r\n`],
    ['two headers, in two cases', `authorization: Bearer ${KEY}\r\nAUTHORIZATION: Bearer wrong\r\n`],
    ['a key elsewhere', `X-Api-Key: ${KEY}\r\nApi-Key: ${KEY}\r\nCookie: key=${KEY}; authorization=Bearer ${KEY}\r\nProxy-Authorization: Bearer ${KEY}\r\n`],
    ['SQL', "Authorization: Bearer '||pg_sleep(8)--\r\n"],
    ['a template', 'Authorization: Bearer ${7*7}{{7*7}}\r\n'],
    ['a prototype', 'Authorization: Bearer __proto__\r\n'],
    ['odd bytes', 'Authorization: Bearer \u00ff\u00fe\u00e9\r\n'],
    ['a key of 30 kB', `Authorization: Bearer ${'x'.repeat(30_000)}\r\n`],
    ['a token that says it needs no signature', `Authorization: Bearer ${token({ alg: 'none', typ: 'at+jwt' })}\r\n`],
    ['a token signed with a public key', `Authorization: Bearer ${token({ alg: 'HS256', kid: '../../../../dev/null' })}\r\n`],
    ['a token that brings its own keys', `Authorization: Bearer ${token({ alg: 'RS256', jku: 'http://127.0.0.1:9/keys' })}\r\n`],
    ['our service token', `Authorization: Bearer ${SERVICE_TOKEN}\r\n`],
    ['an actor of one’s own making', `X-Signalbox-Actor: ${base64url({ id: 'x', name: 'x', role: 'admin' })}\r\nX-Signalbox-Owner: ann\r\n`],
  ])('%s: 401 in OpenAI’s shape, and it is not repeated', async (_name, headers) => {
    const answer = await exchange(gateway.url, `${headOf('GET /v1/models', headers)}Connection: close\r\n\r\n`)
    expect(answer.status).toBe(401)
    expect(answer.error()).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key', param: 'Authorization' })
    expect(answer.text).not.toContain(KEY.slice(0, -1))
    expect(answer.text.length).toBeLessThan(700)
  })

  test('a key of 100 kB: 431', async () => {
    const answer = await exchange(gateway.url, `${headOf('GET /v1/models', `Authorization: Bearer ${'x'.repeat(100_000)}\r\n`)}\r\n`)
    expect(answer.status).toBe(431)
  })

  test.each(['api_key', 'key', 'access_token', 'authorization', 'token'])('a key in the query as %s: 401, and in no line of the log', async (name) => {
    const answer = await exchange(gateway.url, `${headOf(`GET /v1/models?${name}=${KEY}`, '')}Connection: close\r\n\r\n`)
    expect(answer.status).toBe(401)
    expect(JSON.stringify(gateway.lines())).not.toContain(KEY)
  })

  test('whoever has none cannot make the gateway take a body of any size', async () => {
    const answer = await exchange(gateway.url, `${headOf('POST /v1/chat/completions', JSON_BODY)}Content-Length: 999999999999\r\n\r\n`, (socket) => {
      const more = setInterval(() => socket.write(Buffer.alloc(65_536, 0x20)), 1)
      socket.once('close', () => clearInterval(more))
    })
    expect(answer.status).toBe(401)
  })
})

describe('every route', () => {
  /** Whom each resource is for: any caller, for what is its own; or who acts beyond that, from this role on. */
  const SCOPES: Record<string, 'caller' | 'viewer' | 'approver' | 'admin'> = {
    '/chat/completions': 'caller',
    '/completions': 'caller',
    '/embeddings': 'caller',
    '/responses': 'caller',
    '/responses/:id': 'caller',
    '/responses/:id/cancel': 'caller',
    '/responses/:id/input_items': 'caller',
    '/conversations': 'caller',
    '/conversations/:id': 'caller',
    '/conversations/:id/items': 'caller',
    '/conversations/:id/items/:item': 'caller',
    '/route': 'caller',
    '/models': 'caller',
    '/models/:id{.+}': 'caller',
    '/sessions': 'caller',
    '/sessions/:id': 'caller',
    '/sessions/:id/events': 'caller',
    '/sessions/:id/cancel': 'caller',
    '/sessions/:id/input': 'caller',
    '/sessions/:id/pause': 'caller',
    '/sessions/:id/resume': 'caller',
    '/dead-letters': 'caller',
    '/dead-letters/:id': 'caller',
    '/dead-letters/:id/redrive': 'caller',
    '/agents': 'caller',
    '/approvals': 'caller',
    '/approvals/:id': 'caller',
    '/approvals/decisions': 'approver',
    '/approvals/:id/decision': 'approver',
    '/approvals/:id/extend': 'approver',
    '/audit': 'viewer',
    '/audit/verify': 'viewer',
    '/channels': 'viewer',
    '/channels/:id/test': 'admin',
    '/deliveries': 'viewer',
    '/events': 'viewer',
  }
  const BODIES: Record<string, unknown> = {
    '/approvals/decisions': { decision: 'reject', reason: 'no', items: [{ id: 'apr_1', version: 1 }] },
    '/approvals/:id/decision': { decision: 'reject', reason: 'no' },
    '/approvals/:id/extend': { seconds: 60 },
  }
  const calls = METHODS.flatMap(([path, methods]) => methods.map((method) => [method, path] as const))

  test('has a scope that somebody thought about', () => {
    expect(METHODS.map(([path]) => path).toSorted()).toEqual(Object.keys(SCOPES).toSorted())
  })

  test('that answers at all stands in the table', async () => {
    const config = readConfig('gateway', gatewayConfigSchema, {
      SIGNALBOX_API_KEYS: `ann:${KEY}`,
      LLM_BASE_URL: upstream.baseUrl,
      LLM_MODEL: 'test-model',
      CONSOLE_ENABLED: 'false',
    })
    const { app, close } = await openGateway(config, { telemetry: openTelemetry({ service: 'gateway', level: 'silent' }) })
    const mounted = app.routes.filter(({ path, method }) => path.startsWith('/v1/') && !['ALL', 'OPTIONS'].includes(method))
    const declared = new Set(calls.map(([method, path]) => `${method} /v1${path}`))
    expect(mounted.map(({ method, path }) => `${method} ${path}`).filter((call) => !declared.has(call))).toEqual([])
    await close()
  })

  test.each(calls)('%s %s: nothing without a key', async (method, path) => {
    const target = `${gateway.url}/v1${fill(path)}`
    for (const headers of [{}, { authorization: 'Bearer sbx_wrong' }, { 'authorization': `Basic ${KEY}`, 'x-api-key': KEY }])
      expect((await fetch(`${target}?api_key=${KEY}`, { method, headers: headers as Record<string, string> })).status).toBe(401)
  })

  test.each(calls.filter(([, path]) => SCOPES[path] !== 'caller'))('%s %s: not for a caller’s key, whatever it says of itself', async (method, path) => {
    const forged = { 'x-signalbox-actor': base64url({ id: 'key:x', name: 'x', role: 'admin', via: 'api', groups: [] }), 'x-signalbox-role': 'admin' }
    const status = await call(method, path, { authorization: `Bearer ${KEY}`, ...forged })
    expect(status).toBe(403)
  })

  test.each(calls.filter(([, path]) => ['approver', 'admin'].includes(SCOPES[path] ?? '')))('%s %s: not for a viewer’s key either', async (method, path) => {
    const status = await call(method, path, { authorization: `Bearer ${VIEWER}` })
    expect(status).toBe(403)
  })

  async function call(method: string, path: string, headers: Record<string, string>): Promise<number> {
    const body = BODIES[path]
    const response = await fetch(`${gateway.url}/v1${fill(path)}`, {
      method,
      headers: { ...headers, 'if-match': '"1"', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
    return response.status
  }
})

test('a key that is refused and one that is good cost the upstream no different call', async () => {
  const before = upstream.taken.length
  await gateway.chat(HELLO, { authorization: 'Bearer sbx_wrong' })
  expect(upstream.taken).toHaveLength(before)
  expect(((await (await gateway.chat(HELLO, { authorization: '' })).json()) as ErrorBody).error.code).toBe('invalid_api_key')
})

function fill(path: string): string {
  return path.replace('/:id{.+}', '/test-model').replace(':id', path.startsWith('/approvals') ? 'apr_1' : path.startsWith('/channels') ? 'ops' : SESSION)
}
