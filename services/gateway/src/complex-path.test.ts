import { NO_USAGE, type Plan, type Usage } from '@signalbox/contracts'
import { eventually, readOpenAIStream, readSse, recordSpans } from '@signalbox/testing'
import { APIError } from 'openai'
import { afterEach, describe, expect, test } from 'vitest'

import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'

const ASK = { model: 'signalbox-orchestrated', messages: [{ role: 'user' as const, content: 'Compare A and B' }] }
const USAGE: Usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost_usd: 0.25 }
const CITATION = { n: 1, source: 'a.md', title: 'A', start: 0, end: 9 }
const PLAN: Plan = {
  goal: 'g',
  nodes: [
    { id: 'a', kind: 'agent', agent: 'rag', instruction: 'look up A', needs: [], on_failure: 'fail' },
    { id: 'b', kind: 'agent', agent: 'rag', instruction: 'look up B', needs: [], on_failure: 'fail' },
    { id: 'c', kind: 'agent', agent: 'reasoning', instruction: 'compare', needs: ['a', 'b'], on_failure: 'fail' },
  ],
  answer: 'c',
}
const PROGRESS: Said[] = [
  { type: 'plan.started', agents: ['rag', 'reasoning'] },
  { type: 'plan.ready', plan: PLAN, revision: 1, source: 'planner' },
  { type: 'node.started', node: 'a', agent: 'rag', instruction: 'look up A', attempt: 1 },
  { type: 'node.completed', node: 'a', agent: 'rag', usage: USAGE, summary: '3 passages' },
]
const delta = (offset: number, text: string): Said => ({ type: 'answer.delta', node: 'c', agent: 'reasoning', offset, text })
const DONE: Said = { type: 'session.completed', usage: USAGE, citations: [CITATION] }

interface Chunk {
  id: string
  model: string
  choices: { delta: { role?: string; content?: string; reasoning_content?: string }; finish_reason: string | null }[]
  signalbox?: Record<string, unknown>
  usage?: unknown
  error?: { code: string; message: string }
}

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function gatewayBefore(
  onBegin?: (session: PuppetSession) => void,
  environment: Record<string, string> = {},
  numbered = true,
): Promise<{ gateway: TestGateway; orchestrator: PuppetOrchestrator }> {
  const orchestrator = await startOrchestrator(onBegin, { numbered })
  open.push(orchestrator)
  const gateway = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, ...environment })
  open.push(gateway)
  return { gateway, orchestrator }
}

const only = (orchestrator: PuppetOrchestrator): PuppetSession => [...orchestrator.sessions.values()][0] as PuppetSession

async function read(response: Response): Promise<{ chunks: Chunk[]; done: boolean; comments: string[]; content: string; reasoning: string[] }> {
  const stream = await readOpenAIStream<Chunk>(response)
  const deltas = stream.chunks.flatMap(({ choices }) => choices ?? []).map((choice) => choice.delta)
  return {
    ...stream,
    content: deltas.map(({ content }) => content ?? '').join(''),
    reasoning: deltas.flatMap(({ reasoning_content: line }) => (line === undefined ? [] : [line])),
  }
}

test('a session is told as a stream: the role at once, progress as reasoning, the answer, the end', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A is '), delta(5, 'older [1].'), DONE))
  const response = await gateway.chat({ ...ASK, stream: true })
  const { view, caller, message } = only(orchestrator)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-session-id': view.id,
    'x-signalbox-route': 'complex',
    'x-signalbox-status': 'active',
    'x-request-id': caller.requestId,
  })
  expect(caller.owner).toBe('ann')
  expect(message.parts).toEqual([
    { kind: 'text', text: 'Compare A and B' },
    {
      kind: 'data',
      data: {
        kind: 'conversation',
        conversation: [{ role: 'user', text: 'Compare A and B' }],
        request: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, again: false },
      },
    },
  ])

  const { chunks, done, content, reasoning } = await read(response)
  expect(done).toBe(true)
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
  expect(reasoning).toEqual(['Planning with rag, reasoning\n', 'Plan: 3 nodes, 2 in parallel\n', 'asking rag: look up A\n', 'rag is done: 3 passages\n'])
  expect(content).toBe('A is older [1].')
  expect(chunks.map(({ signalbox }) => signalbox?.['type'])).toEqual([
    undefined,
    'session.created',
    'plan.started',
    'plan.ready',
    'node.started',
    'node.completed',
    undefined,
    undefined,
    'session.completed',
  ])
  expect(chunks[4]?.signalbox).toEqual({ v: 1, seq: 4, type: 'node.started', session_id: view.id, node_id: 'a', agent: 'rag', state: 'running' })
  expect(chunks.at(-1)).toMatchObject({
    choices: [{ delta: {}, finish_reason: 'stop' }],
    signalbox: { status: 'completed', session_id: view.id, cost_usd: 0.25, usage_by_node: { a: USAGE }, citations: [CITATION] },
  })
  expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1)
  expect(chunks.every(({ choices, usage }) => choices.length === 1 && usage === undefined)).toBe(true)
  expect(chunks.filter(({ choices }) => choices[0]?.delta.content && choices[0].delta.reasoning_content)).toEqual([])
})

