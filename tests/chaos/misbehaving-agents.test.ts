import { once } from 'node:events'

import { agentListSchema, MANAGEMENT_PATHS, type AgentNode, type Plan, type SessionEvent, type SessionView } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { describe, expect, onTestFailed, test } from 'vitest'

import { startAgent } from './agents.ts'
import { ask, logOf, submit, untilOver } from './client.ts'
import { openHouse, type House } from './house.ts'
import { LIES, SAID, startLiar, streamOf } from './liars.ts'
import { nodeOf } from './plans.ts'
import type { Replica } from './replica.ts'
import { REDIS, STORES } from './stores.ts'

/** An agent that begins anew for ever is cut off at its deadline. */
const FAULTS_OF_AGENTS: ReadonlySet<string | undefined> = new Set(['upstream_invalid', 'upstream_failed', 'agent_failed', 'deadline_exceeded'])

describe.each(STORES)('on $name', (store) => {
  test('an agent that hangs is cut off at its deadline and told so, and its fallback does the work', async () => {
    const told: string[] = []
    const mule = await startAgent('mule', async ({ message, signal }) => {
      await once(signal, 'abort')
      told.push(message.messageId)
    })
    // It takes the call, and says nothing at all.
    const wall = await startLiar('wall', () => new Promise<Response>(() => undefined))
    await using house = await openHouse(store, { replicas: 1, agents: [mule, wall] })
    onTestFailed(() => console.log(house.printed()))
    const patient = { deadline_s: 0.4, on_failure: 'fallback', fallback: 'ant' } as const
    const { view, log, tookMs } = await run(house, 'hanging', [
      nodeOf({ id: 'kicks', agent: 'mule', retries: 1, ...patient }),
      nodeOf({ id: 'stands', agent: 'wall', retries: 0, ...patient }),
      nodeOf({ id: 'answer', agent: 'bee', needs: ['kicks', 'stands'] }),
    ])

    expect(view.status).toBe('completed')
    expect(tookMs).toBeLessThan(5_000)
    expect(view.nodes).toMatchObject({ kicks: { state: 'completed', agent: 'ant', epoch: 3 }, stands: { state: 'completed', agent: 'ant', epoch: 2 } })
    expect(log.filter((event) => event.type === 'node.retrying' && event.error.code === 'deadline_exceeded')).toHaveLength(1)
    expect(log.filter(({ type }) => type === 'node.fallback')).toHaveLength(2)
    await eventually('the agent that hung is told to stop, both times', () => told.length === 2)
    expect(told.toSorted()).toEqual([`${view.id}/kicks/1`, `${view.id}/kicks/2`])
  })

  test('whatever an agent lies, its node fails in words and everything else goes on', async () => {
    const liars = await Promise.all(Object.entries(LIES).map(([name, lie]) => startLiar(name, lie)))
    await using house = await openHouse(store, { replicas: 1, agents: liars })
    onTestFailed(() => console.log(house.printed()))
    const lies = liars.map(({ name }) => nodeOf({ id: name, agent: name, retries: 0, deadline_s: 2, on_failure: 'skip' }))
    const { view, log } = await run(house, 'lying', [...lies, nodeOf({ id: 'answer', agent: 'ant', needs: lies.map(({ id }) => id) })])

    expect(view.status).toBe('completed')
    const codes = Object.fromEntries(lies.map(({ id }) => [id, view.nodes[id]?.error?.code]))
    for (const { id } of lies) expect(view.nodes[id]?.state, id).toBe('skipped')
    expect(Object.values(codes).filter((code) => !FAULTS_OF_AGENTS.has(code))).toEqual([])
    expect(log.filter(({ type }) => type === 'session.resumed')).toEqual([])
    expect(house.replica(0).isUp()).toBe(true)
  })

  test('of an agent that answers twice, the first answer counts', async () => {
    const echo = await startLiar('echo', (id) =>
      streamOf(id, SAID.task, SAID.text('first'), SAID.ended('COMPLETED'), SAID.text('second', 'more'), SAID.ended('COMPLETED')),
    )
    await using house = await openHouse(store, { replicas: 1, agents: [echo] })
    onTestFailed(() => console.log(house.printed()))
    const { view, log } = await run(house, 'twice', [nodeOf({ id: 'says', agent: 'echo' }), nodeOf({ id: 'answer', agent: 'ant', needs: ['says'] })])

    expect(view.status).toBe('completed')
    expect(view.nodes['says']).toMatchObject({ state: 'completed', output: { text: 'first' } })
    expect(log.filter((event) => event.type === 'node.completed' && event.node === 'says')).toHaveLength(1)
    expect(house.executions.map(({ told }) => told).join()).toContain('first')
    expect(house.executions.map(({ told }) => told).join()).not.toContain('second')
  })

  test('an agent that goes down is not waited for once its breaker is open, and is asked again when it is back', async () => {
    let asked = 0
    const dog = await startAgent('dog', async (_turn, writer) => {
      asked += 1
      writer.text('woof')
    })
    const rules = { BREAKER_FAILURES: '4', BREAKER_REST_S: '4', AGENT_REFRESH_S: '3600', NODE_RETRY_BASE_MS: '300' }
    await using house = await openHouse(store, { replicas: 1, agents: [dog], environment: rules })
    onTestFailed(() => console.log(house.printed()))
    const plan = () => [nodeOf({ id: 'answer', agent: 'dog', retries: 3, on_failure: 'fallback', fallback: 'ant' })]

    expect((await run(house, 'well', plan())).view.answer?.text).toBe('woof')
    await dog.goDown()
    // The first to meet it tries as often as it may, and opens the breaker by that.
    const first = await run(house, 'first', plan())
    expect(first.view.nodes['answer']).toMatchObject({ state: 'completed', agent: 'ant' })
    expect(first.log.filter(({ type }) => type === 'node.retrying')).toHaveLength(3)
    expect((await breakerOf(house.replica(0), 'dog')).state).toBe('open')

    // The next go elsewhere at once.
    for (const name of ['second', 'third']) {
      const { view, log, tookMs } = await run(house, name, plan())
      expect(view.nodes['answer']).toMatchObject({ state: 'completed', agent: 'ant' })
      expect(log.filter(({ type }) => type === 'node.retrying')).toEqual([])
      expect(tookMs).toBeLessThan(first.tookMs / 2)
    }

    await dog.comeBack()
    await eventually('its rest is over', async () => (await breakerOf(house.replica(0), 'dog')).state === 'half-open')
    expect(asked).toBe(1)
    expect((await run(house, 'probe', plan())).view.answer?.text).toBe('woof')
    expect((await breakerOf(house.replica(0), 'dog')).state).toBe('closed')
    expect(asked).toBe(2)
  })
})

