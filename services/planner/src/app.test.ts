import { connectAgent, dataOf, type AgentConnection, type Part, type Task } from '@signalbox/a2a'
import { readConfig } from '@signalbox/config'
import { EXTENSIONS, readSection, type AgentSummary } from '@signalbox/contracts'
import { listen } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'
import { freePorts, recordSpans, sayError, sayJson, sayWhole, startModelUpstream, type UpstreamAnswer } from '@signalbox/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openPlanner } from './app.ts'
import { plannerConfigSchema } from './config.ts'

const TOKEN = 'a-service-token-of-tests'
const AGENTS: AgentSummary[] = [
  { id: 'writer', description: 'Writes', skills: [{ id: 'answer', name: 'Answer', description: 'Writes answers', tags: [], examples: [] }] },
]
const REQUEST: Part = { kind: 'data', data: { kind: 'plan-request', goal: 'Say hello', conversation: [{ role: 'user', text: 'Say hello' }], agents: AGENTS } }
const SOUND = {
  nodes: [
    {
      id: 'hello',
      agent: 'writer',
      skill: 'answer',
      instruction: 'Say hello',
      needs: [],
      inputs: null,
      when: null,
      on_failure: 'fail',
      fallback: null,
      deadline_s: null,
    },
  ],
  answer: 'hello',
}

describe('the planner, over A2A', () => {
  test('publishes a card with its skill', async () => {
    const { agent, url } = await planner((response) => sayWhole(response, '{}'))
    const card = await agent.card(CALL)
    expect(card).toMatchObject({ name: 'planner', streaming: true })
    expect(card.url.replace(/\/$/, '')).toBe(url)
    expect(card.skills.map(({ id }) => id)).toEqual(['plan'])
  })

  test('answers a request with a plan, and says what it cost', async () => {
    const { agent, upstream } = await planner((response) => sayWhole(response, JSON.stringify(SOUND)))
    const { task, end } = await ask(agent, REQUEST)
    expect(task.status.state).toBe('completed')
    expect(dataOf(task.artifacts[0]?.parts ?? [])).toEqual([
      {
        kind: 'plan',
        repairs: 0,
        plan: {
          goal: 'Say hello',
          answer: 'hello',
          nodes: [{ id: 'hello', kind: 'agent', agent: 'writer', skill: 'answer', instruction: 'Say hello', needs: [], on_failure: 'fail' }],
        },
      },
    ])
    expect(end?.[EXTENSIONS.usage]).toMatchObject({ prompt_tokens: 11, completion_tokens: 7 })
    expect(upstream.calls[0]?.body).toMatchObject({ response_format: { type: 'json_schema', json_schema: { name: 'plan', strict: true } } })
  })

  test('has a faulty plan mended, and adds up what that cost', async () => {
    const { agent, upstream } = await planner((response, _call, index) =>
      sayWhole(response, index === 0 ? '{"nodes": [], "answer": "x"}' : JSON.stringify(SOUND)),
    )
    const { task, end } = await ask(agent, REQUEST)
    expect(dataOf(task.artifacts[0]?.parts ?? [])).toMatchObject([{ repairs: 1 }])
    expect(end?.[EXTENSIONS.usage]).toMatchObject({ total_tokens: 36 })
    expect(readSection(upstream.calls[1]?.prompt ?? '', 'faults')).toContain('nodes:')
    expect(JSON.parse(readSection(upstream.calls[1]?.prompt ?? '', 'previous_plan') ?? '')).toEqual({ nodes: [], answer: 'x' })
  })

  test('fails with plan_invalid and the faults when the model cannot', async () => {
    const { agent, upstream } = await planner((response) => sayWhole(response, 'I would rather not.'))
    const { task, words, end } = await ask(agent, REQUEST)
    expect(task.status.state).toBe('failed')
    expect(end?.[EXTENSIONS.failure]).toMatchObject({ code: 'plan_invalid', retryable: false })
    expect(end?.[EXTENSIONS.usage]).toMatchObject({ total_tokens: 54 })
    expect(words).toContain('not one JSON value')
    expect(upstream.calls).toHaveLength(3)
  })

  test('fails with what the model endpoint did, and whether to try again', async () => {
    const { agent } = await planner((response) => sayError(response, 401))
    const { end } = await ask(agent, REQUEST)
    expect(end?.[EXTENSIONS.failure]).toMatchObject({ code: 'upstream_failed', retryable: false })
  })

  test('fails in time when the model is slow', async () => {
    const { agent, upstream } = await planner(() => undefined, { PLANNER_TIMEOUT_MS: '150' })
    const { end } = await ask(agent, REQUEST)
    expect(end?.[EXTENSIONS.failure]).toMatchObject({ code: 'deadline_exceeded', retryable: true })
    await upstream.calls[0]?.closed
  })

  test('refuses a message without a plan request, without asking the model', async () => {
    const { agent, upstream } = await planner((response) => sayWhole(response, '{}'))
    const { end } = await ask(agent, { kind: 'text', text: 'Make a plan' })
    expect(end?.[EXTENSIONS.failure]).toMatchObject({ code: 'invalid_request' })
    expect(upstream.calls).toHaveLength(0)
  })

  test('stops asking the model when its task is canceled', async () => {
    const { agent, upstream } = await planner(() => undefined)
    for await (const event of agent.stream({ parts: [REQUEST] }, CALL)) {
      if (event.type === 'task') void agent.cancelTask(event.task.id, CALL)
      if (event.type === 'status') expect(['working', 'canceled']).toContain(event.status.state)
    }
    await Promise.all(upstream.calls.map(({ closed }) => closed))
  })

  test('is ready when its model is there, and says so when it is not', async () => {
    let status = 200
    const { url } = await planner((response) => sayJson(response, status, {}))
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ready', checks: { model: 'ok' } })
    status = 500
    const other = await planner((response) => sayJson(response, status, {}))
    expect((await fetch(`${other.url}/readyz`)).status).toBe(503)
  })

  test('draws inside the trace of whoever called it', async () => {
    const { agent, recorder } = await planner((response) => sayWhole(response, JSON.stringify(SOUND)))
    await ask(agent, REQUEST)
    const spans = recorder.spans()
    const plan = spans.find(({ name }) => name === 'plan')
    const chat = spans.find(({ name }) => name.startsWith('chat '))
    expect(plan?.attributes).toMatchObject({ 'signalbox.plan.nodes': 1, 'signalbox.plan.repairs': 0 })
    expect(chat?.parentSpanContext?.spanId).toBe(plan?.spanContext().spanId)
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('Say hello')
  })
})