test('the first chunk comes before anything else is known', async () => {
  const { gateway } = await gatewayBefore()
  const response = await gateway.chat({ ...ASK, stream: true })
  for await (const { data } of readSse(response)) {
    expect((JSON.parse(data as string) as Chunk).choices[0]?.delta.role).toBe('assistant')
    break
  }
})

test('once the answer has begun there is no more reasoning, whatever else happens', async () => {
  const late: Said = { type: 'node.started', node: 'b', agent: 'rag', instruction: 'more', attempt: 1 }
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A'), late, delta(1, 'B'), DONE))
  const { chunks } = await read(await gateway.chat({ ...ASK, stream: true }))
  const firstContent = chunks.findIndex(({ choices }) => choices[0]?.delta.content)
  expect(chunks.findLastIndex(({ choices }) => choices[0]?.delta.reasoning_content !== undefined)).toBeLessThan(firstContent)
  expect(chunks.find(({ signalbox }) => signalbox?.['node_id'] === 'b')?.choices[0]?.delta).toEqual({})
})

test.each([
  ['events', 0, 5],
  ['none', 0, 0],
])('progress %s: no reasoning, and machine data only where it was wished for', async (mode, lines, events) => {
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A'), DONE))
  const { chunks, reasoning, content } = await read(await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-progress': mode }))
  expect(reasoning).toHaveLength(lines)
  expect(chunks.filter(({ signalbox }) => signalbox?.['seq'] !== undefined)).toHaveLength(events)
  expect(content).toBe('A')
})

test('usage comes only when asked for: in a chunk of its own, and as null before', async () => {
  const { gateway } = await gatewayBefore((session) => session.say(delta(0, 'A'), DONE))
  const { chunks } = await read(await gateway.chat({ ...ASK, stream: true, stream_options: { include_usage: true } }))
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } })
  expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
})

test('the official client reads the whole stream, final message and usage included', async () => {
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A is '), delta(5, 'older.'), DONE))
  const stream = gateway.client.chat.completions.stream({ ...ASK, stream_options: { include_usage: true } })
  const completion = await stream.finalChatCompletion()
  expect(completion.choices[0]?.message.content).toBe('A is older.')
  expect(completion.choices[0]?.finish_reason).toBe('stop')
  expect(completion.usage?.total_tokens).toBe(15)
})

test('without streaming the answer comes in one piece, with the same data', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A is '), delta(5, 'older.'), DONE))
  const { data, response } = await gateway.client.chat.completions.create(ASK).withResponse()
  expect(data).toMatchObject({
    object: 'chat.completion',
    model: 'signalbox-orchestrated',
    choices: [{ message: { role: 'assistant', content: 'A is older.', refusal: null }, finish_reason: 'stop' }],
    usage: { total_tokens: 15 },
    signalbox: { status: 'completed', session_id: only(orchestrator).view.id, citations: [CITATION] },
  })
  expect(response.headers.get('x-signalbox-status')).toBe('completed')
  expect(response.headers.get('x-session-id')).toBe(only(orchestrator).view.id)
})

