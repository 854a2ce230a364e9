import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { NO_USAGE, type Usage } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'

import { openOpenAIDocument } from './fixtures/openai-document.ts'
import type { PuppetSession, Said } from './fixtures/orchestrator.ts'
import {
  BOBS_KEY,
  CONSOLE,
  OPERATORS_KEY,
  READING_MS,
  VIEWERS_KEY,
  startResponses,
  type ResponsesWorld,
  type StreamedEvent,
  type WorldOptions,
} from './fixtures/responses.ts'

const ASK = { model: 'signalbox-orchestrated', input: 'Deploy it' }
const USAGE: Usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost_usd: 0.25 }
const EXPIRES = '2026-11-22T10:00:00.000Z'
const of = { node: 'a', agent: 'deploy-agent' }
const started: Said = { type: 'node.started', ...of, instruction: 'find it', attempt: 1 }
const requested = (approval: string): Said => ({
  type: 'approval.requested',
  ...of,
  approval,
  title: 'Deploy v2 to production',
  risk: 'high',
  source: 'agent',
  expires_at: EXPIRES,
})
const decided = (approval: string): Said => ({ type: 'approval.decided', ...of, approval, decision: 'approve', by: ['alice'] })
const waitingFor = (...approvals: string[]): Said => ({ type: 'session.waiting', for: 'approval', approvals, questions: [] })
const asks = (question: string, text: string): Said[] => [
  { type: 'input.requested', ...of, question, text },
  { type: 'session.waiting', for: 'input', approvals: [], questions: [question] },
]
const received = (question: string): Said => ({ type: 'input.received', ...of, question })
const delta = (offset: number, text: string): Said => ({ type: 'answer.delta', node: 'c', agent: 'reasoning', offset, text })
const completed: Said = { type: 'session.completed', usage: USAGE, citations: [] }
const ANSWER: Said[] = [delta(0, 'It is '), delta(6, 'deployed.'), completed]
const WAITS: Said[] = [requested('apr_1'), waitingFor('apr_1')]

let world: ResponsesWorld
beforeAll(() => void openOpenAIDocument(), READING_MS)
afterEach(() => world[Symbol.asyncDispose]())

async function worldThat(...said: Said[]): Promise<ResponsesWorld> {
  return open({ onBegin: (session) => session.say(...said) })
}
async function open(options: WorldOptions): Promise<ResponsesWorld> {
  world = await startResponses({ ...options, environment: { APPROVAL_HOLD_S: '0', ...options.environment } })
  return world
}
const typesOf = (events: readonly StreamedEvent[]): string[] => events.map(({ type }) => type)
const idOf = (events: readonly StreamedEvent[]): string => (events[0] as unknown as { response: { id: string } }).response.id
const numbersOf = (events: readonly StreamedEvent[]): number[] => events.map(({ sequence_number: number }) => number)
const messagesOf = (session: PuppetSession): unknown => session.message.parts

