import { agentListSchema, MANAGEMENT_PATHS, type Plan } from '@signalbox/contracts'
import { eventually, freePorts } from '@signalbox/testing'

import { startPlanner, startWorker, type Agent, type Execution, type Memory } from './agents.ts'
import { WORKERS } from './plans.ts'
import { createReplica, type Replica } from './replica.ts'
import type { Place, Store } from './stores.ts'

/** The lease of these stories, milliseconds: short, so that a takeover is seen soon. */
export const LEASE_MS = 2_000

/** Orchestrators as processes, on one store; and agents in the test's own process, which nothing happens to unless the test says so. */
export interface House extends AsyncDisposable {
  readonly place: Place
  readonly replicas: readonly Replica[]
  /** All that the workers did, in order. */
  readonly executions: Execution[]
  /** Plans for goals that are not words: the planner answers with them. */
  readonly plans: Map<string, Plan>
  replica(index: number): Replica
  /** Of the replicas that can be asked, each in its turn. */
  nextUp(): Replica | undefined
  /** The last that every replica printed. */
  printed(): string
}

export interface HouseOptions {
  replicas: number
  /** Of those, how many are started; all, where nothing is said. */
  started?: number
  memory?: Partial<Record<(typeof WORKERS)[number], Memory>>
  /** Agents beside the workers. They are closed with the house. */
  agents?: readonly Agent[]
  environment?: Record<string, string>
}

export async function openHouse(store: Store, options: HouseOptions): Promise<House> {
  const executions: Execution[] = []
  const plans = new Map<string, Plan>()
  let turn = 0
  const place = await store.open()
  const agents = await Promise.all(WORKERS.map((name) => startWorker(name, executions, options.memory?.[name])))
  const planner = await startPlanner(plans)
  const environment = {
    ...place.environment,
    AGENT_URLS: [...agents, ...(options.agents ?? [])].map(({ url }) => url).join(','),
    PLANNER_URL: planner.url,
    LEASE_MS: String(LEASE_MS),
    SWEEP_EVERY_MS: '500',
    NODE_RETRY_BASE_MS: '50',
    NODES_PER_AGENT: '64',
    ...options.environment,
  }
  const ports = await freePorts(options.replicas)
  const replicas = ports.map((port, index) => createReplica(`replica ${index}`, port, environment))

  async function close(): Promise<void> {
    await Promise.all(replicas.map((replica) => replica.close()))
    await Promise.all([...agents, planner, ...(options.agents ?? [])].map((agent) => agent.close()))
    await place.close()
  }
  try {
    const started = replicas.slice(0, options.started)
    await Promise.all(started.map((replica) => replica.start()))
    await Promise.all(started.map(untilAllAgentsAreKnown))
  } catch (error) {
    await close()
    throw error
  }
  return {
    place,
    replicas,
    executions,
    plans,
    replica: (index) => replicas[index] as Replica,
    nextUp() {
      const up = replicas.filter((replica) => replica.isUp())
      turn += 1
      return up[turn % up.length]
    },
    printed: () => replicas.map(({ name, printed }) => `── ${name} ──\n${printed()}`).join('\n'),
    [Symbol.asyncDispose]: close,
  }
}

/** An orchestrator is ready with the first agent that it knows; a plan may be for any. */
async function untilAllAgentsAreKnown({ name, url }: Replica): Promise<void> {
  await eventually(`${name} knows all agents`, async () => {
    const response = await fetch(`${url}${MANAGEMENT_PATHS.agents}`, { signal: AbortSignal.timeout(5_000) })
    return agentListSchema.parse(await response.json()).data.every(({ healthy }) => healthy)
  })
}
