import type { AgentReport } from '@signalbox/contracts'

import type { Command } from '../command.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderTable, type Column } from '../show/table.ts'
import { toSpan } from '../show/words.ts'

export const agents: Command = {
  name: 'agents',
  summary: 'the agents that can be planned for, and how they are',
  words: [],
  options: {},
  async run({ gateway, terminal, json, now }) {
    const found = await gateway.agents()
    if (json) terminal.print(toSafeJson(found.json, 2))
    else if (found.value.length === 0) terminal.note('No agents are known.')
    else for (const line of renderTable(found.value, toColumns(now()), terminal)) terminal.print(line)
    return 0
  },
}

const BREAKER_STYLES = { 'closed': 'green', 'open': 'red', 'half-open': 'yellow' } as const satisfies Record<AgentReport['breaker']['state'], string>

function toColumns(now: number): Column<AgentReport>[] {
  return [
    { title: 'AGENT', text: ({ id, card }) => id ?? card?.name ?? '(unknown)' },
    { title: 'HEALTH', text: ({ healthy }) => (healthy ? 'ok' : 'away'), style: ({ healthy }) => (healthy ? 'green' : 'red') },
    { title: 'BREAKER', text: ({ breaker }) => describeBreaker(breaker, now), style: ({ breaker }) => BREAKER_STYLES[breaker.state] },
    { title: 'CALLS', text: ({ calls }) => String(calls), align: 'right' },
    { title: 'SKILLS', text: ({ card }) => card?.skills.map(({ id }) => id).join(', ') ?? '', shrinks: true },
    { title: 'URL', text: ({ url }) => url, shrinks: true },
    { title: 'LAST ERROR', text: ({ last_error: error }) => error ?? '', shrinks: true },
  ]
}

function describeBreaker({ state, failures, retry_at: retryAt }: AgentReport['breaker'], now: number): string {
  if (state === 'closed') return failures === 0 ? 'closed' : `closed, ${failures} failed`
  return retryAt === null ? state : `${state}, tries in ${toSpan(Date.parse(retryAt) - now)}`
}
