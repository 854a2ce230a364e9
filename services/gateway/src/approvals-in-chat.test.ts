import { NO_USAGE, type Approval, type Usage } from '@signalbox/contracts'
import { eventually, readSse } from '@signalbox/testing'
import { ConflictError } from 'openai'
import { afterEach, describe, expect, test } from 'vitest'

import { expectPlainStream, readChat } from './fixtures/chat-stream.ts'
import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'

const ASK = { model: 'signalbox-orchestrated', messages: [{ role: 'user' as const, content: 'Deploy it' }] }
const USAGE: Usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost_usd: 0.25 }
const CONSOLE = 'https://gw.example/console'
const EXPIRES = '2026-11-22T10:00:00.000Z'
const of = { node: 'a', agent: 'deploy-agent' }

const requested = (approval: string, title = 'Deploy v2 to production', node = 'a'): Said => ({
  type: 'approval.requested',
  ...of,
  node,
  approval,
  title,
  risk: 'high',
  source: 'agent',
  expires_at: EXPIRES,
})
const decided = (approval: string, decision: 'approve' | 'edit' | 'reject' = 'approve', reason?: string): Said => ({
  type: 'approval.decided',
  ...of,
  approval,
  decision,
  by: ['alice'],
  ...(reason !== undefined && { reason }),
})
const waitingFor = (...approvals: string[]): Said => ({ type: 'session.waiting', for: 'approval', approvals, questions: [] })
const delta = (offset: number, text: string): Said => ({ type: 'answer.delta', node: 'c', agent: 'reasoning', offset, text })
const ANSWER: Said[] = [delta(0, 'It is deployed.'), { type: 'session.completed', usage: USAGE, citations: [] }]
const WAITS: Said[] = [requested('apr_1'), waitingFor('apr_1')]

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function gatewayBefore(
  onBegin: (session: PuppetSession) => void,
  environment: Record<string, string> = {},
): Promise<{ gateway: TestGateway; orchestrator: PuppetOrchestrator }> {
  const orchestrator = await startOrchestrator(onBegin)
  open.push(orchestrator)
  const gateway = await startGateway({
    LLM_BASE_URL: 'http://127.0.0.1:9/v1',
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    CONSOLE_URL: CONSOLE,
    KEEP_ALIVE_MS: '20',
    ...environment,
  })
  open.push(gateway)
  return { gateway, orchestrator }
}

const only = (orchestrator: PuppetOrchestrator): PuppetSession => [...orchestrator.sessions.values()][0] as PuppetSession
const waits = (session: PuppetSession): void => session.say(...WAITS)