test('silence is filled with comments', async () => {
  const { gateway, orchestrator } = await gatewayBefore(undefined, { KEEP_ALIVE_MS: '20' })
  const response = await gateway.chat({ ...ASK, stream: true })
  let comments = 0
  for await (const event of readSse(response)) {
    if (event.comment === undefined) continue
    expect(event.comment).toBe('keep-alive')
    if (++comments === 2) only(orchestrator).say(delta(0, 'A'), DONE)
  }
  expect(comments).toBeGreaterThanOrEqual(2)
})

test.each<[string, Said, string, number]>([
  ['an agent that failed', { type: 'session.failed', error: { code: 'agent_failed', message: 'rag broke' }, usage: NO_USAGE }, 'agent_failed', 502],
  [
    'an agent’s own idea of a fault',
    { type: 'session.failed', error: { code: 'invalid_request', message: 'I do not like it' }, usage: NO_USAGE },
    'agent_failed',
    502,
  ],
  [
    'agents that are away',
    { type: 'session.failed', error: { code: 'agent_unavailable', message: 'nobody there' }, usage: NO_USAGE },
    'agent_unavailable',
    503,
  ],
  [
    'a budget that was spent before there was an answer',
    { type: 'session.failed', error: { code: 'budget_exceeded', message: 'all is spent' }, usage: NO_USAGE },
    'budget_exceeded',
    429,
  ],
  ['a cancel from elsewhere', { type: 'session.canceled', usage: NO_USAGE }, 'session_canceled', 409],
  ['an expiry', { type: 'session.expired' }, 'session_canceled', 409],
])('%s is an error event in a stream, and a status without one', async (_name, end, code, status) => {
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'half an ans'), end))
  const { chunks, done } = await read(await gateway.chat({ ...ASK, stream: true }))
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code })
  expect(chunks.flatMap(({ choices }) => choices ?? []).some(({ finish_reason: reason }) => reason !== null)).toBe(false)

  const whole = await gateway.chat({ ...ASK, user: 'another' })
  expect(whole.status).toBe(status)
  expect(((await whole.json()) as ErrorBody).error.code).toBe(code)
  expect(whole.headers.get('x-should-retry')).toBe('false')
  expect(whole.headers.get('x-session-id')).toMatch(/^ses_/)
})

test('the official client throws on a session that fails half way', async () => {
  const { gateway } = await gatewayBefore((session) =>
    session.say(delta(0, 'half'), { type: 'session.failed', error: { code: 'agent_failed', message: 'rag broke' }, usage: NO_USAGE }),
  )
  const stream = await gateway.client.chat.completions.create({ ...ASK, stream: true })
  await expect(
    (async () => {
      for await (const _chunk of stream);
    })(),
  ).rejects.toThrow(APIError)
})

test('an orchestrator that is away is a 503 that says when to come again', async () => {
  const { gateway, orchestrator } = await gatewayBefore()
  await orchestrator.goAway()
  const response = await gateway.chat({ ...ASK, stream: true })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(response.headers.get('x-signalbox-route')).toBe('complex')
  expect(((await response.json()) as ErrorBody).error).toMatchObject({ type: 'server_error', code: 'unavailable' })
})

describe.each([
  ['goes on where it was asked to', true],
  ['tells everything again', false],
])('an orchestrator that %s', (_kind, numbered) => {
  test.each<[string, Said[], Said[]]>([
    ['after its session has ended', [delta(5, 'older.'), DONE], []],
    ['while its session goes on', [delta(5, 'old')], [delta(8, 'er.'), DONE]],
    ['with its answer begun anew', [delta(0, 'A i')], [delta(3, 's older.'), DONE]],
  ])('and goes away in the middle and comes back %s loses nothing of the answer', async (_name, whileAway, afterwards) => {
    const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A is ')), {}, numbered)
    const contents: string[] = []
    const seqs: unknown[] = []
    let done = false
    for await (const { data } of readSse(await gateway.chat({ ...ASK, stream: true }))) {
      done ||= data === '[DONE]'
      const chunk = data?.startsWith('{') ? (JSON.parse(data) as Chunk) : undefined
      if (chunk?.signalbox?.['seq'] !== undefined) seqs.push(chunk.signalbox['seq'])
      const content = chunk?.choices[0]?.delta.content
      if (!content) continue
      contents.push(content)
      if (contents.length > 1) continue
      await orchestrator.goAway()
      only(orchestrator).say(...whileAway)
      await orchestrator.comeBack()
      only(orchestrator).say(...afterwards)
    }
    expect(contents.join('')).toBe('A is older.')
    expect(done).toBe(true)
    expect(seqs).toEqual([1, 2, 3, 4, 5])
  })
})

