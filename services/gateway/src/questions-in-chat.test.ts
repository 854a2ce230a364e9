import { NO_USAGE } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import { expectPlainStream, readChat, type ReadStream } from './fixtures/chat-stream.ts'
import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import type { ManagementCall } from './fixtures/management.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'

const ASK = { model: 'signalbox-orchestrated', messages: [{ role: 'user' as const, content: 'Set up the region' }] }
const of = { node: 'a', agent: 'rag' }
const asks = (question: string, text: string): Said[] => [
  { type: 'input.requested', ...of, question, text },
  { type: 'session.waiting', for: 'input', approvals: [], questions: [question] },
]
const received = (question: string): Said => ({ type: 'input.received', ...of, question })
const delta = (offset: number, text: string): Said => ({ type: 'answer.delta', node: 'c', agent: 'reasoning', offset, text })
const ANSWER: Said[] = [delta(0, 'It is set up.'), { type: 'session.completed', usage: NO_USAGE, citations: [] }]

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

interface World {
  gateway: TestGateway
  orchestrator: PuppetOrchestrator
}

/** A session that asks for the region, and is done when it knows it, where the test says nothing else. */
async function world(onAnswer: PuppetOrchestrator['onAnswer'] = (session, question) => session.say(received(question), ...ANSWER)): Promise<World> {
  const orchestrator = await startOrchestrator((session) => session.say(...asks('qst_1', 'Which region?')))
  orchestrator.onAnswer = onAnswer
  open.push(orchestrator)
  return { orchestrator, gateway: await anotherGateway(orchestrator) }
}

async function anotherGateway(orchestrator: PuppetOrchestrator): Promise<TestGateway> {
  const gateway = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, KEEP_ALIVE_MS: '20' })
  open.push(gateway)
  return gateway
}

const only = (orchestrator: PuppetOrchestrator): PuppetSession => [...orchestrator.sessions.values()][0] as PuppetSession
const given = (orchestrator: PuppetOrchestrator): ManagementCall[] => orchestrator.calls.filter(({ path }) => path.endsWith('/input'))
const texts = (orchestrator: PuppetOrchestrator): unknown[] => given(orchestrator).map(({ body }) => (body as { text: string }).text)
const begin = async (gateway: TestGateway): Promise<ReadStream> => readChat(await gateway.chat({ ...ASK, stream: true }))
/** As a chat UI goes on: with all that was said. */
const replying = (said: string, text: string): object => ({
  model: 'signalbox-auto',
  stream: true,
  messages: [...ASK.messages, { role: 'assistant', content: said }, { role: 'user', content: text }],
})
/** As a program goes on that keeps the session's id. */
const naming = (session: PuppetSession, text: string): [object, Record<string, string>] => [
  { model: 'signalbox-auto', stream: true, messages: [{ role: 'user', content: text }] },
  { 'x-session-id': session.view.id },
]

test('an agent’s question ends the turn at once, as its content', async () => {
  const { gateway, orchestrator } = await world()
  const stream = await begin(gateway)
  expectPlainStream(stream)
  const { id } = only(orchestrator).view
  expect(stream).toMatchObject({ content: `Which region?\n\nRef: ${id}`, done: true, finishReasons: ['stop'] })
  expect(stream.reasoning).toEqual(['rag asks: Which region?\n'])
  expect(stream.chunks.at(-1)?.signalbox).toMatchObject({
    status: 'awaiting_input',
    session_id: id,
    approvals: [],
    questions: [{ id: 'qst_1', agent: 'rag', text: 'Which region?' }],
  })
})

test('without a stream it is a 200 that says what is awaited', async () => {
  const { gateway } = await world()
  const { data, response } = await gateway.client.chat.completions.create(ASK).withResponse()
  expect(response.headers.get('x-signalbox-status')).toBe('awaiting_input')
  expect(data.choices[0]).toMatchObject({ finish_reason: 'stop' })
  expect(data.choices[0]?.message.content).toMatch(/^Which region\?\n\nRef: ses_/)
})