describe('a stream', () => {
  test('is held with comments while an approval is open, and goes on in the same stream when it is decided', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const response = await gateway.chat({ ...ASK, stream: true })
    const reading = readChat(response)
    await eventually('the stream is held', () => orchestrator.calls.some(({ path }) => path.startsWith('/v1/approvals?')))
    only(orchestrator).say(decided('apr_1'), ...ANSWER)
    const stream = await reading
    expectPlainStream(stream)
    expect(stream).toMatchObject({ content: 'It is deployed.', done: true, finishReasons: ['stop'] })
    expect(stream.reasoning).toEqual([
      `approval needed (risk: high): deploy-agent wants to: Deploy v2 to production → ${CONSOLE}/approvals/apr_1\n`,
      'approved by alice\n',
    ])
    const facts = stream.chunks.map(({ signalbox }) => signalbox).filter((extra) => String(extra?.['type']).startsWith('approval.'))
    expect(facts).toMatchObject([
      {
        type: 'approval.requested',
        approval_id: 'apr_1',
        title: 'Deploy v2 to production',
        risk: 'high',
        expires_at: EXPIRES,
        url: `${CONSOLE}/approvals/apr_1`,
        node_id: 'a',
        state: 'waiting',
      },
      { type: 'approval.decided', approval_id: 'apr_1', decision: 'approve', by: ['alice'] },
    ])
  })

  test('says that it lives while it is held', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    let comments = 0
    for await (const { comment } of readSse(await gateway.chat({ ...ASK, stream: true }))) {
      if (comment === undefined) continue
      expect(comment).toBe('keep-alive')
      if (++comments === 3) only(orchestrator).say(decided('apr_1'), ...ANSWER)
    }
    expect(comments).toBeGreaterThanOrEqual(3)
  })

  test('ends its turn with the link when nobody decides in time, and lets the session wait on', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits, { APPROVAL_HOLD_S: '1' })
    const startedAt = performance.now()
    const stream = await readChat(await gateway.chat({ ...ASK, stream: true, stream_options: { include_usage: true } }))
    expect(performance.now() - startedAt).toBeGreaterThan(950)
    expectPlainStream(stream, { usage: true })
    const { id, status } = only(orchestrator).view
    expect(stream).toMatchObject({ done: true, finishReasons: ['stop'] })
    expect(stream.content).toBe(
      [
        '**Approval needed** (risk: high): deploy-agent wants to: Deploy v2 to production',
        `Review: ${CONSOLE}/approvals/apr_1 (expires 2026-11-22 10:00 UTC)`,
        'Decide it there; then reply here to get the result.',
        `Ref: ${id}`,
      ].join('\n\n'),
    )
    expect(stream.chunks.at(-2)?.signalbox).toMatchObject({
      status: 'awaiting_approval',
      session_id: id,
      approvals: [{ id: 'apr_1', url: `${CONSOLE}/approvals/apr_1`, expires_at: EXPIRES, risk: 'high', title: 'Deploy v2 to production' }],
    })
    expect(stream.chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 0 } })
    expect(status).toBe('waiting_approval')
  })

  test('is held anew for each approval, and independent work is told meanwhile', async () => {
    const { gateway, orchestrator } = await gatewayBefore((session) =>
      session.say(requested('apr_1'), { type: 'node.started', node: 'b', agent: 'rag', instruction: 'look', attempt: 1 }),
    )
    const reading = gateway.chat({ ...ASK, stream: true }).then(readChat)
    const session = await eventually('the session', () => only(orchestrator))
    session.say({ type: 'node.completed', node: 'b', agent: 'rag', summary: 'found' }, waitingFor('apr_1'))
    await eventually('the first hold', () => heldTimes(orchestrator) === 1)
    session.say(decided('apr_1'), requested('apr_2', 'Tell everybody'), waitingFor('apr_2'))
    await eventually('the second hold', () => heldTimes(orchestrator) === 2)
    session.say(decided('apr_2', 'edit'), ...ANSWER)
    const stream = await reading
    expect(stream.content).toBe('It is deployed.')
    expect(stream.reasoning.map((line) => line.split(' →')[0]?.trim())).toEqual([
      'approval needed (risk: high): deploy-agent wants to: Deploy v2 to production',
      'asking rag: look',
      'rag is done: found',
      'approved by alice',
      'approval needed (risk: high): deploy-agent wants to: Tell everybody',
      'approved with changes by alice',
    ])
  })

  test('lists all that is open, and what is decided meanwhile no more', async () => {
    const { gateway, orchestrator } = await gatewayBefore((session) =>
      session.say(requested('apr_1', 'One'), requested('apr_2', 'Two', 'b'), requested('apr_3', 'Three', 'd'), waitingFor('apr_1', 'apr_2', 'apr_3')),
    )
    const reading = gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }).then(readChat)
    const stream = await reading
    expect(stream.content).toContain('**3 approvals needed**')
    expect(stream.content).toContain(`1. (risk: high): deploy-agent wants to: One\n   Review: ${CONSOLE}/approvals/apr_1`)
    // Decided in the ledger; the session has not heard of it yet.
    orchestrator.approvals.set('apr_2', { ...(orchestrator.approvals.get('apr_2') as Approval), state: 'approved' })
    const again = await readChat(await gateway.chat(replying(stream.content), { 'x-signalbox-approval': 'return' }))
    expect(again.chunks.at(-1)?.signalbox?.['approvals']).toMatchObject([{ id: 'apr_1' }, { id: 'apr_3' }])
  })

  test('of a session that was decided about without the session knowing yet waits for it, whatever was wished', async () => {
    const { gateway, orchestrator } = await gatewayBefore((session) => {
      session.say(...WAITS)
      orchestrator.approvals.set('apr_1', { ...(orchestrator.approvals.get('apr_1') as Approval), state: 'approved' })
    })
    const reading = gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }).then(readChat)
    await eventually('the ledger was asked', () => heldTimes(orchestrator) === 1)
    only(orchestrator).say(decided('apr_1'), ...ANSWER)
    expect((await reading).content).toBe('It is deployed.')
  })

  test('shows nothing of an agent that a chat UI would act on, and no link but ours', async () => {
    const title = 'Deploy \u202egnp.exe\u001b[31m ![x](https://evil.example/p.png) <img src=x> https://evil.example/console/approvals/apr_1 www.evil.example'
    const { gateway } = await gatewayBefore((session) => session.say(requested('apr_1', title.slice(0, 200)), waitingFor('apr_1')))
    const { content, reasoning } = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }))
    for (const text of [content, ...reasoning]) expect(text).not.toMatch(/[\u202e\u001b<>]|\]\(/)
    expect(content.match(/\w+:\/\/\S+|www\.\S+/g)).toEqual([`${CONSOLE}/approvals/apr_1`])
  })

  test('says so where the decision lies with somebody behind another agent', async () => {
    const { gateway } = await gatewayBefore((session) => session.say({ type: 'node.waiting', ...of, for: 'others' }, waitingFor()))
    const stream = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }))
    expect(stream.content).toContain('at another agent')
    expect(stream.chunks.at(-1)?.signalbox).toMatchObject({ status: 'awaiting_approval', approvals: [] })
  })

  test('that had told a part of its answer ends its turn below it', async () => {
    const { gateway } = await gatewayBefore((session) => session.say(delta(0, 'First, '), ...WAITS))
    const stream = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }))
    expectPlainStream(stream)
    expect(stream.content).toMatch(/^First, \n\n\*\*Approval needed\*\*/)
  })

  test('that outlives the orchestrator while it is held goes on when it is back', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const reading = gateway.chat({ ...ASK, stream: true }).then(readChat)
    await eventually('the stream is held', () => heldTimes(orchestrator) === 1)
    await orchestrator.goAway()
    only(orchestrator).say(decided('apr_1'))
    await orchestrator.comeBack()
    only(orchestrator).say(...ANSWER)
    expect(await reading).toMatchObject({ content: 'It is deployed.', done: true })
  })
})

