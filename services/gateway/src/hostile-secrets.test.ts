import { recordSpans } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { KEY, startGateway, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator } from './fixtures/orchestrator.ts'
import { exchange, headOf } from './fixtures/raw-http.ts'
import { isClassifierRequest, sayCompletion, startUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

/** Callers', by where they are put. None of them may be in what we keep or say. */
const THEIRS = {
  wrongKey: 'sbx_WRONG_key_0123456789',
  otherKey: 'sk-live-OTHERkey0123456789',
  prompt: 'my-password-is-PROMPTSECRET',
  answer: 'the-answer-is-ANSWERSECRET',
  system: 'SYSTEMSECRET',
  tool: 'TOOLSECRET',
  user: 'USERSECRET',
  metadata: 'METADATASECRET',
  image: 'IMAGESECRET',
  unknown: 'UNKNOWNSECRET',
  query: 'QUERYSECRET',
  path: 'PATHSECRET',
  cookie: 'COOKIESECRET',
  header: 'HEADERSECRET',
  broken: 'BROKENSECRET',
}
/** Ours: of these not even whoever asks may hear. */
const OURS = { key: KEY, llmKey: 'sk-UPSTREAMSECRET-0123456789', token: SERVICE_TOKEN, operator: 'sbx_OPERATORSECRET_0123' }

test('keys, prompts, answers and passwords are in no log line, span, metric, header or error, wherever they are put and whatever goes wrong', async () => {
  const spans = recordSpans()
  const { gateway, heard, send } = await start(spans.processor)
  const chat = {
    model: 'signalbox-simple',
    messages: [
      { role: 'system', content: THEIRS.system },
      {
        role: 'user',
        content: [
          { type: 'text', text: THEIRS.prompt },
          { type: 'image_url', image_url: { url: `https://example.com/${THEIRS.image}` } },
        ],
      },
    ],
    tools: [{ type: 'function', function: { name: 'f', description: THEIRS.tool, parameters: {} } }],
    user: THEIRS.user,
    metadata: { note: THEIRS.metadata },
    unknown: THEIRS.unknown,
  }
  const text = { ...chat, messages: [chat.messages[0], { role: 'user', content: THEIRS.prompt }], tools: undefined }
  const places: Record<string, string> = {
    'cookie': `session=${THEIRS.cookie}`,
    'x-api-key': THEIRS.otherKey,
    'x-custom': THEIRS.header,
    'user-agent': `curl ${THEIRS.header}`,
    'baggage': `secret=${THEIRS.header}`,
    'tracestate': `secret=${THEIRS.header}`,
  }

  // What goes well.
  await send('/v1/chat/completions', chat, places)
  await send('/v1/chat/completions', { ...text, stream: true }, places)
  await send('/v1/chat/completions', { ...text, model: 'signalbox-auto' }, places)
  await send('/v1/chat/completions', { ...text, model: 'signalbox-orchestrated' }, places)
  await send('/v1/embeddings', { model: 'test-model', input: THEIRS.prompt })
  await send('/v1/completions', { model: 'test-model', prompt: THEIRS.prompt })
  await send('/v1/responses', { model: 'signalbox-simple', input: THEIRS.prompt, instructions: THEIRS.system })
  await send('/v1/route', { ...text, model: 'signalbox-auto' })
  // What does not: in the request, at the upstream, at the orchestrator.
  await send('/v1/chat/completions', { ...chat, model: THEIRS.otherKey })
  await send('/v1/chat/completions', `{"model":"${THEIRS.broken}`)
  await send('/v1/chat/completions', `{"model": ${THEIRS.broken}, "messages": "${THEIRS.prompt}"}`)
  await send('/v1/chat/completions', { ...chat, temperature: THEIRS.prompt, n: THEIRS.prompt })
  await send('/v1/chat/completions', { ...chat, messages: [{ role: 'king', content: THEIRS.prompt }] })
  await send('/v1/chat/completions', { ...text, model: 'fails-500' })
  await send('/v1/chat/completions', { ...text, model: 'fails-page' })
  await send('/v1/chat/completions', { ...text, model: 'fails-401' })
  await send('/v1/chat/completions', { ...text, model: 'fails-garbage' })
  await send('/v1/chat/completions', { ...text, model: 'signalbox-auto' }, { 'x-session-id': THEIRS.header })
  await send('/v1/chat/completions', text, { 'x-signalbox-progress': THEIRS.header })
  await send('/v1/chat/completions', { ...text, model: 'signalbox-orchestrated' }, { 'idempotency-key': `${THEIRS.header} ü` })
  await send('/v1/chat/completions', text, { authorization: `Bearer ${THEIRS.wrongKey}` })
  await send('/v1/chat/completions', text, { authorization: `Basic ${THEIRS.wrongKey}` })
  await send(`/v1/chat/completions?api_key=${THEIRS.query}&key=${KEY}`, text)
  await send(`/v1/models/${THEIRS.otherKey}`, undefined)
  await send(`/v1/${THEIRS.path}/${THEIRS.otherKey}`, undefined)
  await send(`/v1/sessions/${KEY}`, undefined)
  await send(`/v1/sessions?after=${THEIRS.query}`, undefined)
  await send('/v1/sessions/ses_00000000000000000000000000/input', { text: THEIRS.prompt, question: THEIRS.user })
  await exchange(gateway.url, `${headOf('GET /v1/models', `Authorization: Bearer ${THEIRS.wrongKey}\r\nX-Bad: \0${THEIRS.header}\r\n`)}\r\n`).then(
    ({ text: said }) => heard.push(said),
  )

  const kept = {
    log: JSON.stringify(gateway.lines()),
    spans: JSON.stringify(spans.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))),
    metrics: await gateway.metrics(),
  }
  expect(spans.spans().length).toBeGreaterThan(20)
  for (const [place, content] of Object.entries(kept)) {
    const found = [...Object.entries(THEIRS), ...Object.entries(OURS)].filter(([, secret]) => content.includes(secret))
    expect([place, found.map(([name]) => name)]).toEqual([place, []])
  }
  // A caller may hear its own words again, where they say what is wrong. Ours, and another's, never.
  for (const said of heard) for (const [name, secret] of Object.entries(OURS)) expect([name, said.includes(secret) ? said : '']).toEqual([name, ''])
  const errors = heard.filter((said) => /^4\d\d|^5\d\d|HTTP\/1\.1 4/.test(said))
  expect(errors.length).toBeGreaterThan(12)
  for (const said of errors)
    for (const name of ['wrongKey', 'prompt', 'system', 'tool', 'user', 'metadata', 'cookie', 'broken', 'query'] as const)
      expect([name, said.includes(THEIRS[name]) ? said : '']).toEqual([name, ''])
})