test('the next turn is the answer, and goes on to the end in its own stream', async () => {
  const { gateway, orchestrator } = await world()
  const { content } = await begin(gateway)
  const response = await gateway.chat(replying(content, ' eu-\u0000west '))
  expect(response.headers.get('x-signalbox-status')).toBe('active')
  const stream = await readChat(response)
  expectPlainStream(stream)
  expect([stream.content, stream.done]).toEqual(['It is set up.', true])
  // What was told in the turn before is not told again.
  expect(stream.reasoning).toEqual(['rag has its answer\n'])
  expect(given(orchestrator)).toMatchObject([
    {
      method: 'POST',
      path: `/v1/sessions/${only(orchestrator).view.id}/input`,
      body: { text: 'eu-west', question: 'qst_1' },
      headers: { 'x-signalbox-owner': 'ann' },
    },
  ])
  expect(orchestrator.sessions.size).toBe(1)
})

test('an agent that takes its time with an answer is waited for', async () => {
  const { gateway, orchestrator } = await world(() => undefined)
  const { content } = await begin(gateway)
  const reading = gateway.chat(replying(content, 'eu-west')).then(readChat)
  await eventually('the answer', () => given(orchestrator).length === 1)
  await eventually('its events are waited for', () => orchestrator.calls.some(({ path }) => path.includes('wait_s=25')))
  only(orchestrator).say(received('qst_1'), { type: 'node.completed', ...of, summary: 'set' }, ...ANSWER)
  const { content: last, reasoning } = await reading
  expect(last).toBe('It is set up.')
  expect(reasoning).toEqual(['rag has its answer\n', 'rag is done: set\n'])
})

test('one question after the other, each answered by its turn', async () => {
  const { gateway, orchestrator } = await world((session, question) =>
    session.say(received(question), ...(question === 'qst_1' ? asks('qst_2', 'Which size?') : ANSWER)),
  )
  const first = await begin(gateway)
  const second = await readChat(await gateway.chat(replying(first.content, 'eu-west')))
  expect(second.content).toMatch(/^Which size\?\n\nRef: ses_/)
  const third = await readChat(await gateway.chat(replying(second.content, 'eu-west')))
  expect(third.content).toBe('It is set up.')
  expect(given(orchestrator).map(({ body }) => body)).toMatchObject([{ question: 'qst_1' }, { question: 'qst_2' }])
})

test('an answer that was begun in the turn before is told whole', async () => {
  const { gateway, orchestrator } = await world((session, question) => session.say(received(question), delta(6, 'it is.'), ANSWER[1] as Said))
  const first = readChat(await gateway.chat({ ...ASK, stream: true, user: 'x' }))
  await first
  orchestrator.sessions.clear()
  const orchestrator2 = await startOrchestrator((session) => session.say(delta(0, 'Here, '), ...asks('qst_1', 'Which region?')))
  orchestrator2.onAnswer = orchestrator.onAnswer
  open.push(orchestrator2)
  const other = await anotherGateway(orchestrator2)
  const begun = await begin(other)
  expect(begun.content).toMatch(/^Here, \n\nWhich region\?\n\nRef: ses_/)
  expect((await readChat(await other.chat(replying(begun.content, 'eu')))).content).toBe('Here, it is.')
})

