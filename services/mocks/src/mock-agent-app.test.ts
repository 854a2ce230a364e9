import { connectAgent, type AgentConnection, type Json, type OutgoingMessage, type StreamEvent, type Task } from '@signalbox/a2a'
import { EXTENSIONS, passagesPartSchema } from '@signalbox/contracts'
import { listen, type Listening } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'
import { eventually, freePorts } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import { mockAgentConfigSchema } from './config.ts'
import { MOCK_AGENTS, type MockAgent } from './core/mock-content.ts'
import { openMockAgent } from './mock-agent-app.ts'

const TOKEN = 'a-service-token-for-tests'

describe('a mock agent', () => {
  test.each(MOCK_AGENTS)('%s has a card that says it is a mock, and content that says it is made up', async (agent) => {
    const { connection } = await start(agent)
    const card = await connection.card({ signal: deadline() })
    expect(card.name).toBe(`mock-${agent}`)
    expect(card.description).toContain('made up')
    expect(card.extensions).toContain(EXTENSIONS.inputs)
    const task = await send(connection, { parts: [{ kind: 'text', text: 'apples' }] })
    expect(task.status.state).toBe('completed')
    expect(textOfArtifacts(task)).toMatch(/made-up.*apples/)
  })

  test('rag returns passages that keep to the contract', async () => {
    const { connection } = await start('rag')
    const task = await send(connection, nodeMessage('ses/n1/0', { skill: 'retrieve' }))
    const [passages] = dataOfArtifacts(task).flatMap((data) => passagesPartSchema.safeParse(data).data ?? [])
    expect(passages?.passages.map(({ source }) => source)).toEqual(['mock/first.md', 'mock/second.md'])
  })

  test('says the same thing every time it is asked the same', async () => {
    const { connection } = await start('analysis')
    const [one, two] = [await send(connection, nodeMessage('ses/n1/0')), await send(connection, nodeMessage('ses/n2/0'))]
    expect(textOfArtifacts(one)).toBe(textOfArtifacts(two))
  })

  test('brings its text in as many pieces as it is told', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, nodeMessage('ses/n1/0', { mock: { chunks: 5, chunk_delay_ms: 40 } }))
    const pieces = events.flatMap((event) => (event.type === 'artifact' ? event.artifact.parts : []))
    expect(pieces.length).toBe(5)
  })

  test('reports usage as nothing spent', async () => {
    const { connection } = await start('reasoning')
    const events = await stream(connection, nodeMessage('ses/n1/0'))
    const last = events.at(-1)
    expect(last?.type === 'status' && last.metadata?.[EXTENSIONS.usage]).toMatchObject({ total_tokens: 0 })
  })
})

describe('faults', () => {
  test('it fails the first attempts at a node, and then succeeds', async () => {
    const { connection, executions } = await start('search')
    const attempt = async (epoch: number): Promise<string> => (await send(connection, nodeMessage(`ses/n1/${epoch}`, { mock: { fail_times: 2 } }))).status.state
    expect([await attempt(0), await attempt(1), await attempt(2)]).toEqual(['failed', 'failed', 'completed'])
    expect(await executions()).toEqual({ total: 3, executions: { 'ses/n1/0': 1, 'ses/n1/1': 1, 'ses/n1/2': 1 } })
  })

  test('it fails for good, and says that trying again is no use', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, nodeMessage('ses/n1/0', { mock: { fail_times: -1, fail_retryable: false } }))
    const last = events.at(-1)
    expect(last).toMatchObject({ type: 'status', status: { state: 'failed' }, metadata: { [EXTENSIONS.failure]: { code: 'agent_failed', retryable: false } } })
  })

  test('it can be configured to fail', async () => {
    const { connection } = await start('search', { MOCK_FAIL_TIMES: '-1' })
    expect((await send(connection, nodeMessage('ses/n1/0'))).status.state).toBe('failed')
  })

  test('it hangs until it is canceled', async () => {
    const { connection, executions } = await start('search')
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of connection.stream(nodeMessage('ses/n1/0', { mock: { hang: true } }), { signal: deadline() })) events.push(event)
    })()
    const first = await eventually('the task is there', () => events[0])
    await eventually('it works', async () => (await executions()).total === 1)
    const task = await connection.cancelTask(first.type === 'task' ? first.task.id : '', { signal: deadline() })
    expect(task.status.state).toBe('canceled')
    await reading
  })

  test('it waits as long as it is told', async () => {
    const { connection } = await start('search')
    const before = performance.now()
    await send(connection, nodeMessage('ses/n1/0', { mock: { delay_ms: 80 } }))
    expect(performance.now() - before).toBeGreaterThanOrEqual(79)
  })

  test('it talks garbage that keeps to no contract', async () => {
    const { connection } = await start('rag')
    const task = await send(connection, nodeMessage('ses/n1/0', { mock: { garbage: true } }))
    expect(task.status.state).toBe('completed')
    expect(dataOfArtifacts(task).some((data) => passagesPartSchema.safeParse(data).success)).toBe(false)
  })

  test('behaviour that it does not know fails the task by name', async () => {
    const { connection } = await start('search')
    const task = await send(connection, nodeMessage('ses/n1/0', { mock: { explode: true } }))
    expect(task.status.state).toBe('failed')
    expect(JSON.stringify(task.status.message)).toContain('metadata.mock')
  })
})

test('executions are shown only to those who have the service token', async () => {
  const { url } = await start('search')
  expect((await fetch(`${url}/executions`)).status).toBe(401)
})

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

async function start(
  agent: MockAgent,
  environment: Record<string, string> = {},
): Promise<{ connection: AgentConnection; url: string; executions: () => Promise<{ total: number; executions: Record<string, number> }> }> {
  const [port] = await freePorts(1)
  const config = mockAgentConfigSchema.parse({ PORT: String(port), LOG_LEVEL: 'silent', SERVICE_TOKEN: TOKEN, MOCK_AGENT: agent, ...environment })
  const listening: Listening = await listen(await openMockAgent(config), { host: config.HOST, port: config.PORT, guarded: true })
  const telemetry = openTelemetry({ service: 'test', level: 'silent' })
  const connection = connectAgent({ url: listening.url, token: TOKEN, telemetry })
  open.push(async () => {
    await connection.close()
    await listening.stop(0)
    await telemetry.close()
  })
  const executions = async (): Promise<{ total: number; executions: Record<string, number> }> =>
    (await (await fetch(`${listening.url}/executions`, { headers: { authorization: `Bearer ${TOKEN}` } })).json()) as {
      total: number
      executions: Record<string, number>
    }
  return { connection, url: listening.url, executions }
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(10_000)
}

function nodeMessage(key: string, metadata: Record<string, Json> = {}): OutgoingMessage {
  return { messageId: key, parts: [{ kind: 'text', text: 'apples' }], metadata }
}

async function send(connection: AgentConnection, message: OutgoingMessage): Promise<Task> {
  const answer = await connection.send(message, { signal: deadline(), ...(message.messageId !== undefined && { idempotencyKey: message.messageId }) })
  if (!('status' in answer)) throw new Error('the agent answered with a message')
  return answer
}

async function stream(connection: AgentConnection, message: OutgoingMessage): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of connection.stream(message, { signal: deadline() })) events.push(event)
  return events
}

function textOfArtifacts(task: Task): string {
  return task.artifacts.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))).join('')
}

function dataOfArtifacts(task: Task): Json[] {
  return task.artifacts.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'data' ? [part.data] : [])))
}
