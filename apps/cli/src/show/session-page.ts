import { agentOf, toSafeLine, toSafeText, type AskView, type NodeState, type NodeStateName, type Question, type SessionView } from '@signalbox/contracts'

import type { Style, Terminal } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { renderTable, type Column } from './table.ts'
import { toVisible } from './visible.ts'
import { describeBudget, describeStatus, describeUsage, toAge, toCount, toMoment, toSpan } from './words.ts'

interface NodeRow {
  id: string
  state: NodeState
}

/** Everything that is known of a session, for a person. */
export function renderSession({ view: session, owner }: { view: SessionView; owner: string | undefined }, terminal: Terminal, now: number): string[] {
  const rows = toRows(session)
  return [
    ...renderFields(toFields(session, owner, now), terminal),
    ...(rows.length === 0 ? [] : ['', ...renderTable(rows, NODE_COLUMNS, terminal)]),
    ...section(
      'Approvals',
      Object.values(session.asks).map((ask) => describeAsk(ask, now)),
      terminal,
    ),
    ...section('Questions', Object.values(session.questions).map(describeQuestion), terminal),
    ...renderNext(session, terminal),
    ...section('Revisions of the plan', session.revisions.map(describeRevision), terminal),
    ...section(
      'Shared values',
      Object.entries(session.context).map(([name, { value, node }]) => `${name} (by ${node}): ${JSON.stringify(value)}`),
      terminal,
    ),
    ...section(
      'Dead letters',
      session.dead_letters.map(
        ({ node, attempts, error }) => `${node ?? 'the session'}${attempts === 0 ? '' : `, after ${toCount(attempts, 'attempt')}`}: ${error.message}`,
      ),
      terminal,
    ),
    ...renderAnswer(session, terminal),
  ]
}

/** `apr_… (n1, high): Run deploy: open, 23 h left` */
function describeAsk({ id, node, risk, action, state, outcome, expires_at: expiresAt }: AskView, now: number): string {
  const by = outcome?.by.length ? ` by ${outcome.by.join(', ')}` : ''
  const end =
    state === 'open'
      ? `open, ${toSpan(Date.parse(expiresAt) - now)} left`
      : `${outcome?.decision === 'edit' ? 'approved with changes' : state}${by}${outcome?.reason ? `: ${outcome.reason}` : ''}`
  return `${id} (${node}, ${risk.level}): ${toVisible(action.title)}: ${end}`
}

function describeQuestion({ id, node, text, answer, told }: Question): string {
  return `${id} (${node}): ${text}${answer ? ` → ${answer.text}` : told ? ' (not asked any more)' : ''}`
}

/** What to do about what it waits for. */
function renderNext({ id, asks, questions }: SessionView, terminal: Pick<Terminal, 'paint'>): string[] {
  const ask = Object.values(asks).find(({ state }) => state === 'open')
  const question = Object.values(questions).find(({ answer, told }) => answer === null && !told)
  const next = [...(ask ? [`signalbox approvals show ${toSafeLine(ask.id)}`] : []), ...(question ? [`signalbox sessions answer ${toSafeLine(id)} "…"`] : [])]
  return next.map((line) => `  ${terminal.paint('dim', line)}`)
}

export function renderAnswer({ answer }: SessionView, terminal: Pick<Terminal, 'paint'>): string[] {
  if (!answer) return []
  const sources = answer.citations.map(({ n, title, source }) => `  [${n}] ${toSafeLine(title === '' || title === source ? source : `${title} (${source})`)}`)
  return ['', toSafeText(answer.text), ...(sources.length === 0 ? [] : ['', terminal.paint('dim', 'Sources'), ...sources])]
}

function toFields(session: SessionView, owner: string | undefined, now: number): [string, string][] {
  const { finished_at: finishedAt, created_at: createdAt } = session
  const took = finishedAt === null ? '' : `, took ${toSpan(Date.parse(finishedAt) - Date.parse(createdAt))}`
  return [
    ['Session', session.id],
    ['Owner', owner ?? ''],
    ['Status', describeStatus(session)],
    ['Goal', session.goal],
    ['Begun', `${toMoment(createdAt)}, ${toAge(createdAt, now)} ago${took}`],
    ['Paused', session.paused_at === null ? '' : `since ${toMoment(session.paused_at)}`],
    ['Usage', describeUsage(session.usage)],
    ['Budget', describeBudget(session.budget)],
    ['Stopped', session.stopped?.message ?? ''],
    ['Plan', session.plan_source === null ? '' : `revision ${session.plan_revision}, ${PLAN_SOURCES[session.plan_source]}`],
    ['Part of', session.lineage.at(-1) ?? ''],
    ['Error', session.error ? `${session.error.node === undefined ? '' : `${session.error.node}: `}${session.error.message} (${session.error.code})` : ''],
    ['Request', session.request_id],
  ]
}