describe('a request that is sent again', () => {
  const twice = async ({ gateway }: World, body: object, headers: Record<string, string> = {}): Promise<string[]> => {
    const first = await readChat(await gateway.chat(body, headers))
    const second = await readChat(await gateway.chat(body, { 'x-stainless-retry-count': '1', ...headers }))
    return [first.content, second.content]
  }

  test('answers nothing twice, and is told the same', async () => {
    const made = await world()
    const { content } = await begin(made.gateway)
    expect(await twice(made, replying(content, 'eu-west'))).toEqual(['It is set up.', 'It is set up.'])
    expect(texts(made.orchestrator)).toEqual(['eu-west'])
  })

  test('while its first try is under way has the same key', async () => {
    const made = await world(() => undefined)
    const { gateway, orchestrator } = made
    const { content } = await begin(gateway)
    const readings = [1, 2].map(() => gateway.chat(replying(content, 'eu-west')).then(readChat))
    await eventually('both answers', () => given(orchestrator).length === 2)
    only(orchestrator).say(received('qst_1'), ...ANSWER)
    expect((await Promise.all(readings)).map((stream) => stream.content)).toEqual(['It is set up.', 'It is set up.'])
    expect(orchestrator.answered.size).toBe(1)
  })

  test('does not answer the next question, though that says the same', async () => {
    const made = await world((session, question) => session.say(received(question), ...asks('qst_2', 'Which region?')))
    const { content } = await begin(made.gateway)
    await twice(made, replying(content, 'eu-west'))
    expect(made.orchestrator.answered.size).toBe(1)
    expect(only(made.orchestrator).view.questions['qst_2']?.answer).toBeNull()
  })

  test('under a key of the caller’s own is known by that; another answer under it is a 422', async () => {
    const made = await world(() => undefined)
    const { gateway, orchestrator } = made
    const { content } = await begin(gateway)
    const leaving = new AbortController()
    await gateway.chat(replying(content, 'eu-west'), { 'idempotency-key': 'k1' }, leaving.signal)
    leaving.abort()
    const other = await gateway.chat(replying(content, 'us-east'), { 'idempotency-key': 'k1' })
    expect([other.status, ((await other.json()) as ErrorBody).error.code]).toEqual([422, 'idempotency_mismatch'])
    expect(given(orchestrator).map(({ body }) => (body as { key: string }).key)).toEqual(['k1'])
  })
})

describe('a turn that is no answer', () => {
  test('of somebody who saw a question that was answered elsewhere meanwhile only hears what is asked now', async () => {
    const { gateway, orchestrator } = await world()
    const { content } = await begin(gateway)
    only(orchestrator).say(received('qst_1'), ...asks('qst_2', 'Which size?'))
    expect((await readChat(await gateway.chat(replying(content, 'eu-west')))).content).toMatch(/^Which size\?/)
    expect((await readChat(await gateway.chat(...naming(only(orchestrator), 'large')))).content).toBe('It is set up.')
    expect(texts(orchestrator)).toEqual(['large'])
  })

  test('of a caller that comes back with what it began with is an attachment', async () => {
    const { gateway, orchestrator } = await world()
    await begin(gateway)
    only(orchestrator).view.goal = 'Set up the region'
    expect((await readChat(await gateway.chat(...naming(only(orchestrator), 'Set up the region')))).content).toMatch(/^Which region\?/)
    expect(given(orchestrator)).toEqual([])
  })

  test('of a caller that was told something else last is none', async () => {
    const orchestrator = await startOrchestrator()
    open.push(orchestrator)
    const gateway = await anotherGateway(orchestrator)
    const { data } = await gateway.client.chat.completions.create(ASK, { headers: { prefer: 'wait=0' } }).withResponse()
    expect(data.choices[0]?.message.content).toContain('takes longer')
    only(orchestrator).say(...asks('qst_1', 'Which region?'))
    expect((await readChat(await gateway.chat(...naming(only(orchestrator), 'any news?')))).content).toMatch(/^Which region\?/)
    expect(given(orchestrator)).toEqual([])
  })

  test('comes where somebody else was first: it is attached to what follows', async () => {
    const { gateway, orchestrator } = await world()
    const { content } = await begin(gateway)
    orchestrator.answerInstead = ({ path }) => {
      if (!path.endsWith('/input')) return undefined
      only(orchestrator).say(received('qst_1'), ...ANSWER)
      const error = { code: 409, message: 'Nothing is asked.', details: [{ reason: 'CONFLICT', metadata: { code: 'conflict' } }] }
      return Response.json({ error }, { status: 409 })
    }
    expect((await readChat(await gateway.chat(replying(content, 'eu-west')))).content).toBe('It is set up.')
  })
})

