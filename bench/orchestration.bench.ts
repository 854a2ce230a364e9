import { connectAgent } from '@signalbox/a2a'
import type { Plan } from '@signalbox/contracts'

import type { Bench } from './report.ts'
import { startInstantAgent, startPlanner, startWaitingAgent, telemetry } from './sessions/agents.ts'
import { beginSession, call, callAgent, runSession } from './sessions/ask-sessions.ts'
import { mediansOf } from './sessions/measure.ts'
import { startOrchestrator } from './sessions/orchestrator.ts'
import { chainOf, parallelOf } from './sessions/plans.ts'
import { openSqlite } from './sessions/stores.ts'

const ROUNDS = 15

/**
 * What coordination costs beyond the critical path: sessions over instant agents, against the same
 * number of A2A calls made by hand, one after the other for a chain, all at once for parallel nodes.
 */
const run: Bench = async (report) => {
  const plans = new Map<string, Plan>([
    ['one', chainOf(1)],
    ['chain', chainOf(10)],
    ['wide', parallelOf(50)],
    ['waiting', chainOf(1, 'waiting')],
  ])
  await using store = await openSqlite()
  const [agent, waiting, planner] = await Promise.all([startInstantAgent(), startWaitingAgent(), startPlanner(plans)])
  const orchestrator = await startOrchestrator({ ...store.environment, PLANNER_URL: planner.url, AGENT_URLS: `${agent.url},${waiting.url}` })
  const direct = connectAgent({ url: agent.url, telemetry })
  const session = (goal: string) => () => runSession(orchestrator.connection, goal, plans)
  const oneCall = (): Promise<void> => callAgent(direct)
  for (let warm = 0; warm < 200; warm += 1) await session('chain')()

  const { single, chain, chainByHand } = await mediansOf(ROUNDS, {
    single: session('one'),
    chain: session('chain'),
    chainByHand: async () => {
      for (let index = 0; index < 10; index += 1) await oneCall()
    },
  })
  const { wide, wideByHand } = await mediansOf(ROUNDS, { wide: session('wide'), wideByHand: () => Promise.all(Array.from({ length: 50 }, oneCall)) })

  const cancels: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = await beginSession(orchestrator.connection, 'waiting')
    await waiting.begun()
    const heard = waiting.canceled()
    const asked = performance.now()
    await Promise.all([orchestrator.connection.cancelTask(id, call()), heard.then(() => cancels.push(performance.now() - asked))])
  }
  cancels.sort((a, b) => a - b)

  report({ metric: 'one node: the whole session', value: single, unit: 'ms' })
  report({ metric: '10-node chain: the whole session, against 10 calls by hand', value: chain, unit: 'ms', reference: chainByHand })
  report({ metric: '10-node chain: beyond the critical path', value: Math.max(0, chain - chainByHand), unit: 'ms', budget: 10 + 1.5 * 10 })
  report({ metric: '10-node chain: beyond the critical path, a node', value: Math.max(0, chain - chainByHand) / 10, unit: 'ms', budget: 1.5 })
  report({ metric: '50 nodes at once: the whole session, against 50 calls by hand', value: wide, unit: 'ms', reference: wideByHand })
  report({ metric: '50 nodes at once: beyond the critical path, a node', value: Math.max(0, wide - wideByHand) / 51, unit: 'ms', budget: 1.5 })

  report({ metric: 'a cancel reaches the agent', value: cancels[Math.floor(ROUNDS / 2)] ?? 0, unit: 'ms', budget: 200 })

  await direct.close()
  await orchestrator.close()
  await Promise.all([agent.close(), waiting.close(), planner.close()])
}

export default run