test('an answer begun anew goes on where it says the same, and fails where it does not', async () => {
  const { gateway } = await gatewayBefore((session) => {
    const again = String(session.message.parts[0]?.kind === 'text' && session.message.parts[0].text).includes('same') ? 'A is older.' : 'B is older.'
    session.say(delta(0, 'A is '), delta(0, again.slice(0, 3)), delta(3, again.slice(3)), DONE)
  })
  const same = await read(await gateway.chat({ ...ASK, stream: true, messages: [{ role: 'user', content: 'same' }] }))
  expect(same).toMatchObject({ content: 'A is older.', done: true })
  const other = await read(await gateway.chat({ ...ASK, stream: true, messages: [{ role: 'user', content: 'other' }] }))
  expect(other.done).toBe(false)
  expect(other.chunks.at(-1)?.error).toMatchObject({ code: 'agent_failed' })
})

test('a caller that leaves lets the session go on', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS))
  const leaving = new AbortController()
  const response = await gateway.chat({ ...ASK, stream: true }, {}, leaving.signal)
  await response.body?.getReader().read()
  leaving.abort()
  await eventually('the line of the log', () => gateway.lines().some(({ disconnected }) => disconnected === true))
  expect(only(orchestrator).view.status).toBe('active')
})

test('a caller that wished so cancels the session by leaving', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS))
  const leaving = new AbortController()
  const response = await gateway.chat({ ...ASK, stream: true }, { 'x-signalbox-on-disconnect': 'cancel' }, leaving.signal)
  await response.body?.getReader().read()
  leaving.abort()
  await eventually('the session is canceled', () => only(orchestrator).view.status === 'canceled')
})

test('a caller that does not stream is told where to find what takes too long, and never half of it', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'half an ans')), { SESSION_WAIT_S: '1' })
  const { data, response } = await gateway.client.chat.completions.create(ASK).withResponse()
  const { id } = only(orchestrator).view
  expect(response.headers.get('x-signalbox-status')).toBe('running')
  expect(data.choices[0]?.message.content).toContain(`Ref: ${id}`)
  expect(data.choices[0]?.message.content).not.toContain('half')

  only(orchestrator).say(delta(11, 'wer.'), DONE)
  const next = await gateway.client.chat.completions.create({
    model: 'signalbox-auto',
    messages: [...ASK.messages, { role: 'assistant', content: data.choices[0]?.message.content ?? '' }, { role: 'user', content: 'any news?' }],
  })
  expect(next.choices[0]?.message.content).toBe('half an answer.')
})

test.each([true, false])('a session that runs is attached to by its id, one that ended is reported (stream: %s)', async (stream) => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS, delta(0, 'A is ')))
  const beginning = await gateway.chat({ ...ASK, stream: true })
  const { id } = only(orchestrator).view
  const attaching = gateway.chat({ model: 'signalbox-auto', messages: ASK.messages, stream }, { 'x-session-id': id })
  // Without a stream there is nothing to see before the end; then it may as well be over when it is asked for.
  const attached = stream ? await attaching : attaching
  only(orchestrator).say(delta(5, 'older.'), DONE)
  await beginning.body?.cancel()
  const contentOf = async (response: Response): Promise<string> =>
    stream ? (await read(response)).content : (((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '')
  expect(await contentOf(await attached)).toBe('A is older.')
  const reported = await gateway.chat({ model: 'gpt-4o', messages: ASK.messages, stream, metadata: { session_id: id } })
  expect(reported.headers.get('x-signalbox-route-reason')).toBe(`session: session ${id}`)
  expect(await contentOf(reported)).toBe('A is older.')
  expect(orchestrator.sessions.size).toBe(1)
})