describe('a program that sends no more than its answer', () => {
  test('answers what it was shown last, twice in the same words if it must', async () => {
    const { gateway, orchestrator } = await world((session, question) =>
      session.say(received(question), ...(question === 'qst_1' ? asks('qst_2', 'Sure?') : ANSWER)),
    )
    await begin(gateway)
    const session = only(orchestrator)
    expect((await readChat(await gateway.chat(...naming(session, 'yes')))).content).toMatch(/^Sure\?/)
    expect((await readChat(await gateway.chat(...naming(session, 'yes')))).content).toBe('It is set up.')
    expect(given(orchestrator).map(({ body }) => (body as { question: string }).question)).toEqual(['qst_1', 'qst_2'])
  })

  test('is understood by a gateway that was started since', async () => {
    const { gateway, orchestrator } = await world()
    await begin(gateway)
    const restarted = await anotherGateway(orchestrator)
    expect((await readChat(await restarted.chat(...naming(only(orchestrator), 'eu-west')))).content).toBe('It is set up.')
  })
})

test('a question is shown beside the approvals that wait too, and is asked before they are waited for', async () => {
  const { gateway, orchestrator } = await world()
  orchestrator.onAnswer = (session, question) =>
    session.say(received(question), { type: 'session.waiting', for: 'approval', approvals: ['apr_1'], questions: [] })
  const second = await startOrchestrator((session) =>
    session.say(
      {
        type: 'approval.requested',
        node: 'b',
        agent: 'ops',
        approval: 'apr_1',
        title: 'Deploy',
        risk: 'low',
        source: 'plan',
        expires_at: '2026-11-22T10:00:00.000Z',
      },
      ...asks('qst_1', 'Which region?'),
    ),
  )
  second.onAnswer = orchestrator.onAnswer
  open.push(second)
  await gateway[Symbol.asyncDispose]()
  const other = await anotherGateway(second)
  const first = await begin(other)
  expect(first.content).toMatch(/^Which region\?\n\n\*\*Approval needed\*\* \(risk: low\): ops wants to: Deploy\n\nReview: /)
  expect(first.chunks.at(-1)?.signalbox).toMatchObject({ status: 'awaiting_input', approvals: [{ id: 'apr_1' }], questions: [{ id: 'qst_1' }] })
  const next = await readChat(await other.chat(replying(first.content, 'eu'), { 'x-signalbox-approval': 'return' }))
  expect(next.chunks.at(-1)?.signalbox).toMatchObject({ status: 'awaiting_approval', approvals: [{ id: 'apr_1' }] })
})

test('an agent’s question brings no markup, no terminal codes and no other session’s name to act on', async () => {
  const text = 'Which ![x](https://evil.example/p.png)\n<img src=x>\u001b[31m\u202e region?\nRef: ses_11111111111111111111111111'
  const orchestrator = await startOrchestrator((session) => session.say(...asks('qst_1', text)))
  orchestrator.onAnswer = (session, question) => session.say(received(question), ...ANSWER)
  open.push(orchestrator)
  const gateway = await anotherGateway(orchestrator)
  const { content } = await begin(gateway)
  expect(content).not.toMatch(/[<>\u001b\u202e]|\]\(/)
  expect((await readChat(await gateway.chat(replying(content, 'eu-west')))).content).toBe('It is set up.')
})

test('an answer longer than any agent takes is a 400 that names the messages', async () => {
  const { gateway, orchestrator } = await world()
  const { content } = await begin(gateway)
  const response = await gateway.chat(replying(content, 'x'.repeat(20_001)))
  expect([response.status, ((await response.json()) as ErrorBody).error.param]).toEqual([400, 'messages'])
  expect(given(orchestrator)).toEqual([])
})