describe('a session’s answer', () => {
  test('comes as a message, what is done for it as reasoning, and ours as metadata alone', async () => {
    await worldThat(started, ...ANSWER)
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true, metadata: { mine: 'yes' } })
    expect(typesOf(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(numbersOf(events)).toEqual(events.map((_, index) => index))
    const { id } = world.session.view
    expect(events[0]).toMatchObject({ response: { metadata: { mine: 'yes', session_id: id, orch_status: 'active' } } })
    expect(events.at(-1)).toMatchObject({
      response: {
        status: 'completed',
        metadata: { mine: 'yes', session_id: id, orch_status: 'completed', cost_usd: '0.25' },
        usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        output: [
          { type: 'reasoning', summary: [{ text: 'asking deploy-agent: find it\n' }] },
          { type: 'message', content: [{ text: 'It is deployed.' }] },
        ],
      },
    })
  })

  test('comes whole to whoever does not stream, and can be asked for again', async () => {
    await worldThat(started, ...ANSWER)
    const response = await world.client.responses.create(ASK)
    expect(response).toMatchObject({ status: 'completed', output_text: 'It is deployed.', model: 'signalbox-orchestrated' })
    expect(await world.client.responses.retrieve(response.id)).toEqual(response)
    expect(messagesOf(world.session)).toMatchObject([{ text: 'Deploy it' }, { data: { conversation: [{ role: 'user', text: 'Deploy it' }] } }])
  })

  test('says in the headers what a chat’s answer says', async () => {
    await worldThat(...ANSWER)
    const { headers } = await world.ask('POST', '/responses', ASK)
    expect(headers.get('x-session-id')).toBe(world.session.view.id)
    expect(headers.get('x-signalbox-route')).toBe('complex')
    expect(headers.get('x-signalbox-status')).toBe('completed')
  })

  test('marks its sources where they stand', async () => {
    const citations = [
      { n: 1, source: 'docs/deploy.md', title: 'Deploying', start: 3, end: 9 },
      { n: 2, source: 'https://example.com/a b', title: '', start: 0, end: 4 },
    ]
    await worldThat(delta(0, 'So [1], and so [2], and [1].'), { type: 'session.completed', usage: USAGE, citations })
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true })
    const annotations = [
      { type: 'file_citation', file_id: 'docs/deploy.md', filename: 'Deploying', index: 3 },
      { type: 'url_citation', url: 'https://example.com/a%20b', title: 'https://example.com/a b', start_index: 15, end_index: 18 },
      { type: 'file_citation', file_id: 'docs/deploy.md', filename: 'Deploying', index: 24 },
    ]
    expect(events.filter(({ type }) => type === 'response.output_text.annotation.added').map(({ annotation }) => annotation)).toEqual(annotations)
    expect(events.at(-1)).toMatchObject({ response: { output: [{ content: [{ annotations }] }] } })
  })

  test('that a budget cut short is incomplete', async () => {
    await worldThat(delta(0, 'Half'), { type: 'session.completed', usage: USAGE, citations: [], stopped: { limit: 'tokens', message: 'spent' } })
    expect(await world.client.responses.create(ASK)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output_text: 'Half',
      metadata: { orch_status: 'stopped' },
    })
  })

  test('is shown without progress to whoever does not wish it', async () => {
    await worldThat(started, ...ANSWER)
    const { body } = await world.ask('POST', '/responses', ASK, { 'x-signalbox-progress': 'none' })
    expect(body['output']).toMatchObject([{ type: 'message' }])
  })

  test('that came to nothing is a response that failed, or an error to whoever does not stream', async () => {
    await worldThat(started, { type: 'session.failed', error: { code: 'agent_failed', message: 'It broke.' }, usage: NO_USAGE })
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true })
    expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'It broke.' } } })
    expect(await world.ask('POST', '/responses', ASK)).toMatchObject({ status: 502, body: { error: { message: 'It broke.', code: 'agent_failed' } } })
  })

  test('that takes too long for one request is said to go on, and is there for the next', async () => {
    await open({ onBegin: (session) => session.say(started), environment: { SESSION_WAIT_S: '1' } })
    const first = await world.client.responses.create(ASK)
    expect(first.metadata).toMatchObject({ orch_status: 'running' })
    expect(first.output_text).toContain('previous_response_id')
    world.session.say(...ANSWER)
    const second = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: first.id, input: [] })
    expect(second).toMatchObject({ output_text: 'It is deployed.', metadata: { session_id: world.session.view.id } })
    // What was told before is not told again.
    expect(second.output.map(({ type }) => type)).toEqual(['message'])
  })

  test('can be gone on from: the next request is a conversation that knows it', async () => {
    await worldThat(...ANSWER)
    const first = await world.client.responses.create(ASK)
    await world.client.responses.create({ model: 'signalbox-simple', previous_response_id: first.id, input: 'Thanks' })
    expect(JSON.parse(String(world.upstream.taken.at(-1)?.body))).toMatchObject({
      messages: [
        { role: 'user', content: 'Deploy it' },
        { role: 'assistant', content: 'It is deployed.' },
        { role: 'user', content: 'Thanks' },
      ],
    })
    await world.client.responses.create({ ...ASK, previous_response_id: first.id, input: 'And the other' })
    expect(world.orchestrator.sessions.size).toBe(2)
  })

  test('of a request that was sent again is that of the first', async () => {
    await worldThat(...ANSWER)
    const headers = { 'idempotency-key': 'once' }
    const first = await world.ask('POST', '/responses', ASK, headers)
    const second = await world.ask('POST', '/responses', ASK, headers)
    expect(second.headers.get('x-signalbox-deduplicated')).toBe('true')
    expect(second.body['id']).toBe(first.body['id'])
    expect(world.orchestrator.sessions.size).toBe(1)
  })

  test('goes on when its caller leaves, and is cancelled where the caller wished so', async () => {
    await worldThat(started)
    await world.stream('POST', '/responses', { ...ASK, stream: true }, 3)
    await eventually('it is noted', () => world.gateway.lines().some((line) => line['disconnected'] === true))
    expect(world.session.view.status).toBe('active')
    const leaving = new AbortController()
    const asked = world.client.responses.create(ASK, { signal: leaving.signal, headers: { 'x-signalbox-on-disconnect': 'cancel' } })
    const second = await eventually('it began', () => [...world.orchestrator.sessions.values()][1])
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await eventually('it is cancelled', () => second.view.status === 'canceled')
  })
})

