import type { Plan } from '@signalbox/contracts'

import { KEY, startGateway } from '../gateway/targets.ts'
import type { Report } from '../report.ts'
import { startPlanner, startWaitingAgent } from '../sessions/agents.ts'
import { chainOf } from '../sessions/plans.ts'
import { startReplica } from '../sessions/replica.ts'
import { openSqlite } from '../sessions/stores.ts'
import { ask } from './caller.ts'
import { between, reportTimes } from './report-times.ts'
import { openSessionLine, type SessionLine } from './session-line.ts'
import { PATIENCE_MS } from './upstream.ts'

type WaitingAgent = Awaited<ReturnType<typeof startWaitingAgent>>

interface World {
  gateway: string
  line: SessionLine
  agent: WaitingAgent
}

const TOKEN = 'bench-service-token-0123'
const WARM = 3

/**
 * What leaving an orchestrated request means. Unless its caller wished otherwise the session goes on, and what is
 * stopped is the gateway's call that listens to it. With `x-signalbox-on-disconnect: cancel` the session is canceled,
 * and what is stopped is the work of the agent that was at it, at the end of three processes.
 */
export async function measureSessions(upstream: string, { tries }: { tries: number }, report: Report): Promise<void> {
  await using store = await openSqlite()
  const plans = new Map<string, Plan>([['go', chainOf(1, 'waiting')]])
  const [agent, planner] = await Promise.all([startWaitingAgent(), startPlanner(plans)])
  const orchestrator = await startReplica({ ...store.environment, PLANNER_URL: planner.url, AGENT_URLS: agent.url, SERVICE_TOKEN: TOKEN })
  await using line = await openSessionLine(orchestrator.url)
  {
    await using gateway = await startGateway(upstream, { ORCHESTRATOR_URL: line.url, SERVICE_TOKEN: TOKEN })
    const world: World = { gateway: gateway.origin, line, agent }
    for (const stream of [true, false]) {
      const kind = stream ? 'streamed' : 'whole'
      reportTimes(report, `a session that goes on, ${kind}: the gateway’s call`, await repeat(tries, () => leaveGoingOn(world, stream)))
      reportTimes(report, `a session to be canceled, ${kind}: the agent’s work`, await repeat(tries, () => leaveCanceling(world, stream)))
    }
  }
  await orchestrator.kill()
  await Promise.all([agent.close(), planner.close()])
}

async function repeat(tries: number, measure: () => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < tries + WARM; index += 1) times.push(await measure())
  return times.slice(WARM)
}

async function leaveGoingOn({ gateway, line, agent }: World, stream: boolean): Promise<number> {
  const begun = agent.begun()
  const canceled = agent.canceled()
  const caller = await ask(gateway, toAsked(stream))
  await within(begun, 'an agent begins')
  const closed = line.nextClose()
  const left = caller.leave()
  const time = between(left, await within(closed, 'the gateway’s call is closed'))
  const id = await findActive(gateway)
  await callSession(gateway, id, 'DELETE')
  await within(canceled, 'the session is cleared away')
  return time
}

async function leaveCanceling({ gateway, agent }: World, stream: boolean): Promise<number> {
  const begun = agent.begun()
  const canceled = agent.canceled().then(() => process.hrtime.bigint())
  const caller = await ask(gateway, { ...toAsked(stream), headers: { 'x-signalbox-on-disconnect': 'cancel' } })
  await within(begun, 'an agent begins')
  const left = caller.leave()
  return between(left, await within(canceled, 'the agent is canceled'))
}

function toAsked(stream: boolean): { path: string; body: object } {
  return { path: '/v1/chat/completions', body: { model: 'signalbox-orchestrated', stream, messages: [{ role: 'user', content: 'go' }] } }
}

/** The one session that is active, which is how leaving must have left it. */
async function findActive(gateway: string): Promise<string> {
  const { data } = (await callSession(gateway, '', 'GET')) as { data: { id: string; status: string }[] }
  const active = data.filter(({ status }) => status === 'active')
  if (active.length !== 1 || active[0] === undefined) throw new Error(`one session should have gone on, and ${active.length} did`)
  return active[0].id
}

async function callSession(gateway: string, id: string, method: 'GET' | 'DELETE'): Promise<unknown> {
  const response = await fetch(`${gateway}/v1/sessions${id === '' ? '' : `/${id}`}`, {
    method,
    headers: { authorization: `Bearer ${KEY}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  if (!response.ok) throw new Error(`${method} was answered ${response.status}: ${await response.text()}`)
  return response.json()
}

async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`in ${PATIENCE_MS} ms it did not happen that ${what}`)), PATIENCE_MS)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
