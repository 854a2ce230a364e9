import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { getRequestListener } from '@hono/node-server'
import { connectAgent, createTaskEngine, mountAgent, renderA2AError, type AgentExecutor, type StreamEvent } from '@signalbox/a2a'
import { EXTENSIONS, type Plan, type PlanNode } from '@signalbox/contracts'
import { openOrchestrator, orchestratorConfigSchema } from '@signalbox/orchestrator'
import { listen } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'
import { Hono } from 'hono'

import { median } from './gateway/load.ts'
import type { Bench } from './report.ts'

const ROUNDS = 15
const telemetry = openTelemetry({ service: 'bench', level: 'silent' })

/**
 * What coordination costs beyond the critical path: sessions over instant agents, against the same
 * number of A2A calls made by hand, one after the other for a chain, all at once for parallel nodes.
 */
const run: Bench = async (report) => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
  let plan = chainOf(1)
  const agent = await serve('instant', { execute: async (_turn, writer) => writer.artifact({ parts: [{ kind: 'text', text: 'done' }] }) }, 'answer')
  const planner = await serve(
    'planner',
    { execute: async (_turn, writer) => writer.artifact({ parts: [{ kind: 'data', data: JSON.parse(JSON.stringify({ kind: 'plan', plan, repairs: 0 })) }] }) },
    'plan',
  )
  const port = await freePort()
  const config = orchestratorConfigSchema.parse({
    PORT: port,
    DATA_DIR: folder,
    PLANNER_URL: planner.url,
    AGENT_URLS: agent.url,
    LOG_LEVEL: 'silent',
    NODES_PER_SESSION: 64,
    NODES_PER_AGENT: 64,
  })
  const orchestrator = await listen(await openOrchestrator(config), { host: '127.0.0.1', port, guarded: false })
  const session = connectAgent({ url: orchestrator.url, telemetry })
  const direct = connectAgent({ url: agent.url, telemetry })
  const call = () => ({ signal: AbortSignal.timeout(30_000) })

  const oneCall = async (): Promise<void> => {
    for await (const _event of direct.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()));
  }
  const oneSession = async (): Promise<void> => {
    let last: StreamEvent | undefined
    let ran = 0
    for await (const event of session.stream({ parts: [{ kind: 'text', text: 'go' }] }, call())) {
      last = event
      if (event.type === 'status' && (event.metadata?.[EXTENSIONS.sessionEvents] as { type?: string } | undefined)?.type === 'node.completed') ran += 1
    }
    // A session that fails fast is not a fast session.
    if (last?.type !== 'status' || last.status.state !== 'completed' || ran !== plan.nodes.length)
      throw new Error(`the session ran ${ran} of ${plan.nodes.length} nodes: ${JSON.stringify(last).slice(0, 500)}`)
  }
  for (let warm = 0; warm < 10; warm += 1) await oneSession()

  const single = await medianOf(oneSession)
  plan = chainOf(10)
  const chain = await medianOf(oneSession)
  const chainByHand = await medianOf(async () => {
    for (let index = 0; index < 10; index += 1) await oneCall()
  })
  plan = parallelOf(50)
  const wide = await medianOf(oneSession)
  const wideByHand = await medianOf(() => Promise.all(Array.from({ length: 50 }, oneCall)))

  report({ metric: 'one node: the whole session', value: single, unit: 'ms' })
  report({ metric: '10-node chain: the whole session, against 10 calls by hand', value: chain, unit: 'ms', reference: chainByHand })
  report({ metric: '10-node chain: beyond the critical path', value: Math.max(0, chain - chainByHand), unit: 'ms', budget: 10 + 1.5 * 10 })
  report({ metric: '10-node chain: beyond the critical path, a node', value: Math.max(0, chain - chainByHand) / 10, unit: 'ms', budget: 1.5 })
  report({ metric: '50 nodes at once: the whole session, against 50 calls by hand', value: wide, unit: 'ms', reference: wideByHand })
  report({ metric: '50 nodes at once: beyond the critical path, a node', value: Math.max(0, wide - wideByHand) / 51, unit: 'ms', budget: 1.5 })

  await Promise.all([session.close(), direct.close()])
  await orchestrator.stop(0)
  await Promise.all([agent.close(), planner.close()])
  await rm(folder, { recursive: true, force: true })
}

function node(id: string, needs: string[]): PlanNode {
  return { id, kind: 'agent', agent: 'instant', instruction: 'go', needs, on_failure: 'fail' }
}

function chainOf(length: number): Plan {
  const nodes = Array.from({ length }, (_, index) => node(`n${index}`, index === 0 ? [] : [`n${index - 1}`]))
  return { goal: 'go', nodes, answer: `n${length - 1}` }
}

function parallelOf(width: number): Plan {
  const nodes = Array.from({ length: width }, (_, index) => node(`n${index}`, []))
  return {
    goal: 'go',
    nodes: [
      ...nodes,
      node(
        'answer',
        nodes.map(({ id }) => id),
      ),
    ],
    answer: 'answer',
  }
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  return median(times)
}

async function serve(name: string, executor: AgentExecutor, skill: string): Promise<{ url: string; close(): Promise<void> }> {
  const engine = createTaskEngine({ executor, telemetry })
  const app = new Hono({ strict: false }).onError(renderA2AError)
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  mountAgent(app, {
    card: { name, description: name, version: '1', skills: [{ id: skill, name: skill, description: skill, tags: [] }], extensions: [], streaming: true },
    publicUrl: () => url,
    tasks: engine,
    telemetry,
  })
  return {
    url,
    close: async () => {
      await engine.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export default run