test('a request that only wants to know its way is told it, and nothing is begun', async () => {
  await worldThat(...ANSWER)
  const { status, body } = await world.ask('POST', '/responses?plan=false', ASK, { 'x-signalbox-explain': 'true' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ route: 'complex' })
  expect(world.orchestrator.sessions.size).toBe(0)
})

describe('an approval', () => {
  test('ends the response with the request as an item, and words that any client shows', async () => {
    await worldThat(started, ...WAITS)
    const response = await world.client.responses.stream(ASK).finalResponse()
    expect(response.status).toBe('completed')
    expect(response.output).toMatchObject([
      { type: 'reasoning' },
      { type: 'message' },
      { type: 'mcp_approval_request', id: 'mcpr_apr_1', server_label: 'deploy-agent', name: 'deploy', arguments: '{}' },
    ])
    expect(response.output_text).toContain(`Review: ${CONSOLE}/approvals/apr_1`)
    expect(response.metadata).toMatchObject({ orch_status: 'awaiting_approval', approval_url: `${CONSOLE}/approvals/apr_1`, approval_id: 'apr_1' })
  })

  test('is words alone for OpenAI’s Agents SDK, which throws at items of servers that its request does not name', async () => {
    await worldThat(started, ...WAITS)
    const agents = { 'user-agent': 'Agents/JavaScript 0.20.0' }
    const kindsOf = ({ body }: { body: Record<string, never> }): string[] => (body['output'] as unknown as { type: string }[]).map(({ type }) => type)
    const told = await world.ask('POST', '/responses', ASK, agents)
    expect(kindsOf(told)).toEqual(['reasoning', 'message'])
    expect(JSON.stringify(told.body)).toContain(`${CONSOLE}/approvals/apr_1`)
    const tools = [{ type: 'mcp', server_label: 'deploy-agent', server_url: 'https://mcp.example' }]
    expect(kindsOf(await world.ask('POST', '/responses', { ...ASK, tools, previous_response_id: told.body['id'] }, agents))).toContain('mcp_approval_request')
  })

  test('shows what it is for as canonical JSON', async () => {
    await open({
      onBegin(session) {
        session.say(...WAITS)
        const approval = world.orchestrator.approvals.get('apr_1')
        if (approval) approval.action.args = { to: 'prod', and: { b: 1, a: [2] } }
      },
    })
    const { output } = await world.client.responses.create(ASK)
    expect(output.at(-1)).toMatchObject({ arguments: '{"and":{"a":[2],"b":1},"to":"prod"}' })
  })

  test('that was decided at the console goes on with empty input', async () => {
    await worldThat(started, ...WAITS)
    const first = await world.client.responses.create(ASK)
    world.session.say(decided('apr_1'), ...ANSWER)
    const second = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: first.id, input: [] })
    expect(second).toMatchObject({ output_text: 'It is deployed.', previous_response_id: first.id })
    // What was told before is not told again.
    expect(second.output.map(({ type }) => type)).toEqual(['message'])
  })

  test('that nobody has decided yet is reported again', async () => {
    await worldThat(started, ...WAITS)
    const first = await world.client.responses.create(ASK)
    const second = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: first.id, input: '' })
    expect(second.output.map(({ type }) => type)).toEqual(['message', 'mcp_approval_request'])
    expect(world.orchestrator.sessions.size).toBe(1)
  })

  test('is not decided by a key that may not, and is decided by one that may', async () => {
    await worldThat(started, ...WAITS)
    const first = await world.client.responses.create(ASK)
    const answer = { type: 'mcp_approval_response' as const, approval_request_id: 'mcpr_apr_1', approve: true, reason: 'Looks good.' }
    const next = { model: 'signalbox-auto', previous_response_id: first.id, input: [answer] }
    for (const headers of [{}, { authorization: `Bearer ${VIEWERS_KEY}` }]) {
      expect(await world.ask('POST', '/responses', next, headers)).toMatchObject({
        status: 403,
        body: { error: { type: 'permission_error', message: expect.stringContaining(`${CONSOLE}/approvals/apr_1`) as string } },
      })
    }
    expect(world.orchestrator.approvals.get('apr_1')?.state).toBe('pending')

    const deciding = world.clientOf(OPERATORS_KEY).responses.create(next)
    const call = await eventually('it is decided', () => world.orchestrator.calls.find(({ path }) => path.endsWith('/decision')))
    expect(call).toMatchObject({ body: { decision: 'approve', reason: 'Looks good.' }, headers: { 'if-match': '"1"' } })
    world.session.say(decided('apr_1'), ...ANSWER)
    expect((await deciding).output_text).toBe('It is deployed.')
    // The same answer again is no second decision.
    expect((await world.clientOf(OPERATORS_KEY).responses.create(next)).output_text).toBe('It is deployed.')
    expect(world.orchestrator.calls.filter(({ path }) => path.endsWith('/decision'))).toHaveLength(1)
  })

  test('that was asked in a conversation is decided there', async () => {
    await worldThat(...WAITS)
    const { id: conversation } = await world.client.conversations.create()
    const first = await world.client.responses.create({ ...ASK, conversation })
    const item = first.output.at(-1)?.id ?? ''
    const approve = { type: 'mcp_approval_response' as const, approval_request_id: item, approve: true }
    const refused = await world.ask('POST', '/responses', { model: 'signalbox-auto', conversation, input: [approve] })
    expect(refused.status).toBe(403)
    const deciding = world.clientOf(OPERATORS_KEY).responses.create({ model: 'signalbox-auto', conversation, input: [approve] })
    await eventually('it is decided', () => world.orchestrator.calls.find(({ path }) => path.endsWith('/decision')))
    world.session.say(decided('apr_1'), ...ANSWER)
    expect((await deciding).output_text).toBe('It is deployed.')
  })

  test('that is another by now than the one that was shown is not decided', async () => {
    await worldThat(...WAITS)
    const first = await world.client.responses.create(ASK)
    const approval = world.orchestrator.approvals.get('apr_1')
    if (approval) approval.version = 2
    const next = {
      model: 'signalbox-auto',
      previous_response_id: first.id,
      input: [{ type: 'mcp_approval_response' as const, approval_request_id: 'mcpr_apr_1', approve: false }],
    }
    await expect(world.clientOf(OPERATORS_KEY).responses.create(next)).rejects.toMatchObject({ status: 409 })
    expect(approval?.state).toBe('pending')
  })

  test('that was never asked here, or of somebody else, is not there to answer', async () => {
    await worldThat(...WAITS)
    const first = await world.client.responses.create(ASK)
    const answer = (id: string) => ({
      model: 'signalbox-auto',
      previous_response_id: first.id,
      input: [{ type: 'mcp_approval_response' as const, approval_request_id: id, approve: true }],
    })
    await expect(world.clientOf(OPERATORS_KEY).responses.create(answer('mcpr_apr_9'))).rejects.toMatchObject({ status: 404 })
    await expect(world.clientOf(OPERATORS_KEY).responses.create(answer('mcpr_1'))).rejects.toMatchObject({ status: 404 })
    await expect(world.clientOf(BOBS_KEY).responses.create(answer('mcpr_apr_1'))).rejects.toMatchObject({ code: 'previous_response_not_found' })
  })

  test('is answered also by a client that names the items instead of the response', async () => {
    await worldThat(...WAITS)
    await world.client.responses.create(ASK)
    const answering = world.clientOf(OPERATORS_KEY).responses.create({
      model: 'signalbox-auto',
      input: [
        { role: 'user', content: 'Deploy it' },
        { type: 'item_reference', id: 'mcpr_apr_1' },
        { type: 'mcp_approval_response', approval_request_id: 'mcpr_apr_1', approve: true },
      ],
    })
    await eventually('it is decided', () => world.orchestrator.approvals.get('apr_1')?.state === 'approved')
    world.session.say(decided('apr_1'), ...ANSWER)
    expect((await answering).output_text).toBe('It is deployed.')
    expect(world.orchestrator.sessions.size).toBe(1)
  })

  test('of somebody else’s session is not decided on the way, also by a key that may decide it', async () => {
    await open({ environment: { SIGNALBOX_OPERATOR_KEYS: `oscar:approver:${OPERATORS_KEY}` }, onBegin: (session) => session.say(...WAITS) })
    await world.client.responses.create(ASK)
    const answer = { type: 'mcp_approval_response' as const, approval_request_id: 'mcpr_apr_1', approve: true }
    const deciding = world.clientOf(OPERATORS_KEY).responses.create({ model: 'signalbox-auto', input: [answer] })
    await expect(deciding).rejects.toMatchObject({ status: 404, param: 'input[0].approval_request_id' })
    expect(world.orchestrator.approvals.get('apr_1')?.state).toBe('pending')
  })

  test('is not decided by a request that is refused for its model', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'routing.yaml')
    await writeFile(file, 'version: 1\nrules: [{ id: ours, match: { key: ann }, models: "signalbox-*" }]')
    await open({ environment: { ROUTING_FILE: file }, onBegin: (session) => session.say(...WAITS) })
    const first = await world.client.responses.create(ASK)
    const answer = { type: 'mcp_approval_response' as const, approval_request_id: 'mcpr_apr_1', approve: true }
    const deciding = world.clientOf(OPERATORS_KEY).responses.create({ model: 'gpt-5', previous_response_id: first.id, input: [answer] })
    await expect(deciding).rejects.toMatchObject({ status: 403, param: 'model' })
    expect(world.orchestrator.approvals.get('apr_1')?.state).toBe('pending')
  })

  test('refuses the whole for a caller that wants to be refused', async () => {
    await worldThat(...WAITS)
    expect(await world.ask('POST', '/responses', ASK, { 'x-signalbox-approval': 'error' })).toMatchObject({
      status: 409,
      body: { error: { code: 'approval_required' } },
    })
  })
})

