import { NO_USAGE } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'

import { KEY, startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'
import { isClassifierRequest, sayCompletion, sayVerdict, startUpstream, type TestUpstream } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-orchestrated', messages: [{ role: 'user' as const, content: 'which of the two is older?' }] }
const DONE: Said[] = [
  { type: 'answer.delta', node: 'a', agent: 'rag', offset: 0, text: 'A is older.' },
  { type: 'session.completed', usage: NO_USAGE, citations: [] },
]
const BOB = { authorization: 'Bearer sbx_bobs_key' }

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

describe('a request that is sent again', () => {
  test('while its first try is at work: both hear the one session’s answer', async () => {
    const { gateway, orchestrator } = await start()
    const tries = [await ask(gateway, { stream: true }, { 'idempotency-key': 'k' }), await ask(gateway, { stream: true }, { 'idempotency-key': 'k' })]
    expect(tries.map(({ headers }) => headers.get('x-signalbox-deduplicated'))).toEqual([null, 'true'])
    only(orchestrator).say(...DONE)
    for (const response of tries) expect(await response.text()).toMatch(/A is older\.[\s\S]*data: \[DONE\]/)
  })

  test('twenty times at once under one key is one session', async () => {
    const { gateway, orchestrator } = await start((session) => session.say(...DONE))
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, {}, { 'idempotency-key': 'k' })))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(all.map(({ headers }) => headers.get('x-session-id'))).size).toBe(1)
    expect(orchestrator.sessions.size).toBe(1)
  })

  test('by the official client, whose first try breaks off: one session, and its answer', async () => {
    const { gateway, orchestrator } = await start((session) => session.say(...DONE))
    let tries = 0
    // What stands between loses the first answer.
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      tries++
      if (tries > 1) return response
      await response.body?.cancel()
      throw new TypeError('fetch failed')
    }
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 2, fetch: losing })
    const completion = await client.chat.completions.create(ASK)
    expect([completion.choices[0]?.message.content, tries, orchestrator.sessions.size]).toEqual(['A is older.', 2, 1])
  })

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['under its own key', { 'idempotency-key': 'k' }, { 'idempotency-key': 'k' }],
    ['by a client that counts its tries', { 'x-stainless-retry-count': '0' }, { 'x-stainless-retry-count': '1' }],
  ])('%s, after the gateway was restarted, and by another gateway: one session', async (_name, first, again) => {
    const { gateway, orchestrator, environment } = await start((session) => session.say(...DONE))
    const id = (await ask(gateway, {}, first)).headers.get('x-session-id')
    await gateway.listening.stop(0)
    const second = await startGateway(environment)
    const third = await startGateway(environment)
    open.push(second, third)
    for (const other of [second, third]) {
      const response = await ask(other, {}, again)
      expect([response.status, response.headers.get('x-session-id'), response.headers.get('x-signalbox-deduplicated')]).toEqual([200, id, 'true'])
    }
    expect(orchestrator.sessions.size).toBe(1)
  })

  test.each(['-1', '1.5', '99999', 'x', '0x1', ''])('a count of %j is none', async (count) => {
    const { gateway, orchestrator } = await start((session) => session.say(...DONE))
    await ask(gateway)
    await ask(gateway, {}, { 'x-stainless-retry-count': count })
    expect(orchestrator.sessions.size).toBe(2)
  })

  test('is nobody else’s: another caller, another body and another key begin sessions of their own', async () => {
    const { gateway, orchestrator } = await start((session) => session.say(...DONE))
    await ask(gateway, {}, { 'idempotency-key': 'k' })
    expect((await ask(gateway, {}, { 'idempotency-key': 'k', ...BOB })).headers.get('x-signalbox-deduplicated')).toBeNull()
    expect((await ask(gateway, {}, { 'x-stainless-retry-count': '1', ...BOB })).status).toBe(200)
    await ask(gateway, {}, { 'idempotency-key': 'k2' })
    expect(orchestrator.sessions.size).toBeGreaterThanOrEqual(3)
    expect([...orchestrator.sessions.values()].filter(({ caller }) => caller.owner === 'bob')).not.toHaveLength(0)
  })
})

