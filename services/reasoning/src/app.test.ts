import { connectAgent, dataOf, textOf, type Part, type StreamEvent } from '@signalbox/a2a'
import { readConfig } from '@signalbox/config'
import { EXTENSIONS, type NodeContext, type NodeInput } from '@signalbox/contracts'
import { listen } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'
import { freePorts, openStream, recordSpans, sayError, sayJson, sayStream, startModelUpstream, streamLines, type UpstreamAnswer } from '@signalbox/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openReasoning } from './app.ts'
import { reasoningConfigSchema } from './config.ts'

const TOKEN = 'a-service-token-of-tests'
const QUESTION: Part = { kind: 'text', text: 'Do bees sleep?' }

describe('the reasoning agent, over A2A', () => {
  test('publishes a card by which planners can choose, and says that it takes inputs', async () => {
    const { agent } = await reasoning((response) => sayStream(response, ['Yes.']))
    const card = await agent.card(CALL)
    expect(card.extensions).toContain(EXTENSIONS.inputs)
    expect(card.skills.map(({ id }) => id)).toEqual(['reason', 'answer'])
  })

  test('streams an answer with citations and their sources', async () => {
    const { ask } = await reasoning((response) => sayStream(response, ['Bees sleep', ' [2]. Ants do ', 'not [1', '].']))
    const { events, text, data, end } = await ask(QUESTION, context('answer'), found())
    expect(text).toBe('Bees sleep [1]. Ants do not [2].\n\nSources:\n[1] bees.md (10–50)\n[2] ants.md (0–40)')
    expect(data).toEqual([
      { kind: 'citations', citations: [expect.objectContaining({ n: 1, source: 'bees.md' }), expect.objectContaining({ n: 2, source: 'ants.md' })] },
    ])
    expect(events[0]?.type).toBe('task')
    expect(end).toMatchObject({ status: { state: 'completed' }, metadata: { [EXTENSIONS.usage]: { prompt_tokens: 11, completion_tokens: 7 } } })
  })

  test('sends what it has while the model still speaks', async () => {
    let release = (): void => undefined
    const { agent } = await reasoning((response) => {
      openStream(response).write(streamLines(['First.'], { finishReason: null, usage: null, done: false }))
      release = () => void response.end(streamLines([' Last.']))
    })
    const texts: string[] = []
    for await (const event of agent.stream({ parts: [QUESTION] }, CALL)) {
      if (event.type !== 'artifact') continue
      texts.push(textOf(event.artifact.parts))
      if (texts.join('') === 'First.') release()
    }
    expect(texts.join('')).toBe('First. Last.')
  })

  test('shows what the model is thinking as progress, not as text', async () => {
    const { ask } = await reasoning((response) => sayStream(response, [{ reasoning_content: 'I think of bees. ' }, 'Yes.']))
    const { events, text } = await ask(QUESTION)
    expect(text).toBe('Yes.')
    expect(events.some((event) => event.type === 'status' && textOf(event.status.message?.parts ?? []) === 'I think of bees.')).toBe(true)
  })

  test('fails when the model is cut in the middle, retryable, and never completes', async () => {
    const { ask } = await reasoning((response) => {
      openStream(response).write(streamLines(['Half an'], { finishReason: null, usage: null, done: false }), () => response.destroy())
    })
    const { end } = await ask(QUESTION)
    expect(end).toMatchObject({ status: { state: 'failed' }, metadata: { [EXTENSIONS.failure]: { code: 'upstream_failed', retryable: true } } })
  })

  test.each([
    ['down', (response) => sayError(response, 503), 'upstream_failed', true],
    ['refusing our key', (response) => sayError(response, 401), 'upstream_failed', false],
    [
      'silent',
      (response) => void openStream(response).write(streamLines(['Half'], { finishReason: null, usage: null, done: false })),
      'upstream_timeout',
      true,
    ],
    ['talking nonsense', (response) => sayJson(response, 200, { hello: 'world' }), 'upstream_invalid', false],
  ] satisfies [string, UpstreamAnswer, string, boolean][])('fails with what happened when the model endpoint is %s', async (_name, answer, code, retryable) => {
    const { ask } = await reasoning(answer)
    expect((await ask(QUESTION)).end).toMatchObject({ status: { state: 'failed' }, metadata: { [EXTENSIONS.failure]: { code, retryable } } })
  })

  test('lets go of the model when its task is canceled', async () => {
    const { agent, upstream } = await reasoning(
      (response) => void openStream(response).write(streamLines(['On and on'], { finishReason: null, usage: null, done: false })),
      { LLM_IDLE_MS: '30000' },
    )
    let last: StreamEvent | undefined
    let id = ''
    for await (const event of agent.stream({ parts: [QUESTION] }, CALL)) {
      if (event.type === 'task') id = event.task.id
      if (event.type === 'artifact') void agent.cancelTask(id, CALL)
      last = event
    }
    expect(last).toMatchObject({ type: 'status', status: { state: 'canceled' } })
    await upstream.calls[0]?.closed
  })

  test('keeps prompts and answers out of its spans', async () => {
    const { ask, recorder } = await reasoning((response) => sayStream(response, ['Bees do.']))
    await ask(QUESTION)
    const spans = recorder.spans()
    expect(spans.some(({ name }) => name.startsWith('chat '))).toBe(true)
    expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toMatch(/bees/i)
  })
})

