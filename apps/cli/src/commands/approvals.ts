import { approvalQuerySchema, riskLevelSchema, type Approval } from '@signalbox/contracts'

import type { ApprovalFilter } from '../api/gateway.ts'
import type { Command, Invocation } from '../command.ts'
import { readChoice, readText } from '../options.ts'
import { APPROVAL_STYLES, describeState, renderApproval } from '../show/approval-page.ts'
import { toSafeJson } from '../show/safe-json.ts'
import { renderTable, type Column } from '../show/table.ts'
import { toVisible } from '../show/visible.ts'
import { RISK_STYLES, toSpan } from '../show/words.ts'
import { LIMIT, noteMore, readLimit } from './sessions.ts'

const STATUSES = approvalQuerySchema.shape.status.unwrap().options
export const FULL = { type: 'boolean', help: 'show long texts whole' } as const

export const approvalsList: Command = {
  name: 'approvals list',
  summary: 'what waits for a person’s word, the soonest to expire first',
  words: [],
  key: 'reader',
  options: {
    status: { type: 'string', value: 'STATUS', help: `${STATUSES.join(', ')} (default pending)` },
    session: { type: 'string', value: 'SESSION', help: 'only those of this session' },
    agent: { type: 'string', value: 'AGENT', help: 'only those of this agent' },
    risk: { type: 'string', value: 'RISK', help: `only those of this risk: ${riskLevelSchema.options.join(', ')}` },
    search: { type: 'string', value: 'TEXT', help: 'only those with this in title, action, tool, goal, agent, statement or reason' },
    limit: LIMIT,
  },
  async run({ options, gateway, terminal, json, now }) {
    const filter = readFilter(options)
    const found = await gateway.approvals({ ...filter, limit: readLimit(options) })
    const { data, total, pending } = found.value
    if (json) terminal.print(toSafeJson(found.json, 2))
    else if (data.length > 0) for (const line of renderTable(data, toColumns(now()), terminal)) terminal.print(line)
    else terminal.note(Object.keys(filter).length === 0 ? 'Nothing waits for approval.' : `There are no such approvals. ${pending} wait in all.`)
    noteMore(terminal, json, total - data.length, total)
    return 0
  },
}

export const approvalsShow: Command = {
  name: 'approvals show',
  summary: 'what would run, byte for byte, who wants it, and why',
  words: ['APPROVAL'],
  key: 'reader',
  options: { full: FULL },
  more: `What would run is shown as JSON in canonical order, with every character that does not show
by itself as an escape. Its SHA-256 is what an approval is for. Secrets are masked.
`,
  async run({ words, options, gateway, terminal, json, now }) {
    const found = await gateway.approval(words[0] ?? '')
    if (json) terminal.print(toSafeJson(found.json, 2))
    else for (const line of renderApproval(found.value, terminal, { full: options['full'] === true, now: now() })) terminal.print(line)
    return 0
  },
}

function readFilter(options: Invocation['options']): ApprovalFilter {
  const status = readChoice(options, 'status', STATUSES)
  const risk = readChoice(options, 'risk', riskLevelSchema.options)
  const named = Object.entries({ session_id: 'session', agent: 'agent', q: 'search' }).flatMap(([field, option]) => {
    const text = readText(options, option)
    return text === undefined ? [] : [[field, text] as const]
  })
  return { ...(status && { status }), ...(risk && { risk }), ...Object.fromEntries(named) }
}

function toColumns(now: number): Column<Approval>[] {
  return [
    { title: 'APPROVAL', text: ({ id }) => id },
    { title: 'STATE', text: (approval) => toState(approval, now), style: ({ state }) => APPROVAL_STYLES[state], shrinks: true },
    { title: 'RISK', text: ({ risk }) => risk.level, style: ({ risk }) => RISK_STYLES[risk.level] },
    { title: 'ACTION', text: ({ action }) => toVisible(action.type), shrinks: true },
    { title: 'TITLE', text: ({ action }) => toVisible(action.title), shrinks: true },
    { title: 'AGENT', text: ({ agent }) => toVisible(agent), shrinks: true },
    { title: 'FOR', text: ({ requested_by: by }) => toVisible(by), shrinks: true },
    { title: 'SESSION', text: ({ session_id: id }) => id },
  ]
}

function toState(approval: Approval, now: number): string {
  return approval.state === 'pending' ? `${toSpan(Date.parse(approval.expires_at) - now)} left` : describeState(approval, now)
}