const PLAN_SOURCES = {
  planner: 'by the planner',
  repaired: 'by the planner, who had to mend it',
  fallback: 'the safe one, because the planner drew nothing sound',
} as const satisfies Record<NonNullable<SessionView['plan_source']>, string>

/** The plan's nodes in its order, each with its branches after it; then what was in the plan before. */
function toRows({ plan, nodes }: SessionView): NodeRow[] {
  const known = Object.entries(nodes).map(([id, state]) => ({ id, state }))
  const planned = (plan?.nodes ?? []).map((node): NodeRow => {
    const state = nodes[node.id]
    return { id: node.id, state: state ?? { state: 'pending', agent: agentOf(node), attempts: 0, epoch: 0 } }
  })
  const inPlan = new Set(planned.map(({ id }) => id))
  const branchesOf = (id: string): NodeRow[] => known.filter(({ state }) => state.branch?.of === id).toSorted(byBranch)
  const rest = known.filter(({ id, state }) => !inPlan.has(id) && (state.branch === undefined || !inPlan.has(state.branch.of)))
  return [...planned.flatMap((row) => [row, ...branchesOf(row.id)]), ...rest]
}

function byBranch(one: NodeRow, other: NodeRow): number {
  const place = ({ state: { branch } }: NodeRow): number => (branch === undefined || branch.role === 'judge' ? Number.MAX_SAFE_INTEGER : branch.index)
  return place(one) - place(other)
}

const NODE_STYLES = {
  pending: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  completed: 'green',
  failed: 'red',
  skipped: 'dim',
} as const satisfies Record<NodeStateName, Style>

const NODE_COLUMNS: readonly Column<NodeRow>[] = [
  { title: 'NODE', text: ({ id }) => id },
  { title: 'STATE', text: ({ state }) => state.state, style: ({ state }) => NODE_STYLES[state.state] },
  { title: 'AGENT', text: ({ state }) => state.agent, shrinks: true },
  { title: 'TRIES', text: ({ state }) => (state.attempts === 0 ? '' : String(state.attempts)), align: 'right' },
  { title: 'TIME', text: ({ state }) => toNodeTime(state), align: 'right' },
  { title: 'TOKENS', text: ({ state }) => (state.usage && state.usage.total_tokens > 0 ? state.usage.total_tokens.toLocaleString('en') : ''), align: 'right' },
  { title: 'RESULT', text: ({ state }) => toResult(state), shrinks: true },
]

function toNodeTime({ started_at: startedAt, finished_at: finishedAt }: NodeState): string {
  return startedAt === undefined || finishedAt === undefined ? '' : toSpan(Date.parse(finishedAt) - Date.parse(startedAt))
}

function toResult({ error, skip_reason: skipped, output, session, waits_for: waits, state, rejection }: NodeState): string {
  if (state === 'waiting') return WAITS[waits ?? 'others']
  if (rejection !== undefined) return rejection
  if (error) return error.message
  if (skipped !== undefined) return `skipped: ${skipped.replace('_', ' ')}`
  return output?.text ?? (session === undefined ? '' : `as ${session}`)
}

const WAITS = { approval: 'waits for approval', input: 'waits for an answer', others: 'waits for others' } as const

function describeRevision({ revision, at, reason, added, dropped, changed }: SessionView['revisions'][number]): string {
  const changes = [
    [added, 'added'],
    [dropped, 'dropped'],
    [changed, 'changed'],
  ] as const
  const said = changes.flatMap(([nodes, word]) => (nodes.length === 0 ? [] : [`${word} ${nodes.join(', ')}`])).join('; ')
  return `${revision}, ${toMoment(at)}, ${reason.kind}${reason.node === undefined ? '' : ` at ${reason.node}`}: ${reason.text}${said === '' ? '' : ` (${said})`}`
}

function section(title: string, lines: readonly string[], terminal: Pick<Terminal, 'paint'>): string[] {
  return lines.length === 0 ? [] : ['', terminal.paint('dim', title), ...lines.map((line) => `  ${toSafeLine(line, 500)}`)]
}
