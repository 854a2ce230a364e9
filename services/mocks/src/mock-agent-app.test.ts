import type { Json, OutgoingMessage, StreamEvent } from '@signalbox/a2a'
import { EXTENSIONS, passagesPartSchema, putContextPartSchema, replanRequestPartSchema } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import { MOCK_AGENTS, type MockAgent } from './core/mock-content.ts'
import { dataOfArtifacts, deadline, send, startMockAgent, stream, textOfArtifacts, type StartedAgent } from './fixtures/start-mock-agent.ts'

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
    expect(await executions()).toMatchObject({ total: 3, executions: { 'ses/n1/0': 1, 'ses/n1/1': 1, 'ses/n1/2': 1 } })
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
    expect(await executions()).toMatchObject({ running: 0, canceled: { 'ses/n1/0': 1 } })
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

describe('words in brackets', () => {
  test('[say] answers exactly this', async () => {
    const { connection } = await start('search')
    expect(textOfArtifacts(await send(connection, asking('Which? [say B]')))).toBe('B')
  })

  test('[list] answers a list, and with [stream] an artifact for each item', async () => {
    const { connection } = await start('search')
    const task = await send(connection, asking('[list 3]', 'ses/a/0'))
    expect(dataOfArtifacts(task)).toEqual([['item 1', 'item 2', 'item 3']])
    const streamed = await stream(connection, asking('[list pears, plums] [stream] [delay 20]', 'ses/b/0'))
    const artifacts = streamed.flatMap((event) => (event.type === 'artifact' ? [event] : []))
    expect(artifacts.map(({ artifact, lastChunk }) => [artifact.artifactId, artifact.parts, lastChunk])).toEqual([
      ['item-1', [{ kind: 'text', text: 'pears' }], true],
      ['item-2', [{ kind: 'text', text: 'plums' }], true],
    ])
  })

  test('[down] fails the first attempts at a node, each under its own key, and is up for another node no sooner', async () => {
    const { connection } = await start('search')
    const attempt = async (key: string): Promise<string> => (await send(connection, asking('[down 1] [say up]', key))).status.state
    expect([await attempt('ses/n1/0'), await attempt('ses/n1/1'), await attempt('ses/n2/0')]).toEqual(['failed', 'completed', 'failed'])
  })

  test('the same key is not worked on again', async () => {
    const { connection, executions } = await start('search')
    const [one, two] = [await send(connection, asking('[say once]')), await send(connection, asking('[say once]'))]
    expect(one.id).toBe(two.id)
    expect(await executions()).toMatchObject({ total: 1 })
  })

  test('[fail-if] fails for the items it names', async () => {
    const { connection } = await start('analysis')
    const given = (text: string): OutgoingMessage => ({
      ...asking('Weigh the item. [fail-if item 2]', `ses/${text}/0`),
      parts: [
        ...asking('Weigh the item. [fail-if item 2]').parts,
        { kind: 'data', data: { kind: 'node-input', name: 'item', node: 'a', agent: 'b', instruction: '', text, data: [] } },
      ],
    })
    expect((await send(connection, given('item 2'))).status.state).toBe('failed')
    expect((await send(connection, given('item 20'))).status.state).toBe('completed')
  })

  test('[replan] and [put] come as parts of the result', async () => {
    const { connection } = await start('search')
    const data = dataOfArtifacts(await send(connection, asking('[put city="Oslo"] [replan nothing is there]')))
    expect(data.map((part) => putContextPartSchema.safeParse(part).data ?? replanRequestPartSchema.safeParse(part).data)).toEqual([
      { kind: 'put-context', name: 'city', value: 'Oslo' },
      { kind: 'replan-request', reason: 'nothing is there' },
    ])
  })

  test('[put-early] is told while the agent still works', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, asking('[put-early city=Oslo] [say done]'))
    const early = events.find((event) => event.type === 'status' && event.metadata?.[EXTENSIONS.context] !== undefined)
    expect(early).toMatchObject({ status: { state: 'working' }, metadata: { [EXTENSIONS.context]: [{ name: 'city', value: 'Oslo' }] } })
  })

  test('[get] answers what the session shares', async () => {
    const { connection } = await start('search')
    const context = { kind: 'node-context', goal: 'g', conversation: [{ role: 'user', text: 'g' }], context: { city: 'Oslo', size: { km2: 454 } } }
    const message = asking('[get city] [get size] [get mayor]')
    const task = await send(connection, { ...message, parts: [...message.parts, { kind: 'data', data: context }] })
    expect(textOfArtifacts(task)).toBe('Oslo\n{"km2":454}\nnothing is shared as mayor')
  })

  test('[spend] tells running totals, and what it came to in the end', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, asking('[spend 100 0.2]'))
    const totals = events.flatMap((event) => (event.type === 'status' ? [event.metadata?.[EXTENSIONS.usage]] : []))
    expect(totals.filter((usage) => usage !== undefined)).toMatchObject([25, 50, 75, 100, 100].map((total_tokens) => ({ total_tokens })))
    expect(totals.at(-1)).toMatchObject({ total_tokens: 100, cost_usd: 0.2 })
  })

  test('[lie] completes without a word', async () => {
    const { connection } = await start('rag')
    const task = await send(connection, asking('[lie]'))
    expect([task.status.state, task.artifacts]).toEqual(['completed', []])
  })

  test('[lie more] goes on after its end, and then fails', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, asking('[lie more] [say done]'))
    expect(events.slice(-3)).toMatchObject([
      { type: 'status', status: { state: 'completed' } },
      { type: 'artifact', artifact: { parts: [{ text: 'One thing I forgot, after my end.' }] } },
      { type: 'status', status: { state: 'failed' } },
    ])
  })

  test('[lie other] tells of a task that nobody asked for', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, asking('[lie other] [say done]'))
    const first = events[0]
    const artifact = events.find((event) => event.type === 'artifact')
    expect(first?.type === 'task' && artifact?.type === 'artifact' && artifact.taskId !== first.task.id).toBe(true)
  })

  test('[lie wire] answers with what is no A2A, and is counted all the same', async () => {
    const { connection, executions } = await start('search')
    await expect(stream(connection, asking('[lie wire]', 'ses/a/0'))).rejects.toMatchObject({ code: 'upstream_invalid' })
    await expect(send(connection, asking('[lie wire]', 'ses/a/1'))).rejects.toMatchObject({ code: 'upstream_invalid' })
    expect(await executions()).toMatchObject({ total: 2, executions: { 'ses/a/0': 1, 'ses/a/1': 1 } })
  })

  test('[twice] sends its result twice, and ends twice', async () => {
    const { connection } = await start('search')
    const events = await stream(connection, asking('[twice] [say done]'))
    expect(events.filter((event) => event.type === 'artifact')).toHaveLength(3)
    expect(events.filter((event) => event.type === 'status' && event.status.state === 'completed')).toHaveLength(2)
  })

  test('a vote is one of its options, and voters of one mind need not be', async () => {
    const { connection } = await start('analysis')
    const ask = async (question: string): Promise<string> =>
      textOfArtifacts(await send(connection, asking(`${question}\n\nAnswer with exactly one of: yes | no`, question)))
    const votes = await Promise.all(['a?', 'b?', 'c?', 'd?', 'e?', 'f?'].map(ask))
    expect(new Set(votes)).toEqual(new Set(['yes', 'no']))
  })

  test('can be configured for every message, and an agent can be named', async () => {
    const { connection } = await start('search', { MOCK_WORDS: '[say always]', MOCK_NAME: 'voter-2' })
    expect((await connection.card({ signal: deadline() })).name).toBe('voter-2')
    expect(textOfArtifacts(await send(connection, asking('What?')))).toBe('always')
  })

  test('that make no sense fail the task by name', async () => {
    const { connection } = await start('search')
    const task = await send(connection, asking('[delay soon]'))
    expect(task.status.state).toBe('failed')
    expect(JSON.stringify(task.status.message)).toContain('[delay] wants a whole number')
  })
})

test('executions are shown only to those who have the service token', async () => {
  const { url } = await start('search')
  expect((await fetch(`${url}/executions`)).status).toBe(401)
})

const open: StartedAgent[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (agent) => agent[Symbol.asyncDispose]()))
})

async function start(agent: MockAgent, environment: Record<string, string> = {}): Promise<StartedAgent> {
  const started = await startMockAgent(agent, environment)
  open.push(started)
  return started
}

function nodeMessage(key: string, metadata: Record<string, Json> = {}): OutgoingMessage {
  return { messageId: key, parts: [{ kind: 'text', text: 'apples' }], metadata }
}

function asking(text: string, key = 'ses/n1/0'): OutgoingMessage {
  return { messageId: key, parts: [{ kind: 'text', text }] }
}
