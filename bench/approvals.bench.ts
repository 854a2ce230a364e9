import { SERVICE_HEADERS, toActorHeader, type Plan, type SessionEvent } from '@signalbox/contracts'

import type { Bench, Report } from './report.ts'
import { startInstantAgent, startPlanner } from './sessions/agents.ts'
import { call, eventsIn } from './sessions/ask-sessions.ts'
import { startOrchestrator, type RunningOrchestrator } from './sessions/orchestrator.ts'
import { chainOf } from './sessions/plans.ts'
import { openRedis, openSqlite, type MeasuredStore } from './sessions/stores.ts'

const ROUNDS = 25
const WARM = 10

/** How soon work goes on once a person has decided: from sending the decision to the parked session's next node. */
const run: Bench = async (report) => {
  for (const open of [openSqlite, openRedis]) {
    await using store = await open()
    if (store) await measureDecisions(report, store)
  }
}

async function measureDecisions(report: Report, store: MeasuredStore): Promise<void> {
  const [first] = chainOf(1).nodes
  if (!first) return
  const plans = new Map<string, Plan>([['go', { ...chainOf(1), nodes: [{ ...first, approval: { why: 'It is measured.', risk: 'low' } }] }]])
  const [agent, planner] = await Promise.all([startInstantAgent(), startPlanner(plans)])
  const orchestrator = await startOrchestrator({ ...store.environment, PLANNER_URL: planner.url, AGENT_URLS: agent.url })
  const times: number[] = []
  for (let round = 0; round < WARM + ROUNDS; round += 1) {
    const time = await decideOnce(orchestrator)
    if (round >= WARM) times.push(time)
  }
  times.sort((a, b) => a - b)
  report({ metric: `${store.name}: from a decision to the work that waited for it`, value: times[Math.floor(times.length / 2)] ?? 0, unit: 'ms', budget: 50 })
  report({ metric: `${store.name}: the slowest of ${ROUNDS}`, value: times.at(-1) ?? 0, unit: 'ms' })
  await orchestrator.close()
  await Promise.all([agent.close(), planner.close()])
}

/** One session that is parked for an approval. Answers the milliseconds from the decision's sending to the work's beginning. */
async function decideOnce({ url, connection }: RunningOrchestrator): Promise<number> {
  let decidedAt = 0
  let startedAt = 0
  let last: SessionEvent | undefined
  for await (const event of eventsIn(connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()))) {
    last = event
    if (event.type === 'session.waiting') {
      decidedAt = performance.now()
      void decide(url, event.approvals[0] ?? '')
    }
    if (event.type === 'node.started') startedAt = performance.now()
  }
  if (last?.type !== 'session.completed') throw new Error(`a session did not end well: ${JSON.stringify(last)}`)
  return startedAt - decidedAt
}

const headers = {
  [SERVICE_HEADERS.owner]: 'approver',
  [SERVICE_HEADERS.actor]: toActorHeader({ id: 'user:approver', name: 'approver', role: 'approver', via: 'api', groups: [] }),
  'content-type': 'application/json',
  'if-match': '"1"',
}

async function decide(url: string, id: string): Promise<void> {
  const response = await fetch(`${url}/v1/approvals/${id}/decision`, {
    method: 'POST',
    headers,
    body: '{"decision":"approve"}',
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`a decision was answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

export default run