describe('without a stream', () => {
  test('an answer comes by itself when it is decided in time', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const asking = gateway.client.chat.completions.create(ASK)
    await eventually('the turn is held', () => orchestrator.sessions.size === 1 && heldTimes(orchestrator) === 1)
    only(orchestrator).say(decided('apr_1'), ...ANSWER)
    expect((await asking).choices[0]?.message.content).toBe('It is deployed.')
  })

  test.each([
    ['the gateway', { APPROVAL_HOLD_S: '1' }, {}],
    ['the caller', {}, { prefer: 'respond-async, wait=1' }],
    ['the caller, who will not wait at all,', {}, { prefer: 'wait=0' }],
  ])('it is a 200 with the link when nobody decides for as long as %s waits', async (_name, environment, headers) => {
    const { gateway, orchestrator } = await gatewayBefore(waits, environment)
    const { data, response } = await gateway.client.chat.completions.create(ASK, { headers }).withResponse()
    const { id } = only(orchestrator).view
    expect(response.status).toBe(200)
    expect(response.headers.get('x-signalbox-status')).toBe('awaiting_approval')
    expect(response.headers.get('x-session-id')).toBe(id)
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
    expect(data.choices[0]?.message.content).toContain(`${CONSOLE}/approvals/apr_1`)
    expect(data.choices[0]?.message.content).toContain(`Ref: ${id}`)
    expect(data).toMatchObject({ usage: { total_tokens: 0 }, signalbox: { status: 'awaiting_approval', session_id: id, approvals: [{ id: 'apr_1' }] } })
  })

  test('a session at work is left to itself as soon as the caller prefers', async () => {
    const { gateway } = await gatewayBefore(() => undefined)
    const { response } = await gateway.client.chat.completions.create(ASK, { headers: { prefer: 'wait=1' } }).withResponse()
    expect(response.headers.get('x-signalbox-status')).toBe('running')
  })
})