describe('a key that is used again for something else', () => {
  test.each<[string, object]>([
    ['another question', { messages: [{ role: 'user', content: 'something else' }] }],
    ['another temperature', { temperature: 1 }],
    ['a stream', { stream: true }],
  ])('%s: 422 that names the header, and no session', async (_name, change) => {
    const { gateway, orchestrator } = await start((session) => session.say(...DONE))
    await ask(gateway, {}, { 'idempotency-key': 'k' })
    const response = await ask(gateway, change, { 'idempotency-key': 'k' })
    expect(response.status).toBe(422)
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ code: 'idempotency_mismatch', param: 'Idempotency-Key' })
    expect(orchestrator.sessions.size).toBe(1)
  })

  test.each(['x'.repeat(256), 'a b', 'ü'])('%s is no key', async (key) => {
    const { gateway, orchestrator } = await start()
    expect((await ask(gateway, {}, { 'idempotency-key': key })).status).toBe(400)
    expect(orchestrator.sessions.size).toBe(0)
  })
})

describe('retry storms', () => {
  test('of a session that fails: each client stops at its own bound, and all of it was one session', async () => {
    const { gateway, orchestrator } = await start((session) =>
      session.say({ type: 'session.failed', error: { code: 'agent_failed', message: 'no' }, usage: NO_USAGE }),
    )
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 2 })
    await expect(client.chat.completions.create(ASK)).rejects.toMatchObject({ status: 502 })
    expect(orchestrator.sessions.size).toBe(1)
  })

  test('on the simple way: the upstream is called once for a failure that has begun to be told, and a bounded number of times for any', async () => {
    const { upstream, gateway } = await start(undefined, (response) => response.destroy())
    expect((await gateway.chat({ ...ASK, model: 'signalbox-simple' })).status).toBe(502)
    expect(upstream.taken.length).toBeLessThanOrEqual(3)
  })

  test('a thousand different tries of one caller leave a bounded memory, and every one an answer', async () => {
    const { gateway } = await start((session) => session.say(...DONE))
    for (let round = 0; round < 10; round++) {
      const all = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(gateway, { seed: round * 20 + index }, { 'x-stainless-retry-count': '1' })))
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
      await Promise.all(all.map((response) => response.text()))
    }
  })
})

describe('what a chat UI asks behind a conversation’s back', () => {
  test.each([
    '### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Chat History:\nUSER: compare A and B, with sources',
    '### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history',
    '### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next',
    'Write a 5-word-or-less title for the following conversation: compare A and B, with sources',
  ])('is one model call, and reaches neither classifier nor orchestrator: %s', async (content) => {
    const { gateway, upstream, orchestrator } = await start()
    const response = await gateway.chat({ model: 'signalbox-auto', messages: [{ role: 'user', content }] })
    expect([response.status, response.headers.get('x-signalbox-route')]).toEqual([200, 'simple'])
    expect(upstream.taken).toHaveLength(1)
    expect(upstream.taken.filter(isClassifierRequest)).toEqual([])
    expect([orchestrator.sessions.size, orchestrator.calls.length]).toEqual([0, 0])
  })
})

describe('races', () => {
  test('a caller that leaves and one that cancels at once end a session once', async () => {
    const { gateway, orchestrator } = await start()
    const leave = new AbortController()
    const response = await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-on-disconnect': 'cancel' }, leave.signal)
    const id = response.headers.get('x-session-id') as string
    const canceling = Array.from({ length: 5 }, () => gateway.get(`/v1/sessions/${id}`, { method: 'DELETE' }))
    leave.abort()
    expect(new Set((await Promise.all(canceling)).map(({ status }) => status))).toEqual(new Set([200]))
    await eventually('the end', () => only(orchestrator).view.status === 'canceled')
    expect(only(orchestrator).events.filter(({ type }) => type === 'session.canceled')).toHaveLength(1)
  })
})

async function start(
  onBegin?: (session: PuppetSession) => void,
  answer: Parameters<typeof startUpstream>[0] = (response) => sayCompletion(response),
): Promise<{ gateway: TestGateway; orchestrator: PuppetOrchestrator; upstream: TestUpstream; environment: Record<string, string> }> {
  const orchestrator = await startOrchestrator(onBegin)
  const upstream = await startUpstream((response, request) =>
    isClassifierRequest(request) ? sayVerdict(response, { needs_orchestration: true, reason: 'x' }) : answer(response, request),
  )
  const environment = { LLM_BASE_URL: upstream.baseUrl, ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN }
  const gateway = await startGateway(environment)
  open.push(orchestrator, upstream, gateway)
  return { gateway, orchestrator, upstream, environment }
}

function ask(gateway: TestGateway, change: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return gateway.chat({ ...ASK, ...change }, headers)
}

function only(orchestrator: PuppetOrchestrator): PuppetSession {
  const [session] = orchestrator.sessions.values()
  if (!session || orchestrator.sessions.size !== 1) throw new Error(`there are ${orchestrator.sessions.size} sessions`)
  return session
}
