import type { Plan } from './plan.ts'
import { toSafeLine } from './safe-line.ts'
import type { SessionEvent } from './session-events.ts'

/** What a person is told of an event, in one safe line; undefined for what is nothing to tell, and for how a session ends. */
export function toProgressLine(event: SessionEvent): string | undefined {
  const words = describe(event)
  return words === undefined ? undefined : toSafeLine(words)
}

function describe(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'session.resumed':
      return 'Going on after an interruption'
    case 'session.paused':
      return 'Paused'
    case 'session.unpaused':
      return 'Going on after a pause'
    case 'session.redriven':
      return event.nodes.length === 0 ? 'Trying again' : `Trying again: ${toList(event.nodes)}`
    case 'session.stopped':
      return `Stopping, because the budget is spent (${event.stopped.limit}): ${event.stopped.message}`
    case 'plan.started':
      return event.agents.length === 0 ? 'Planning' : `Planning with ${toList(event.agents)}`
    case 'plan.rejected':
      return `Planning again: ${event.faults[0] ?? 'the plan did not hold'}`
    case 'plan.ready':
      return `Plan${event.revision > 1 ? ' revised' : ''}${event.source === 'fallback' ? ' (the safe one)' : ''}: ${describePlan(event.plan)}${describeChanges(event)}`
    case 'plan.revising':
      return `Planning what is left anew: ${event.reason.text}`
    case 'plan.kept':
      return `The plan stays as it was: ${event.why}`
    case 'node.started':
      return `asking ${event.agent}${event.attempt > 1 ? ` again (${event.attempt})` : ''}: ${event.instruction}`
    case 'node.expanded':
      return `${event.node} is taken apart into ${event.branches} ${event.branches === 1 ? 'branch' : 'branches'}`
    case 'node.decided':
      return `${event.node} is decided by ${event.by === 'judge' ? 'a judge' : 'majority'}, ${event.votes} of ${event.of}: ${event.choice}`
    case 'node.session':
      return `${event.node} is worked on as a session of its own: ${event.session}`
    case 'context.put':
      return `${event.agent} shares ${event.name}`
    case 'dead_letter.kept':
      return `kept as a dead letter: ${event.node ?? 'the session'}${describeAttempts(event.attempts)}: ${event.error.message}`
    case 'node.progress':
      return `${event.agent}: ${event.text}`
    case 'node.retrying':
      return `retrying ${event.agent} (${event.attempt}/${event.of}) in ${toSeconds(event.delay_ms)} s: ${event.error.message}`
    case 'node.fallback':
      return `${event.from} failed, asking ${event.agent} instead: ${event.error.message}`
    case 'node.completed':
      return event.summary === '' ? `${event.agent} is done` : `${event.agent} is done: ${event.summary}`
    case 'node.failed':
      return `${event.agent} failed: ${event.error.message}`
    case 'node.skipped':
      return `skipped ${event.agent} (${event.node}): ${SKIPPED[event.reason]}`
    case 'approval.requested':
      return `approval needed (risk: ${event.risk}): ${event.agent} wants to: ${event.title}`
    case 'approval.decided':
      return `${DECIDED[event.decision]} by ${toList(event.by)}${event.reason === undefined || event.reason === '' ? '' : `: ${event.reason}`}`
    case 'approval.expired':
      return `nobody decided in time: ${DECIDED[event.decision]}`
    case 'approval.superseded':
      return `no approval is needed any more: ${event.why}`
    case 'approval.held':
      return `${event.open} approvals are open, which is the most: no more are asked for until some are decided`
    case 'input.requested':
      return `${event.agent} asks: ${event.text}`
    case 'input.received':
      return `${event.agent} has its answer`
    case 'node.waiting':
      return event.for === 'others' ? `${event.agent} waits for somebody` : undefined
    case 'session.created':
    case 'session.waiting':
    case 'answer.delta':
    case 'session.completed':
    case 'session.failed':
    case 'session.canceled':
    case 'session.expired':
      return undefined
  }
}

function describeAttempts(attempts: number): string {
  if (attempts === 0) return ''
  return attempts === 1 ? ', after 1 attempt' : `, after ${attempts} attempts`
}

const DECIDED = { approve: 'approved', edit: 'approved with changes', reject: 'rejected' } as const

const SKIPPED = {
  condition: 'its condition does not hold',
  failure: 'it failed, and the plan can do without it',
  upstream: 'what it needs is not there',
  not_needed: 'it is not needed any more',
  rejected: 'it was not approved',
} as const

function describePlan(plan: Plan): string {
  const width = widestLevel(plan)
  return `${plan.nodes.length} ${plan.nodes.length === 1 ? 'node' : 'nodes'}${width > 1 ? `, ${width} in parallel` : ''}`
}

type Changes = Pick<SessionEvent & { type: 'plan.ready' }, 'added' | 'dropped' | 'changed'>

function describeChanges({ added = [], dropped = [], changed = [] }: Changes): string {
  const said = [
    [added, 'new'],
    [dropped, 'dropped'],
    [changed, 'changed'],
  ] as const
  return said.map(([nodes, word]) => (nodes.length === 0 ? '' : `, ${nodes.length} ${word} (${toList(nodes)})`)).join('')
}

/** How many nodes can run side by side at most, counted by how far they stand from the plan's beginning. */
function widestLevel({ nodes }: Plan): number {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const levels = new Map<string, number>()
  const levelOf = (id: string, path: ReadonlySet<string>): number => {
    const known = levels.get(id)
    if (known !== undefined) return known
    // The plan was checked for cycles by those who made it; a line of text must not hang on their word.
    const needs = path.has(id) ? [] : (byId.get(id)?.needs ?? [])
    const inside = new Set([...path, id])
    const level = 1 + Math.max(0, ...needs.map((need) => levelOf(need, inside)))
    levels.set(id, level)
    return level
  }
  const widths = new Map<number, number>()
  for (const { id } of nodes) {
    const level = levelOf(id, new Set())
    widths.set(level, (widths.get(level) ?? 0) + 1)
  }
  return Math.max(0, ...widths.values())
}

const NAMED = 6

function toList(names: readonly string[]): string {
  const more = names.length - NAMED
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ')
}

function toSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1_000
  return seconds >= 10 || Number.isInteger(seconds) ? String(Math.round(seconds)) : seconds.toFixed(1)
}
