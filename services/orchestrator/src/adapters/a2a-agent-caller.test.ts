import { connectAgent, type AgentConnection } from '@signalbox/a2a'
import { openTelemetry } from '@signalbox/telemetry'
import { expect, test } from 'vitest'

import type { NodeCall, NodeSignal } from '../core/ports.ts'
import { startAgent } from '../fixtures/world.ts'
import { createA2AAgentCaller } from './a2a-agent-caller.ts'
import { createAgentGate } from './agent-gate.ts'
import type { AgentRegistry } from './agent-registry.ts'
import { createMemoryBreakers } from './breakers/index.ts'

const telemetry = openTelemetry({ service: 'test', level: 'silent' })

test('a task that ends between being looked for and being followed is read whole', async () => {
  let looks = 0
  const url = await startAgent('agent', (_turn, writer) => writer.text('done'), {
    between: (tasks) => ({
      ...tasks,
      async get(...asked) {
        const task = await tasks.get(...asked)
        looks += 1
        return looks === 1 ? { ...task, artifacts: [], status: { ...task.status, state: 'working' } } : task
      },
    }),
  })
  const connection = connectAgent({ url, telemetry })
  const ended = await connection.send({ parts: [{ kind: 'text', text: 'go' }] }, { signal: AbortSignal.timeout(5_000) })
  const heard = await hear(connection, { ...CALL, taskId: 'id' in ended ? ended.id : '' })
  expect(heard.at(-1)).toMatchObject({ type: 'end', output: { text: 'done' } })
  expect(looks).toBe(2)
  await connection.close()
})

test('a task that its agent has forgotten is asked for again under its key', async () => {
  const keys: string[] = []
  const url = await startAgent('agent', (turn, writer) => {
    keys.push(turn.message.messageId)
    writer.text('done')
  })
  const connection = connectAgent({ url, telemetry })
  const heard = await hear(connection, { ...CALL, taskId: 'forgotten' })
  expect(heard.at(-1)).toMatchObject({ type: 'end', output: { text: 'done' } })
  expect(keys).toEqual([CALL.key])
  await connection.close()
})

const CALL: NodeCall = {
  agent: 'agent',
  key: 'ses_1/n1/1',
  skill: undefined,
  instruction: 'go',
  goal: 'go',
  conversation: [],
  inputs: [],
  context: {},
  lineage: ['ses_1'],
  budget: {},
  owner: 'alice',
}

async function hear(connection: AgentConnection, call: NodeCall): Promise<NodeSignal[]> {
  const agent = { id: 'agent', url: connection.url, connection, card: undefined, seenAt: undefined, healthy: true, lastError: undefined }
  const registry: Pick<AgentRegistry, 'find'> = { find: () => agent }
  const gate = createAgentGate({ breakers: createMemoryBreakers(), callsAtOnce: 8 })
  const heard: NodeSignal[] = []
  for await (const signal of createA2AAgentCaller({ registry, gate, telemetry }).call(call, AbortSignal.timeout(5_000))) heard.push(signal)
  return heard
}