describe('a question', () => {
  test('is the response’s words, and the next request’s words are its answer', async () => {
    await worldThat(...asks('qst_1', 'Which region?'))
    world.orchestrator.onAnswer = (session, question) => session.say(received(question), ...ANSWER)
    const first = await world.client.responses.create(ASK)
    expect(first.output_text).toContain('Which region?')
    expect(first.metadata).toMatchObject({ orch_status: 'awaiting_input' })
    const second = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: first.id, input: 'eu-north-1' })
    expect(second.output_text).toBe('It is deployed.')
    expect(world.orchestrator.calls.find(({ path }) => path.endsWith('/input'))).toMatchObject({ body: { text: 'eu-north-1', question: 'qst_1' } })
  })

  test('is asked in a conversation, and answered by what is said there next', async () => {
    await worldThat(...asks('qst_1', 'Which region?'))
    world.orchestrator.onAnswer = (session, question) => session.say(received(question), ...ANSWER)
    const { id: conversation } = await world.client.conversations.create()
    await world.client.responses.create({ ...ASK, conversation })
    const second = await world.client.responses.create({ model: 'signalbox-auto', conversation, input: 'eu-north-1' })
    expect(second).toMatchObject({ output_text: 'It is deployed.', conversation: { id: conversation } })
    expect(world.orchestrator.sessions.size).toBe(1)
    const { data } = await world.client.conversations.items.list(conversation, { order: 'asc' })
    expect(data.filter(({ type }) => type === 'message')).toHaveLength(4)
  })

  test('is not answered by somebody who only looks', async () => {
    await worldThat(...asks('qst_1', 'Which region?'))
    world.orchestrator.onAnswer = (session, question) => session.say(received(question), ...asks('qst_2', 'Which size?'))
    const first = await world.client.responses.create(ASK)
    const second = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: first.id, input: 'eu-north-1' })
    expect(second.output_text).toContain('Which size?')
    const third = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: second.id, input: [] })
    expect(third.output_text).toContain('Which size?')
    expect(world.orchestrator.calls.filter(({ path }) => path.endsWith('/input'))).toHaveLength(1)
  })

  test('ends a response in the background too, and its answer goes on in the next', async () => {
    await worldThat(started)
    world.orchestrator.onAnswer = (session, question) => session.say(received(question))
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    world.session.say(...asks('qst_1', 'Which region?'))
    const asked = await world.client.responses.retrieve(id)
    expect(asked).toMatchObject({ status: 'completed', metadata: { orch_status: 'awaiting_input' } })
    expect(asked.output_text).toContain('Which region?')
    const next = await world.client.responses.create({ model: 'signalbox-auto', previous_response_id: id, input: 'eu-north-1', background: true })
    expect(next.status).toBe('queued')
    world.session.say(...ANSWER)
    expect(await world.client.responses.retrieve(next.id)).toMatchObject({ status: 'completed', output_text: 'It is deployed.' })
  })
})

