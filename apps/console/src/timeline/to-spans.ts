import type { SessionEvent } from '@signalbox/contracts'

/** One stretch of a node's time. `open`: it is not over. */
export interface Span {
  kind: 'work' | 'backoff' | 'wait'
  /** Milliseconds since 1970. */
  from: number
  to: number
  open: boolean
  attempt: number
  agent: string
  /** How a stretch of work ended. */
  end: 'completed' | 'failed' | 'skipped' | 'waiting' | 'retried' | 'cut' | undefined
  /** What is waited for, or what went wrong. */
  why: string | undefined
}

export interface Lane {
  id: string
  agent: string
  spans: Span[]
}

/** Who drew and changed the plan, as a lane above all others. */
export const PLANNING = 'planning'

/**
 * What each node did when, in the order in which they began. `now` closes nothing, but says how long what is
 * under way has taken so far; a session that has ended leaves nothing open.
 */
export function toLanes(events: readonly SessionEvent[], now: number): Lane[] {
  const lanes = new Map<string, Lane>()
  const laneOf = (id: string, agent: string): Lane => {
    const lane = lanes.get(id) ?? { id, agent, spans: [] }
    lanes.set(id, lane)
    lane.agent = agent
    return lane
  }
  const close = (id: string, at: number, change: Partial<Span>): void => {
    const span = lanes.get(id)?.spans.at(-1)
    if (span?.open) Object.assign(span, { open: false, to: Math.max(span.from, at) }, change)
  }
  const open = (id: string, agent: string, span: Pick<Span, 'kind' | 'from' | 'attempt' | 'why'>): void => {
    close(id, span.from, {})
    laneOf(id, agent).spans.push({ ...span, to: Math.max(span.from, now), open: true, agent, end: undefined })
  }
  const attemptOf = (id: string): number => lanes.get(id)?.spans.at(-1)?.attempt ?? 1
  for (const event of events) {
    const at = Date.parse(event.at)
    switch (event.type) {
      case 'plan.started':
      case 'plan.revising':
        open(PLANNING, 'planner', { kind: 'work', from: at, attempt: 1, why: event.type === 'plan.revising' ? event.reason.text : undefined })
        break
      case 'plan.ready':
      case 'plan.kept':
        close(PLANNING, at, { end: 'completed' })
        break
      case 'node.started':
        close(event.node, at, { end: 'cut' })
        open(event.node, event.agent, { kind: 'work', from: at, attempt: event.attempt, why: undefined })
        break
      case 'node.expanded':
        if (!lanes.get(event.node)?.spans.at(-1)?.open) open(event.node, event.agent, { kind: 'work', from: at, attempt: 1, why: undefined })
        break
      case 'node.retrying':
        close(event.node, at, { end: 'retried', why: event.error.message })
        open(event.node, event.agent, { kind: 'backoff', from: at, attempt: event.attempt, why: event.error.message })
        break
      case 'node.fallback':
        close(event.node, at, { end: 'failed', why: event.error.message })
        break
      case 'node.completed':
        if (!lanes.has(event.node)) laneOf(event.node, event.agent).spans.push(momentOf(event.agent, at))
        close(event.node, at, { end: 'completed' })
        break
      case 'node.failed':
        close(event.node, at, { end: 'failed', why: event.error.message })
        break
      case 'node.skipped':
        close(event.node, at, { end: 'skipped' })
        break
      case 'approval.requested':
        close(event.node, at, { end: 'waiting' })
        open(event.node, event.agent, { kind: 'wait', from: at, attempt: attemptOf(event.node), why: event.title })
        break
      case 'input.requested':
        close(event.node, at, { end: 'waiting' })
        open(event.node, event.agent, { kind: 'wait', from: at, attempt: attemptOf(event.node), why: event.text })
        break
      case 'node.waiting':
        close(event.node, at, { end: 'waiting' })
        open(event.node, event.agent, { kind: 'wait', from: at, attempt: attemptOf(event.node), why: undefined })
        break
      case 'approval.decided':
      case 'approval.expired':
      case 'approval.superseded':
      case 'input.received':
        goOn(event)
        break
      case 'node.progress':
        // Who waited and is heard again has gone on.
        if (lanes.get(event.node)?.spans.at(-1)?.kind !== 'work') goOn(event)
        break
      case 'session.completed':
      case 'session.failed':
      case 'session.canceled':
      case 'session.expired':
        for (const id of lanes.keys()) close(id, at, { end: 'cut' })
        break
      default:
        break
    }
    /** After a person's word an agent that had asked goes on by itself; a node that had not begun is started, and says so. */
    function goOn({ node, agent }: { node: string; agent: string }): void {
      const spans = lanes.get(node)?.spans ?? []
      const attempt = attemptOf(node)
      close(node, at, { end: 'completed' })
      const hasBegun = spans.some(({ kind }) => kind === 'work')
      const isRefused = event.type === 'approval.decided' && event.decision === 'reject'
      if (hasBegun && !isRefused) open(node, agent, { kind: 'work', from: at, attempt, why: undefined })
    }
  }
  return [...lanes.values()]
}

/** A node that took no time: a gate that was passed. */
function momentOf(agent: string, at: number): Span {
  return { kind: 'work', from: at, to: at, open: false, attempt: 1, agent, end: 'completed', why: undefined }
}