describe('x-signalbox-approval', () => {
  test.each([true, false])('return ends the turn at once (stream: %s)', async (stream) => {
    const { gateway } = await gatewayBefore(waits)
    const response = await gateway.chat({ ...ASK, stream }, { 'x-signalbox-approval': 'return' })
    const text = stream ? (await readChat(response)).content : JSON.stringify(await response.json())
    expect(text).toContain('Approval needed')
  })

  test('error is a 409 that no client sends again, with what is needed to get it decided', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const response = await gateway.chat(ASK, { 'x-signalbox-approval': 'error' })
    const body = (await response.json()) as ErrorBody & { signalbox: unknown }
    expect([response.status, response.headers.get('x-should-retry'), response.headers.get('x-signalbox-status')]).toEqual([409, 'false', 'awaiting_approval'])
    expect(body).toMatchObject({
      error: { type: 'approval_required', code: 'approval_required' },
      signalbox: { status: 'awaiting_approval', session_id: only(orchestrator).view.id, approvals: [{ id: 'apr_1', url: `${CONSOLE}/approvals/apr_1` }] },
    })
    expect(body.error.message).toContain(`${CONSOLE}/approvals/apr_1`)
    await expect(
      gateway.client.chat.completions.create({ ...ASK, user: 'another' }, { headers: { 'x-signalbox-approval': 'error' }, maxRetries: 2 }),
    ).rejects.toThrow(ConflictError)
    expect(orchestrator.sessions.size).toBe(2)
  })

  test('error in a stream is an event that ends it', async () => {
    const { gateway } = await gatewayBefore(waits)
    const { chunks, done, finishReasons } = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'error' }))
    expect(chunks.at(-1)).toMatchObject({
      error: { type: 'approval_required', code: 'approval_required' },
      signalbox: { approvals: [{ id: 'apr_1' }] },
    })
    expect([done, finishReasons]).toEqual([false, []])
  })

  test('anything else is a 400 that names it', async () => {
    const { gateway } = await gatewayBefore(waits)
    const response = await gateway.chat(ASK, { 'x-signalbox-approval': 'maybe' })
    expect([response.status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, 'x-signalbox-approval'])
  })
})

