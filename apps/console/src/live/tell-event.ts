import type { SessionEvent } from '@signalbox/contracts'

/** Groups by which a log is filtered. */
export const EVENT_GROUPS = ['session', 'plan', 'nodes', 'people', 'answer', 'faults'] as const
export type EventGroup = (typeof EVENT_GROUPS)[number]

/** An event in words: ours in `words`, others' in `said`, which is not to be believed and drawn as such. */
export interface EventLine {
  words: string
  said: string | undefined
  group: EventGroup
  tone: 'quiet' | 'good' | 'busy' | 'warn' | 'bad'
}

/** What a person reads of an event in a log. */
export function tellEvent(event: SessionEvent): EventLine {
  switch (event.type) {
    case 'session.created':
      return line('session', 'Session created')
    case 'session.resumed':
      return line('session', 'Taken up after an interruption', undefined, 'warn')
    case 'session.paused':
      return line('session', 'Paused', undefined, 'warn')
    case 'session.unpaused':
      return line('session', 'Going on after a pause')
    case 'session.redriven':
      return line(
        'session',
        `Redriven: ${event.nodes.length === 0 ? 'the session' : counted(event.nodes.length, 'node')} again`,
        event.nodes.join(', '),
        'busy',
      )
    case 'session.stopped':
      return line('faults', `Stopped by its budget (${event.stopped.limit})`, event.stopped.message, 'warn')
    case 'session.waiting':
      return line('people', event.for === 'approval' ? 'Waits for approval' : 'Waits for an answer', undefined, 'warn')
    case 'session.completed':
      return line('session', 'Completed', undefined, 'good')
    case 'session.failed':
      return line('faults', `Failed: ${event.error.code}`, event.error.message, 'bad')
    case 'session.canceled':
      return line('session', 'Canceled', undefined, 'warn')
    case 'session.expired':
      return line('session', 'Expired', undefined, 'warn')
    case 'plan.started':
      return line('plan', `Planning with ${counted(event.agents.length, 'agent')}`, event.agents.join(', '), 'busy')
    case 'plan.rejected':
      return line('plan', 'A plan did not hold', event.faults.join('\n'), 'warn')
    case 'plan.ready':
      return line(
        'plan',
        `Plan ${event.revision > 1 ? `revised (${event.revision})` : 'ready'}: ${counted(event.plan.nodes.length, 'node')}${event.source === 'planner' ? '' : `, ${event.source}`}`,
        changes(event),
      )
    case 'plan.revising':
      return line('plan', 'Planning anew', event.reason.text, 'busy')
    case 'plan.kept':
      return line('plan', 'The plan stays', event.why)
    case 'node.started':
      return line('nodes', event.attempt > 1 ? `Started, try ${event.attempt}` : 'Started', event.instruction, 'busy')
    case 'node.expanded':
      return line('nodes', `Taken apart into ${counted(event.branches, 'branch', 'branches')}`)
    case 'node.decided':
      return line('nodes', `Decided by ${event.by === 'judge' ? 'a judge' : 'majority'}, ${event.votes} of ${event.of}`, event.choice, 'good')
    case 'node.session':
      return line('nodes', 'Worked on as a session of its own', event.session)
    case 'context.put':
      return line('nodes', 'Shares a value', event.name)
    case 'node.progress':
      return line('nodes', 'Says', event.text)
    case 'node.retrying':
      return line('faults', `Try ${event.attempt} of ${event.of} in ${seconds(event.delay_ms)}: ${event.error.code}`, event.error.message, 'warn')
    case 'node.fallback':
      return line('faults', `Falls back: ${event.error.code}`, `${event.from} → ${event.agent}: ${event.error.message}`, 'warn')
    case 'node.completed':
      return line('nodes', 'Completed', event.summary === '' ? undefined : event.summary, 'good')
    case 'node.failed':
      return line('faults', `Failed: ${event.error.code}`, event.error.message, 'bad')
    case 'node.skipped':
      return line('nodes', `Skipped: ${SKIPPED[event.reason]}`)
    case 'node.waiting':
      return line(
        'people',
        event.for === 'others' ? 'Waits for somebody at another agent' : `Waits for ${event.for === 'input' ? 'an answer' : 'approval'}`,
        event.session,
        'warn',
      )
    case 'dead_letter.kept':
      return line('faults', `Kept as a dead letter after ${counted(event.attempts, 'try', 'tries')}: ${event.error.code}`, event.error.message, 'bad')
    case 'approval.requested':
      return line('people', `Asks for approval (${event.risk} risk)`, event.title, 'warn')
    case 'approval.decided':
      return line('people', `${DECIDED[event.decision]} by ${event.by.join(', ')}`, event.reason, event.decision === 'reject' ? 'bad' : 'good')
    case 'approval.expired':
      return line('people', `Nobody decided in time: ${DECIDED[event.decision].toLowerCase()}`, undefined, 'warn')
    case 'approval.superseded':
      return line('people', 'No approval needed any more', event.why)
    case 'approval.held':
      return line('people', `${event.open} approvals are open, which is the most`, undefined, 'warn')
    case 'input.requested':
      return line('people', 'Asks', event.text, 'warn')
    case 'input.received':
      return line('people', 'Has its answer', undefined, 'good')
    case 'answer.delta':
      return line('answer', 'Answer', event.text)
  }
}

/** A row of a log: one event, or a run of pieces of the answer that were written one after the other. */
export interface LogRow {
  first: SessionEvent
  last: SessionEvent
  count: number
  line: EventLine
}

/** A log's rows. Pieces of the answer that follow each other are one row, because a hundred of them say one thing. */
export function toLogRows(events: readonly SessionEvent[]): LogRow[] {
  const rows: LogRow[] = []
  for (const event of events) {
    const last = rows.at(-1)
    if (event.type === 'answer.delta' && last?.first.type === 'answer.delta' && event.offset > 0) {
      last.last = event
      last.count += 1
      last.line = { ...last.line, said: `${last.line.said ?? ''}${event.text}` }
    } else rows.push({ first: event, last: event, count: 1, line: tellEvent(event) })
  }
  return rows
}

/** Who an event is about, for a log's columns. */
export function nodeOf(event: SessionEvent): string | undefined {
  return 'node' in event ? event.node : undefined
}

export const SKIPPED = {
  condition: 'its condition does not hold',
  failure: 'it failed, and the plan can do without it',
  upstream: 'what it needs is not there',
  not_needed: 'it is not needed any more',
  rejected: 'it was not approved',
} as const

const DECIDED = { approve: 'Approved', edit: 'Approved with changes', reject: 'Rejected' } as const

function line(group: EventGroup, words: string, said?: string, tone: EventLine['tone'] = 'quiet'): EventLine {
  return { words, said: said === '' ? undefined : said, group, tone }
}

function changes({
  added = [],
  dropped = [],
  changed = [],
}: {
  added?: string[] | undefined
  dropped?: string[] | undefined
  changed?: string[] | undefined
}): string | undefined {
  const said = [
    ['+', added],
    ['−', dropped],
    ['~', changed],
  ] as const
  return said.flatMap(([mark, nodes]) => nodes.map((node) => `${mark}${node}`)).join('  ') || undefined
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`
}