test('a planner without a model does not open', async () => {
  const config = readConfig('planner', plannerConfigSchema, {})
  await expect(openPlanner(config)).rejects.toThrow(/set OPENAI_API_KEY/)
})

const CALL = { signal: AbortSignal.timeout(60_000) }

async function planner(answer: UpstreamAnswer, environment: Record<string, string> = {}) {
  const upstream = await startModelUpstream(answer)
  const [port] = await freePorts(1)
  const recorder = recordSpans()
  const config = readConfig('planner', plannerConfigSchema, {
    PORT: String(port),
    LLM_BASE_URL: upstream.baseUrl,
    LLM_RETRIES: '0',
    SERVICE_TOKEN: TOKEN,
    LOG_LEVEL: 'silent',
    ...environment,
  })
  const telemetry = openTelemetry({ service: 'planner', level: 'silent', spanProcessor: recorder.processor })
  const listening = await listen(await openPlanner(config, { telemetry }), { host: config.HOST, port: config.PORT, guarded: true })
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
  return { agent, upstream, recorder, url: listening.url }
}

/** Streams a message to its end; answers the task as it then is, and what the last status said. */
async function ask(agent: AgentConnection, ...parts: Part[]): Promise<{ task: Task; end: Record<string, unknown> | undefined; words: string }> {
  let id = ''
  let end: Record<string, unknown> | undefined
  let words = ''
  for await (const event of agent.stream({ parts }, CALL)) {
    if (event.type === 'task') id = event.task.id
    if (event.type === 'status') {
      end = event.metadata
      words = event.status.message?.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('') ?? ''
    }
  }
  return { task: await agent.getTask(id, CALL), end, words }
}
