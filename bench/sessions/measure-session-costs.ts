import { connectAgent, type AgentConnection } from '@signalbox/a2a'
import type { Plan } from '@signalbox/contracts'

import { median } from '../gateway/load.ts'
import type { Report } from '../report.ts'
import { startInstantAgent, startListingAgent, startPlanner, telemetry } from './agents.ts'
import { call, callAgent, eventsIn, runSession } from './ask-sessions.ts'
import { mediansOf } from './measure.ts'
import { startOrchestrator } from './orchestrator.ts'
import { chainOf, mapOf, parallelOf } from './plans.ts'
import type { MeasuredStore } from './stores.ts'

const ROUNDS = 15
const PER_NODE_MS = 1.5

/** What sessions cost beyond the calls that they make, with every step saved; and how that grows. */
export async function measureSessionCosts(report: Report, store: MeasuredStore): Promise<void> {
  const plans = new Map<string, Plan>([
    ['chain of 10', chainOf(10)],
    ['chain of 64', chainOf(64)],
    ['50 at once', parallelOf(50)],
    ['map of 50', mapOf(50)],
    ['map of 500', mapOf(500)],
  ])
  const [instant, lister, planner] = await Promise.all([startInstantAgent(), startListingAgent(), startPlanner(plans)])
  const orchestrator = await startOrchestrator({ ...store.environment, PLANNER_URL: planner.url, AGENT_URLS: `${instant.url},${lister.url}` })
  const direct = connectAgent({ url: instant.url, telemetry })
  const { connection } = orchestrator
  const session = (goal: string) => () => runSession(connection, goal, plans)
  const byHand = (calls: number) => async (): Promise<void> => {
    for (let index = 0; index < calls; index += 1) await callAgent(direct)
  }
  for (let warm = 0; warm < 30; warm += 1) await session('chain of 64')()

  const ten = await mediansOf(ROUNDS, { session: session('chain of 10'), byHand: byHand(10) })
  report({ metric: `${store.name}: chain of 10 nodes, a node beyond its call`, value: (ten.session - ten.byHand) / 10, unit: 'ms', budget: PER_NODE_MS })
  const many = await mediansOf(ROUNDS, { session: session('chain of 64'), byHand: byHand(64) })
  report({ metric: `${store.name}: chain of 64 nodes, a node beyond its call`, value: (many.session - many.byHand) / 64, unit: 'ms', budget: PER_NODE_MS })

  report({ metric: `${store.name}: from asking to the first event`, value: await untilFirstEvent(connection), unit: 'ms' })

  const tenAtOnce = async (): Promise<void> => void (await Promise.all(Array.from({ length: 10 }, session('50 at once'))))
  const wide = await mediansOf(5, { one: session('50 at once'), ten: tenAtOnce })
  report({
    metric: `${store.name}: 500 agents at once in 10 sessions, a node; against 50 in one`,
    value: wide.ten / 510,
    unit: 'ms',
    reference: wide.one / 51,
    budget: LINEAR,
  })
  const map = await mediansOf(5, { small: session('map of 50'), large: session('map of 500') })
  report({ metric: `${store.name}: a map of 500 items, an item; against 50`, value: map.large / 500, unit: 'ms', reference: map.small / 50, budget: LINEAR })

  await direct.close()
  await orchestrator.close()
  await Promise.all([instant, lister, planner].map((agent) => agent.close()))
}

/** What ten times the work may cost more by the piece, and still count as linear. */
const LINEAR = 1.5

/** Milliseconds, p50. Each session is read to its end, so that none is in the way of the next. */
async function untilFirstEvent(connection: AgentConnection): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    const began = performance.now()
    let first: number | undefined
    for await (const _event of eventsIn(connection.stream({ parts: [{ kind: 'text', text: 'chain of 10' }] }, call()))) first ??= performance.now() - began
    if (first !== undefined) times.push(first)
  }
  return median(times)
}