test('what nobody foresaw is logged without what the caller sent', async () => {
  const spans = recordSpans()
  const { gateway, orchestrator } = await start(spans.processor)
  orchestrator.answerInstead = () => new Response(`{"unexpected": "${THEIRS.answer}"`, { headers: { 'content-type': 'application/json' } })
  const response = await gateway.get('/v1/agents')
  expect(response.status).toBe(502)
  expect(await response.text()).not.toContain(THEIRS.answer)
  expect(JSON.stringify(gateway.lines())).not.toContain(THEIRS.answer)
})

async function start(spanProcessor: ReturnType<typeof recordSpans>['processor']) {
  const upstream = await startUpstream((response, request) => {
    const body = request.body.toString()
    if (isClassifierRequest(request))
      return response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: THEIRS.answer } }))
    if (body.includes('fails-500'))
      return response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: 'no', type: 'server_error', param: null, code: null } }))
    if (body.includes('fails-page')) return response.writeHead(503, { 'content-type': 'text/html' }).end(`<h1>${OURS.llmKey}</h1>${THEIRS.prompt}`)
    if (body.includes('fails-401'))
      return response
        .writeHead(401, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: `Incorrect API key provided: ${OURS.llmKey}` } }))
    if (body.includes('fails-garbage')) return response.socket?.end(`${THEIRS.prompt} ${OURS.llmKey}\r\n\r\n`)
    return sayCompletion(response, THEIRS.answer)
  })
  const orchestrator = await startOrchestrator((session) =>
    session.say({ type: 'session.failed', error: { code: 'agent_failed', message: 'The agent could not.' }, usage: session.view.usage }),
  )
  const gateway: TestGateway = await startGateway(
    {
      LLM_BASE_URL: upstream.baseUrl,
      LLM_API_KEY: OURS.llmKey,
      ORCHESTRATOR_URL: orchestrator.url,
      SERVICE_TOKEN,
      SIGNALBOX_OPERATOR_KEYS: `ops:admin:${OURS.operator}`,
      LOG_LEVEL: 'trace',
    },
    { spanProcessor },
  )
  open.push(upstream, orchestrator, gateway)
  const heard: string[] = []
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const response = await gateway.get(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('ü', '\u00fc')])),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    heard.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`)
  }
  return { gateway, orchestrator, heard, send }
}