test('a session of somebody else, or of nobody, is not found, however it is named', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS))
  await (await gateway.chat({ ...ASK, stream: true }, { authorization: 'Bearer sbx_bobs_key' })).body?.cancel()
  const { id } = only(orchestrator).view
  const auto = { ...ASK, model: 'signalbox-auto' }
  const asked = [
    await gateway.chat(auto, { 'x-session-id': id }),
    await gateway.chat(auto, { 'x-session-id': 'ses_00000000000000000000000000' }),
    await gateway.chat(auto, { 'x-session-id': 'whatever' }),
    await gateway.chat({ ...auto, metadata: { session_id: id } }),
    await gateway.chat({
      ...auto,
      stream: true,
      messages: [
        { role: 'assistant', content: `Ref: ${id}` },
        { role: 'user', content: 'and?' },
      ],
    }),
  ]
  expect(asked.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
})

test('the same Idempotency-Key, or a client’s own retry, attaches to the session that it began', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(delta(0, 'A'), DONE))
  const first = await gateway.chat(ASK, { 'idempotency-key': 'k1' })
  const second = await gateway.chat(ASK, { 'idempotency-key': 'k1' })
  expect(first.headers.get('x-signalbox-deduplicated')).toBeNull()
  expect(second.headers.get('x-signalbox-deduplicated')).toBe('true')
  expect(second.headers.get('x-session-id')).toBe(first.headers.get('x-session-id'))
  expect(((await second.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content).toBe('A')
  const other = await gateway.chat({ ...ASK, temperature: 1 }, { 'idempotency-key': 'k1' })
  expect(other.status).toBe(422)

  const tried = await gateway.chat(ASK, { 'x-stainless-retry-count': '0' })
  const retried = await gateway.chat(ASK, { 'x-stainless-retry-count': '1' })
  const meant = await gateway.chat(ASK, { 'x-stainless-retry-count': '0' })
  expect(retried.headers.get('x-session-id')).toBe(tried.headers.get('x-session-id'))
  expect(meant.headers.get('x-session-id')).not.toBe(tried.headers.get('x-session-id'))
  expect(orchestrator.sessions.size).toBe(3)
})

test('what no session can honour is refused by name, and text is cleaned before it travels', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(delta(0, 'A'), DONE))
  const refused = async (extra: object): Promise<string | null> => ((await (await gateway.chat({ ...ASK, ...extra })).json()) as ErrorBody).error.param
  expect(
    await refused({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'x' } },
          ],
        },
      ],
    }),
  ).toBe('messages[0].content')
  expect(await refused({ response_format: { type: 'json_object' } })).toBe('response_format')
  expect(await refused({ moderation: { model: 'omni-moderation-latest' } })).toBe('moderation')
  expect(await refused({ n: 2 })).toBe('n')
  expect(await refused({ tool_choice: 'required', tools: [{ type: 'function', function: { name: 'f' } }] })).toBe('tool_choice')
  expect(await refused({ messages: [{ role: 'user', content: ' ' }] })).toBe('messages')
  expect(orchestrator.sessions.size).toBe(0)
  await gateway.chat({ ...ASK, messages: [{ role: 'user', content: 'a\u0000b\ud800c' }] })
  expect(only(orchestrator).message.parts[0]).toEqual({ kind: 'text', text: 'ab\ufffdc' })
})

test('what is under way when the gateway stops is told so in the stream', async () => {
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS))
  const response = await gateway.chat({ ...ASK, stream: true })
  const reading = read(response)
  await gateway.listening.stop(80)
  const { chunks, done } = await reading
  expect(done).toBe(false)
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'unavailable' })
})

test('one trace goes from the caller’s request to the orchestrator', async () => {
  const spans = recordSpans()
  const orchestrator = await startOrchestrator((session) => session.say(delta(0, 'A'), DONE), { spanProcessor: spans.processor })
  open.push(orchestrator)
  const gateway = await startGateway(
    { LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN },
    { spanProcessor: spans.processor },
  )
  open.push(gateway)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await (await gateway.chat(ASK, { traceparent: `00-${traceId}-b7ad6b7169203331-01` })).json()
  await eventually('the request’s span has ended', () => spans.spans().some(({ name }) => name === 'POST /v1/chat/completions'))
  expect(new Set(spans.spans().map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]))
  const request = spans.spans().find(({ name }) => name === 'POST /v1/chat/completions')
  expect(request?.attributes).toMatchObject({
    'signalbox.session.id': only(orchestrator).view.id,
    'signalbox.route.needs_orchestration': true,
    'signalbox.api_key.id': 'ann',
    'http.response.status_code': 200,
  })
})