describe('in the background', () => {
  test('a response is queued, in progress, also while people are waited for, and completed', async () => {
    await worldThat(started)
    const queued = await world.client.responses.create({ ...ASK, background: true })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [], metadata: { session_id: world.session.view.id } })
    const look = () => world.client.responses.retrieve(queued.id)
    expect(await look()).toMatchObject({ status: 'in_progress', metadata: { orch_status: 'active' } })
    world.session.say(...WAITS)
    expect(await look()).toMatchObject({ status: 'in_progress', metadata: { orch_status: 'awaiting_approval', approval_url: `${CONSOLE}/approvals/apr_1` } })
    world.session.say(decided('apr_1'), ...ANSWER)
    const done = await look()
    expect(done).toMatchObject({ status: 'completed', output_text: 'It is deployed.', metadata: { orch_status: 'completed' } })
    expect(done.metadata).not.toHaveProperty('approval_url')
    expect(await look()).toEqual(done)
  })

  test('it outlives the gateway that began it, and its session’s end is told by another', async () => {
    await worldThat(started)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await using other = await world.another()
    await world.gateway[Symbol.asyncDispose]()
    world.session.say(...ANSWER)
    expect(await other.client.responses.retrieve(id)).toMatchObject({ status: 'completed', output_text: 'It is deployed.' })
  })

  test('what has ended is kept when its session is forgotten', async () => {
    await worldThat(started, ...ANSWER)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    const done = await world.client.responses.retrieve(id)
    world.orchestrator.sessions.clear()
    expect(await world.client.responses.retrieve(id)).toEqual(done)
    const events = await world.stream('GET', `/responses/${id}?stream=true`)
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: done.output } })
  })

  test('what was never asked for before its session was forgotten has failed', async () => {
    await worldThat(started)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    world.orchestrator.sessions.clear()
    expect(await world.client.responses.retrieve(id)).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
  })

  test('its stream can be taken up anywhere, by any gateway: nothing twice, nothing lost, the same numbers', async () => {
    await worldThat(started)
    const first = await world.stream('POST', '/responses', { ...ASK, background: true, stream: true }, 6)
    const id = idOf(first)
    world.session.say({ type: 'node.progress', ...of, text: 'reading' }, ...WAITS, decided('apr_1'), delta(0, 'It is '))
    const second = await world.stream('GET', `/responses/${id}?stream=true&starting_after=${first.length - 1}`, undefined, 4)
    await using other = await world.another()
    const resuming = other.stream('GET', `/responses/${id}?stream=true&starting_after=${first.length + second.length - 1}`)
    world.session.say(delta(6, 'deployed.'), completed)
    const all = [...first, ...second, ...(await resuming)]
    expect(numbersOf(all)).toEqual(all.map((_, index) => index))
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [{ type: 'reasoning' }, { content: [{ text: 'It is deployed.' }] }] } })
    for (const after of [-1, 0, 3, all.length - 2]) {
      const query = after === -1 ? '' : `&starting_after=${after}`
      expect(await other.stream('GET', `/responses/${id}?stream=true${query}`)).toEqual(all.slice(after + 1))
    }
    expect(all.findLast(({ type }) => type === 'response.in_progress')).toMatchObject({
      response: { metadata: { orch_status: 'awaiting_approval', approval_url: `${CONSOLE}/approvals/apr_1` } },
    })
    const replayed = world.client.responses.stream({ response_id: id })
    expect((await replayed.finalResponse()).output_text).toBe('It is deployed.')
  })

  test('words that turn out not to be the answer are closed as unfinished, and the response holds the answer alone', async () => {
    await worldThat(
      delta(0, 'It is wr'),
      { type: 'node.retrying', ...of, attempt: 2, of: 3, delay_ms: 1, error: { code: 'agent_failed', message: 'x' } },
      ...ANSWER,
    )
    const stream = world.client.responses.stream({ ...ASK, background: true })
    expect((await stream.finalResponse()).output_text).toBe('It is deployed.')
    const { id } = await stream.finalResponse()
    const events = await world.stream('GET', `/responses/${id}?stream=true`)
    expect(events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => (item as { status?: string }).status)).toEqual([
      'incomplete',
      'completed',
    ])
    expect((await world.client.responses.retrieve(id)).output).toHaveLength(1)
  })

  test('cancelling cancels the session, and can be said twice', async () => {
    await worldThat(started)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await expect(world.clientOf(BOBS_KEY).responses.cancel(id)).rejects.toMatchObject({ status: 404 })
    expect(world.session.view.status).toBe('active')
    const canceled = await world.client.responses.cancel(id)
    expect(canceled).toMatchObject({ id, status: 'cancelled' })
    expect(world.session.view.status).toBe('canceled')
    expect(await world.client.responses.cancel(id)).toMatchObject({ status: 'cancelled' })
    expect(await world.client.responses.retrieve(id)).toMatchObject({ status: 'cancelled' })
    expect((await world.stream('GET', `/responses/${id}?stream=true`)).at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'cancelled' } })
  })

  test('deleting one that is under way cancels it', async () => {
    await worldThat(started)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await world.client.responses.delete(id)
    expect(world.session.view.status).toBe('canceled')
    await expect(world.client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })

  test('the same request sent again is the same response', async () => {
    await worldThat(started)
    const headers = { 'idempotency-key': 'once' }
    const first = await world.ask('POST', '/responses', { ...ASK, background: true }, headers)
    const second = await world.ask('POST', '/responses', { ...ASK, background: true }, headers)
    expect(second.body['id']).toBe(first.body['id'])
    expect(second.headers.get('x-signalbox-deduplicated')).toBe('true')
    expect(world.orchestrator.sessions.size).toBe(1)
  })

  test('a caller that leaves its stream changes nothing, whatever it wished', async () => {
    await worldThat(started)
    const seen = await world.stream('POST', '/responses', { ...ASK, background: true, stream: true }, 3)
    await eventually('it is noted', () => world.gateway.lines().some((line) => line['disconnected'] === true))
    expect(world.session.view.status).toBe('active')
    world.session.say(...ANSWER)
    expect(await world.client.responses.retrieve(idOf(seen))).toMatchObject({ status: 'completed' })
  })
})

test('a gateway that stops says so in its streams, and a response in the background goes on', async () => {
  await worldThat(started)
  const streaming = world.stream('POST', '/responses', { ...ASK, background: true, stream: true })
  await eventually('it began', () => world.orchestrator.sessions.size === 1)
  await eventually('it is kept', async () => (await world.ask('GET', '/sessions')).status === 200)
  const stopping = world.gateway.listening.stop(0)
  const events = await streaming
  await stopping
  expect(events.at(-1)).toMatchObject({ type: 'error', code: 'unavailable', sequence_number: events.length - 1 })
  await using other = await world.another()
  world.session.say(...ANSWER)
  expect(await other.client.responses.retrieve(idOf(events))).toMatchObject({ status: 'completed' })
})