test('a reasoning agent without a model does not open', async () => {
  await expect(openReasoning(readConfig('reasoning', reasoningConfigSchema, {}))).rejects.toThrow(/set OPENAI_API_KEY/)
})

const CALL = { signal: AbortSignal.timeout(60_000) }

async function reasoning(answer: UpstreamAnswer, environment: Record<string, string> = {}) {
  const upstream = await startModelUpstream(answer)
  const [port] = await freePorts(1)
  const recorder = recordSpans()
  const config = readConfig('reasoning', reasoningConfigSchema, {
    PORT: String(port),
    LLM_BASE_URL: upstream.baseUrl,
    LLM_RETRIES: '0',
    LLM_IDLE_MS: '150',
    SERVICE_TOKEN: TOKEN,
    LOG_LEVEL: 'silent',
    ...environment,
  })
  const telemetry = openTelemetry({ service: 'reasoning', level: 'silent', spanProcessor: recorder.processor })
  const listening = await listen(await openReasoning(config, { telemetry }), { host: config.HOST, port: config.PORT, guarded: true })
  const agent = connectAgent({
    url: listening.url,
    token: TOKEN,
    telemetry: openTelemetry({ service: 'test', level: 'silent', spanProcessor: recorder.processor }),
  })
  onTestFinished(async () => {
    await agent.close()
    await listening.stop(100)
    await upstream[Symbol.asyncDispose]()
  })

  const ask = async (...parts: Part[]) => {
    const events: StreamEvent[] = []
    for await (const event of agent.stream({ parts }, CALL)) events.push(event)
    const artifacts = events.flatMap((event) => (event.type === 'artifact' ? [event.artifact] : []))
    const end = events.findLast((event) => event.type === 'status')
    return { events, end, text: artifacts.map(({ parts: pieces }) => textOf(pieces)).join(''), data: artifacts.flatMap(({ parts: pieces }) => dataOf(pieces)) }
  }
  return { agent, ask, upstream, recorder }
}

function context(skill: string): Part {
  const data: NodeContext = { kind: 'node-context', goal: 'Do bees sleep?', skill, conversation: [{ role: 'user', text: 'Do bees sleep?' }] }
  return { kind: 'data', data: data as never }
}

function found(): Part {
  const passages = [
    { id: 'p1', document_id: 'd1', source: 'ants.md', title: 'Ants', start: 0, end: 40, text: 'Ants never sleep.', score: 0.9 },
    { id: 'p2', document_id: 'd2', source: 'bees.md', title: 'Bees', start: 10, end: 50, text: 'Bees sleep at night.', score: 0.8 },
  ]
  const data: NodeInput = {
    kind: 'node-input',
    name: 'search',
    node: 'search',
    agent: 'rag',
    instruction: 'sleep',
    text: '2 passages',
    data: [{ kind: 'passages', query: 'sleep', passages }],
  }
  return { kind: 'data', data: data as never }
}