describe('the next request of the session', () => {
  const named: [string, (id: string, said: string) => [body: object, headers: Record<string, string>]][] = [
    ['the reference in the replayed turn', (_id, said) => [replying(said), {}]],
    ['a header', (id) => [{ ...ASK, model: 'signalbox-auto', messages: [{ role: 'user', content: 'and?' }], stream: true }, { 'x-session-id': id }]],
    ['the metadata', (id) => [{ ...ASK, model: 'gpt-4o', metadata: { session_id: id }, stream: true }, {}]],
  ]

  test.each(named)('named by %s, reports again what is open, and gives the answer once it is decided', async (_name, ask) => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const wish = { 'x-signalbox-approval': 'return' }
    const first = await readChat(await gateway.chat({ ...ASK, stream: true }, wish))
    const session = only(orchestrator)
    const [body, headers] = ask(session.view.id, first.content)

    const response = await gateway.chat(body, { ...headers, ...wish })
    expect(response.headers.get('x-signalbox-status')).toBe('awaiting_approval')
    expect((await readChat(response)).content).toBe(first.content)

    session.say(decided('apr_1'), ...ANSWER)
    const last = await readChat(await gateway.chat(body, { ...headers, ...wish }))
    expectPlainStream(last)
    expect([last.content, last.done]).toEqual(['It is deployed.', true])
    expect(orchestrator.sessions.size).toBe(1)
  })

  test('is held like the first one, and goes on in its stream', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const first = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }))
    const reading = gateway.chat(replying(first.content)).then(readChat)
    await eventually('the second hold', () => heldTimes(orchestrator) === 2)
    only(orchestrator).say(decided('apr_1'), ...ANSWER)
    expect((await reading).content).toBe('It is deployed.')
  })

  test('of somebody else finds nothing', async () => {
    const { gateway } = await gatewayBefore(waits)
    const first = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return' }))
    expect((await gateway.chat(replying(first.content), { authorization: 'Bearer sbx_bobs_key' })).status).toBe(404)
  })
})

describe('a rejection', () => {
  test('is told with its reason, and the answer says what was done without it', async () => {
    const { gateway, orchestrator } = await gatewayBefore(waits)
    const reading = gateway.chat({ ...ASK, stream: true }).then(readChat)
    await eventually('the stream is held', () => heldTimes(orchestrator) === 1)
    only(orchestrator).say(
      decided('apr_1', 'reject', 'not on a Friday'),
      { type: 'node.skipped', ...of, reason: 'rejected' },
      delta(0, 'It was not deployed: not on a Friday.'),
      { type: 'session.completed', usage: USAGE, citations: [] },
    )
    const { reasoning, content } = await reading
    expect(reasoning.slice(-2)).toEqual(['rejected by alice: not on a Friday\n', 'skipped deploy-agent (a): it was not approved\n'])
    expect(content).toBe('It was not deployed: not on a Friday.')
  })

  test('that leaves nothing to answer with is a 403 that says so', async () => {
    const { gateway } = await gatewayBefore((session) =>
      session.say(...WAITS, decided('apr_1', 'reject'), {
        type: 'session.failed',
        error: { code: 'approval_rejected', message: '“Deploy” was rejected by alice.' },
        usage: NO_USAGE,
      }),
    )
    const response = await gateway.chat(ASK)
    expect([response.status, ((await response.json()) as ErrorBody).error]).toMatchObject([
      403,
      { type: 'permission_error', code: 'approval_rejected', message: '“Deploy” was rejected by alice.' },
    ])
  })
})

test('without a word on where the console is, links lead to the gateway itself', async () => {
  const orchestrator = await startOrchestrator(waits)
  open.push(orchestrator)
  const gateway = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN })
  open.push(gateway)
  const { content } = await readChat(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-approval': 'return', 'host': 'evil.example' }))
  expect(content).toContain(`Review: ${gateway.url}/console/approvals/apr_1`)
})

test('the official client streams a turn that ends for an approval without a fault', async () => {
  const { gateway } = await gatewayBefore(waits)
  const stream = gateway.client.chat.completions.stream(ASK, { headers: { 'x-signalbox-approval': 'return' } })
  const completion = await stream.finalChatCompletion()
  expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop' })
  expect(completion.choices[0]?.message.content).toContain('Approval needed')
})

/** How often somebody looked at what is open. */
function heldTimes(orchestrator: PuppetOrchestrator): number {
  return orchestrator.calls.filter(({ path }) => path.startsWith('/v1/approvals?')).length
}

function replying(said: string): object {
  return { model: 'signalbox-auto', stream: true, messages: [...ASK.messages, { role: 'assistant', content: said }, { role: 'user', content: 'and now?' }] }
}
