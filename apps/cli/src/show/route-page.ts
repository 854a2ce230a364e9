import { agentOf, toSafeLine, type Considered, type Estimate, type PlanNode, type Range, type RouteExplanation } from '@signalbox/contracts'

import type { Terminal } from '../terminal.ts'
import { renderFields } from './fields.ts'
import { renderTable, type Column } from './table.ts'
import { describeBudget, toCount, toPrice, toSpan } from './words.ts'

/** Which way a question would go, for a person. */
export function renderRoute(explained: RouteExplanation, terminal: Terminal): string[] {
  const { considered, plan } = explained
  return [
    ...renderFields(toFields(explained), terminal),
    '',
    terminal.paint('dim', `Considered${describeRest(considered)}`),
    ...renderTable(considered.filter(applies), STEP_COLUMNS, terminal)
      .slice(1)
      .map((line) => `  ${line}`),
    ...(plan ? ['', ...renderTable(plan.plan.nodes, NODE_COLUMNS, terminal)] : []),
    '',
    ...renderEstimate(explained.estimate, terminal),
  ]
}

/** Most steps have nothing to say to most requests. */
function applies({ outcome }: Considered): boolean {
  return outcome !== 'does not apply'
}

function describeRest(considered: readonly Considered[]): string {
  const rest = considered.filter((step) => !applies(step)).length
  return rest === 0 ? '' : `, beside ${toCount(rest, 'step')} that did not apply`
}

function toFields(explained: RouteExplanation): [string, string][] {
  const { route, reason, judged_by: by, confidence, took_ms: took, model, upstream_model: upstream, policy = {}, plan } = explained
  const sure = confidence === undefined ? '' : `, ${Math.round(confidence * 100)} % sure`
  return [
    ['Route', `${route}: ${reason}`],
    ['Decided by', `${by}${sure}, in ${toMilliseconds(took)}`],
    ['Judged', explained.question ?? ''],
    ['Model', upstream === null || upstream === model ? model : `${model}, which is ${upstream} upstream`],
    ['Session', explained.session_id ?? ''],
    [
      'Policy',
      Object.entries(policy)
        .map(([setting, rule]) => `${setting} by ${rule}`)
        .join(', '),
    ],
    ['Plan', plan ? `${toCount(plan.plan.nodes.length, 'node')}, ${PLAN_SOURCES[plan.source]}, in ${toSpan(plan.took_ms)}` : (explained.plan_note ?? '')],
    ['Budget', plan ? describeBudget(plan.budget) : ''],
  ]
}

const PLAN_SOURCES = {
  planner: 'by the planner',
  repaired: 'by the planner, who had to mend it',
  fallback: 'the safe one, because the planner drew nothing sound',
} as const satisfies Record<NonNullable<RouteExplanation['plan']>['source'], string>

const STEP_COLUMNS: readonly Column<Considered>[] = [
  { title: 'STEP', text: ({ rule }) => rule },
  {
    title: 'OUTCOME',
    text: ({ outcome }) => outcome,
    shrinks: true,
    style: ({ outcome }) => (outcome === 'simple' || outcome === 'complex' ? 'green' : 'dim'),
  },
]

const NODE_COLUMNS: readonly Column<PlanNode>[] = [
  { title: 'NODE', text: ({ id }) => id },
  { title: 'AGENT', text: agentOf, shrinks: true },
  { title: 'NEEDS', text: ({ needs }) => needs.join(', '), shrinks: true },
  { title: 'ASKS', text: ({ approval }) => (approval ? 'a person' : '') },
  { title: 'DOES', text: ({ instruction }) => instruction, shrinks: true },
]

function renderEstimate({ seconds, tokens, cost_usd: cost, notes }: Estimate, terminal: Pick<Terminal, 'paint'>): string[] {
  const said = [
    toRange(seconds, (value) => toSpan(value * 1_000)),
    toRange(tokens, (value) => value.toLocaleString('en'), ' tokens'),
    toRange(cost, (value) => toPrice(value)),
  ].filter((part) => part !== '')
  return [
    ...renderFields([['Estimate', said.length === 0 ? 'not known' : said.join(', ')]], terminal),
    ...notes.map((note) => `  ${terminal.paint('dim', toSafeLine(note, 500))}`),
  ]
}

function toRange(range: Range | null, show: (value: number) => string, unit = ''): string {
  if (!range) return ''
  const [low, high] = [show(range.low), show(range.high)]
  return low === high ? `${low}${unit}` : `${low} to ${high}${unit}`
}

function toMilliseconds(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(2)} ms` : `${Math.round(milliseconds)} ms`
}