test('a breaker that one orchestrator opened is open for all of them', async () => {
  const dog = await startAgent('dog', async (_turn, writer) => writer.text('woof'))
  const rules = { BREAKER_FAILURES: '4', BREAKER_REST_S: '60', AGENT_REFRESH_S: '3600' }
  await using house = await openHouse(REDIS, { replicas: 2, agents: [dog], environment: rules })
  onTestFailed(() => console.log(house.printed()))
  await dog.goDown()
  await run(house, 'opens', [nodeOf({ id: 'answer', agent: 'dog', retries: 3, on_failure: 'fallback', fallback: 'ant' })])
  expect(await Promise.all(house.replicas.map(async (replica) => (await breakerOf(replica, 'dog')).state))).toEqual(['open', 'open'])
})

/** Runs one session by this plan to its end. */
async function run(house: House, goal: string, nodes: AgentNode[]): Promise<{ view: SessionView; log: SessionEvent[]; tookMs: number }> {
  const plan: Plan = { goal, nodes, answer: 'answer' }
  house.plans.set(goal, plan)
  const id = await submit(house, goal, goal)
  const view = await untilOver(house, id)
  // Whatever was drawn was right, so this is what was run.
  expect(view.plan_source).toBe('planner')
  const log = await logOf(house, id)
  return { view, log, tookMs: Date.parse(log.at(-1)?.at as string) - Date.parse(log[0]?.at as string) }
}

async function breakerOf(replica: Replica, agent: string) {
  const { data } = agentListSchema.parse(await (await ask(replica, 'GET', MANAGEMENT_PATHS.agents)).json())
  const report = data.find(({ id }) => id === agent)
  if (!report) throw new Error(`${replica.name} does not know ${agent}`)
  return report.breaker
}
