import type { Plan } from '@signalbox/contracts'
import { SERVICE_HEADERS } from '@signalbox/contracts'

import { median } from '../gateway/load.ts'
import type { Report } from '../report.ts'
import { startPlanner, startSlowAgent } from './agents.ts'
import { beginSession, call, eventsIn } from './ask-sessions.ts'
import { chainOf } from './plans.ts'
import { startReplica, type Replica } from './replica.ts'
import type { MeasuredStore } from './stores.ts'

const LEASE_MS = 2_000
const TAKEOVERS = 5
const PARKED = 1_000
const AT_ONCE = 20

/** What can be seen only of orchestrators that are processes of their own: how soon one steps in for another, and what a session that waits takes up. */
export async function measureReplicas(report: Report, store: MeasuredStore): Promise<void> {
  const plans = new Map<string, Plan>([['slow', chainOf(60, 'slow')]])
  const [slow, planner] = await Promise.all([startSlowAgent(250), startPlanner(plans)])
  const environment = {
    ...store.environment,
    PLANNER_URL: planner.url,
    AGENT_URLS: slow.url,
    LEASE_MS: String(LEASE_MS),
    SWEEP_EVERY_MS: '500',
  }
  const takeovers: number[] = []
  let replica = await startReplica(environment)
  for (let round = 0; round < TAKEOVERS; round += 1) {
    const { tookMs, survivor } = await killDriver(replica, environment)
    takeovers.push(tookMs)
    replica = survivor
  }
  report({ metric: `${store.name}: taken over after kill -9, with a lease of ${LEASE_MS} ms`, value: median(takeovers), unit: 'ms', budget: LEASE_MS + 1_000 })

  // Once for what is built at the first use, and kept.
  await parkSessions(replica, 100)
  const before = await replica.memory()
  await parkSessions(replica, PARKED)
  const parked = (await replica.memory()) - before
  report({ metric: `${store.name}: memory of ${PARKED} parked sessions, in the orchestrator`, value: Math.max(0, parked) / 1_048_576, unit: 'MiB' })

  await replica.kill()
  await Promise.all([slow.close(), planner.close()])
}

/** Kills the orchestrator that drives a session, and follows the session at another, until it goes on. */
async function killDriver(driver: Replica, environment: Record<string, string>): Promise<{ tookMs: number; survivor: Replica }> {
  const id = await beginSession(driver.connection, 'slow')
  const survivor = await startReplica(environment)
  const told = eventsIn(survivor.connection.subscribe(id, call()))
  for await (const event of told) if (event.type === 'node.completed') break
  await driver.kill()
  const killedAt = Date.now()
  for await (const event of eventsIn(survivor.connection.subscribe(id, call()))) {
    if (event.type !== 'session.resumed') continue
    await survivor.connection.cancelTask(id, call())
    return { tookMs: Date.parse(event.at) - killedAt, survivor }
  }
  throw new Error('a session ended before it was taken over')
}

/** Begins sessions and has them wait in the store; settles when all of them do. */
async function parkSessions({ connection, url }: Replica, count: number): Promise<void> {
  let begun = 0
  async function parkOneByOne(): Promise<void> {
    while (begun < count) {
      begun += 1
      const id = await beginSession(connection, 'slow')
      const response = await fetch(`${url}/v1/sessions/${id}/pause`, { method: 'POST', headers: { [SERVICE_HEADERS.owner]: 'anonymous' } })
      const { status } = (await response.json()) as { status?: string }
      if (status !== 'paused') throw new Error(`a session that was paused is ${status}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, parkOneByOne))
  // What ran when it was paused ends by itself, and the session is parked then.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
}