describe('budgets', () => {
  const partOf = (orchestrator: PuppetOrchestrator): unknown => {
    const part = only(orchestrator).message.parts[1]
    return part?.kind === 'data' ? part.data : undefined
  }

  test('what a session may spend is said by header or metadata, and a header has the last word', async () => {
    const { gateway, orchestrator } = await gatewayBefore((session) => session.say(delta(0, 'A'), DONE))
    const metadata = { budget_tokens: '5000', budget_usd: '9.99', deadline_s: '60', other: 'x' }
    expect((await gateway.chat({ ...ASK, metadata }, { 'x-signalbox-budget-usd': '0.25' })).status).toBe(200)
    expect(partOf(orchestrator)).toMatchObject({ kind: 'conversation', budget: { tokens: 5_000, usd: 0.25, deadline_s: 60 } })
  })

  test('where nothing is said there is none', async () => {
    const { gateway, orchestrator } = await gatewayBefore((session) => session.say(delta(0, 'A'), DONE))
    await gateway.chat({ ...ASK, metadata: { other: 'x' } }, { 'x-signalbox-budget-usd': '' })
    expect(partOf(orchestrator)).not.toHaveProperty('budget')
  })

  test.each([
    ['x-signalbox-budget-tokens', '0'],
    ['x-signalbox-budget-tokens', '1.5'],
    ['x-signalbox-budget-tokens', '-1'],
    ['x-signalbox-budget-tokens', '1e3'],
    ['x-signalbox-budget-tokens', '1000000001'],
    ['x-signalbox-budget-usd', 'ten'],
    ['x-signalbox-budget-usd', '0'],
    ['x-signalbox-budget-usd', '0.1, 0.2'],
    ['x-signalbox-budget-usd', '1000001'],
    ['x-signalbox-deadline-s', '0x10'],
    ['x-signalbox-deadline-s', '86401'],
    ['metadata.budget_tokens', 'Infinity'],
    ['metadata.budget_usd', '$5'],
    ['metadata.deadline_s', ''],
  ])('%s: %o is a 400 that names it', async (where, value) => {
    const { gateway, orchestrator } = await gatewayBefore()
    const field = where.startsWith('metadata.') ? where.slice('metadata.'.length) : undefined
    const response = field === undefined ? await gateway.chat(ASK, { [where]: value }) : await gateway.chat({ ...ASK, metadata: { [field]: value } })
    expect(response.status).toBe(400)
    expect(((await response.json()) as ErrorBody).error).toMatchObject({
      type: 'invalid_request_error',
      param: where,
      message: expect.stringContaining(where) as string,
    })
    expect(orchestrator.sessions.size).toBe(0)
  })

  test('a session that a budget ended answers what it has, cut at its length', async () => {
    const stopped = { limit: 'tokens' as const, message: '5000 of 5000 tokens are spent' }
    const { gateway, orchestrator } = await gatewayBefore((session) =>
      session.say(...PROGRESS, { type: 'session.stopped', stopped }, delta(0, 'A is'), { type: 'session.completed', usage: USAGE, citations: [], stopped }),
    )
    const { data, response } = await gateway.client.chat.completions.create(ASK).withResponse()
    expect(response.headers.get('x-signalbox-status')).toBe('stopped')
    expect(data).toMatchObject({ choices: [{ message: { content: 'A is' }, finish_reason: 'length' }], signalbox: { status: 'stopped', stopped } })

    const streamed = await read(await gateway.chat({ ...ASK, stream: true, user: 'another' }))
    expect(streamed).toMatchObject({ content: 'A is', done: true })
    expect(streamed.reasoning.at(-1)).toBe('Stopping, because the budget is spent (tokens): 5000 of 5000 tokens are spent\n')
    expect(streamed.chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: 'length' }], signalbox: { stopped } })

    // Asked for again when it is over, it says the same.
    const reported = await gateway.chat({ ...ASK, model: 'signalbox-auto' }, { 'x-session-id': [...orchestrator.sessions.keys()][0] as string })
    expect(reported.headers.get('x-signalbox-status')).toBe('stopped')
    expect(await reported.json()).toMatchObject({ choices: [{ finish_reason: 'length' }], signalbox: { stopped } })
    expect(orchestrator.sessions.size).toBe(2)
  })
})

test('a paused session keeps its stream, and goes on in it', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) => session.say(...PROGRESS), { KEEP_ALIVE_MS: '20' })
  const reasoning: string[] = []
  let comments = 0
  let content = ''
  for await (const { data, comment } of readSse(await gateway.chat({ ...ASK, stream: true }))) {
    const chunk = data?.startsWith('{') ? (JSON.parse(data) as Chunk) : undefined
    const line = chunk?.choices[0]?.delta.reasoning_content
    content += chunk?.choices[0]?.delta.content ?? ''
    if (line !== undefined) reasoning.push(line)
    if (line?.startsWith('rag is done')) await gateway.get(`/v1/sessions/${only(orchestrator).view.id}/pause`, { method: 'POST' })
    if (comment === undefined || only(orchestrator).view.status !== 'paused') continue
    if (++comments < 3) continue
    await gateway.get(`/v1/sessions/${only(orchestrator).view.id}/resume`, { method: 'POST' })
    only(orchestrator).say(delta(0, 'A'), DONE)
  }
  expect(reasoning.slice(-2)).toEqual(['Paused\n', 'Going on after a pause\n'])
  expect(content).toBe('A')
})

test('a caller that does not stream is told that the session is paused', async () => {
  const { gateway } = await gatewayBefore((session) => session.say(...PROGRESS, { type: 'session.paused' }), { SESSION_WAIT_S: '1' })
  const { data, response } = await gateway.client.chat.completions.create(ASK).withResponse()
  expect(response.headers.get('x-signalbox-status')).toBe('paused')
  expect(data.choices[0]?.message.content).toContain('paused')
})

test('a session that was redriven is attached to past its first end, and tells its second answer alone', async () => {
  const { gateway, orchestrator } = await gatewayBefore((session) =>
    session.say(...PROGRESS, delta(0, 'Half an ans'), { type: 'session.failed', error: { code: 'agent_failed', message: 'x' }, usage: NO_USAGE }),
  )
  expect((await gateway.chat(ASK)).status).toBe(502)
  const session = only(orchestrator)
  session.say({ type: 'session.redriven', nodes: ['c'] }, delta(0, 'A whole '))
  const attached = await gateway.chat({ ...ASK, model: 'signalbox-auto', stream: true }, { 'x-session-id': session.view.id })
  session.say(delta(8, 'answer.'), DONE)
  const { content, done, reasoning } = await read(attached)
  expect([content, done]).toEqual(['A whole answer.', true])
  expect(reasoning).toContain('Trying again: c\n')
})

test('what a program wants to know of an event is under the one extra key', async () => {
  const of = { node: 'a', agent: 'rag' }
  const { gateway } = await gatewayBefore((session) =>
    session.say(
      { type: 'plan.ready', plan: PLAN, revision: 2, source: 'planner', reason: { kind: 'request', text: 'x' }, added: ['d'], dropped: [], changed: [] },
      { type: 'node.expanded', ...of, branches: 12 },
      { type: 'node.decided', ...of, by: 'majority', choice: 'yes\u202e', votes: 2, of: 3 },
      { type: 'node.session', ...of, session: 'ses_x' },
      { type: 'context.put', ...of, name: 'found' },
      { type: 'dead_letter.kept', ...of, error: { code: 'agent_failed', message: 'x' }, attempts: 3 },
      delta(0, 'A'),
      DONE,
    ),
  )
  const { chunks } = await read(await gateway.chat({ ...ASK, stream: true }))
  const extras = chunks.map(({ signalbox }) => signalbox).filter((extra) => Number(extra?.['seq']) >= 2)
  expect(extras).toMatchObject([
    { type: 'plan.ready', revision: 2, added: ['d'], dropped: [] },
    { type: 'node.expanded', node_id: 'a', branches: 12, state: 'running' },
    { type: 'node.decided', by: 'majority', choice: 'yes', votes: 2, of: 3 },
    { type: 'node.session', child_session_id: 'ses_x' },
    { type: 'context.put', name: 'found' },
    { type: 'dead_letter.kept', node_id: 'a', attempts: 3, error: 'agent_failed' },
  ])
})
