import type { NodeState, Plan, SessionEvent, SessionStatus, SessionView, Usage } from '@signalbox/contracts'

/**
 * A session as it is followed: the last snapshot, and what its events have changed of it since.
 *
 *  L1. Every event is in `events` once, in the order of its number, however often the line broke.
 *  L2. `view` is the snapshot with all events applied that came after it; what a snapshot knows already is not applied again.
 *  L3. A number that is missing is never jumped over: `gap` is set, and nothing goes on before it was mended.
 */
export interface LiveSession {
  snapshot: SessionView
  view: SessionView
  events: readonly SessionEvent[]
  /** The number of the last event that is known. */
  lastSeq: number
  gap: boolean
  /** The answer as far as it is written. */
  answer: string
  /** The last thing that was heard from each node. */
  heard: Readonly<Record<string, string>>
}

export function createLiveSession(snapshot: SessionView): LiveSession {
  return { snapshot, view: snapshot, events: [], lastSeq: 0, gap: false, answer: '', heard: {} }
}

/** Takes in events as they come; those that are known already change nothing. */
export function withEvents(live: LiveSession, arrived: readonly SessionEvent[]): LiveSession {
  const fresh: SessionEvent[] = []
  let { view, lastSeq, gap, answer } = live
  let heard = live.heard
  for (const event of arrived) {
    if (event.seq <= lastSeq) continue
    if (event.seq !== lastSeq + 1) {
      gap = true
      break
    }
    gap = false
    lastSeq = event.seq
    fresh.push(event)
    if (event.type === 'answer.delta') answer = answer.slice(0, event.offset) + event.text
    heard = hear(heard, event)
    if (event.seq > live.snapshot.last_seq) view = applyEvent(view, event)
  }
  if (fresh.length === 0) return gap === live.gap ? live : { ...live, gap }
  return { ...live, view, lastSeq, gap, answer, heard, events: [...live.events, ...fresh] }
}

/** Takes in a newer snapshot: what it does not know yet of what has happened is applied to it. An older one changes nothing. */
export function withSnapshot(live: LiveSession, snapshot: SessionView): LiveSession {
  if (snapshot.id !== live.snapshot.id) return createLiveSession(snapshot)
  if (snapshot.last_seq < live.snapshot.last_seq) return live
  let view = snapshot
  for (const event of live.events) if (event.seq > snapshot.last_seq) view = applyEvent(view, event)
  return { ...live, snapshot, view }
}

function hear(heard: Readonly<Record<string, string>>, event: SessionEvent): Readonly<Record<string, string>> {
  if (event.type === 'node.progress') return { ...heard, [event.node]: event.text }
  if (event.type === 'node.completed') return { ...heard, [event.node]: event.summary }
  if (event.type !== 'node.started' || heard[event.node] === undefined) return heard
  const { [event.node]: _before, ...others } = heard
  return others
}

/** What one event changes of a session. What no event tells (outputs, arguments) comes with the next snapshot. */
export function applyEvent(before: SessionView, event: SessionEvent): SessionView {
  const view = { ...before, last_seq: event.seq, updated_at: event.at }
  switch (event.type) {
    case 'session.created':
    case 'session.resumed':
    case 'plan.rejected':
    case 'plan.started':
    case 'context.put':
    case 'answer.delta':
    case 'node.decided':
      return view
    case 'session.paused':
      return { ...view, status: 'paused', paused_at: event.at }
    case 'session.unpaused':
      return { ...view, status: 'active', paused_at: null }
    case 'session.redriven':
      return {
        ...view,
        status: 'active',
        error: null,
        finished_at: null,
        stopped: null,
        answer: null,
        dead_letters: [],
        nodes: Object.fromEntries(Object.entries(view.nodes).map(([id, state]) => [id, event.nodes.includes(id) ? toAnew(state) : state])),
      }
    case 'session.stopped':
      return { ...view, stopped: event.stopped }
    case 'plan.ready':
      return {
        ...view,
        plan: event.plan,
        plan_revision: event.revision,
        plan_source: event.source,
        revising: null,
        nodes: nodesOf(event.plan, view.nodes),
      }
    case 'plan.revising':
      return { ...view, revising: event.reason }
    case 'plan.kept':
      return { ...view, revising: null }
    case 'node.started':
      return goOn(change(view, event, { state: 'running', agent: event.agent, attempts: event.attempt, started_at: event.at, error: undefined }))
    case 'node.progress':
      return goOn(change(view, event, { state: 'running' }))
    case 'node.expanded':
      return expand(change(view, event, { state: 'running', started_at: view.nodes[event.node]?.started_at ?? event.at }), event)
    case 'node.session':
      return change(view, event, { session: event.session })
    case 'node.retrying':
      return change(view, event, { state: 'running', error: event.error })
    case 'node.fallback':
      return change(view, event, { state: 'running', agent: event.agent, error: event.error })
    case 'node.completed':
      return {
        ...change(view, event, { state: 'completed', finished_at: event.at, error: undefined, ...(event.usage && { usage: event.usage }) }),
        usage: event.usage ? sum(view.usage, event.usage) : view.usage,
      }
    case 'node.failed':
      return change(view, event, { state: 'failed', error: event.error, finished_at: event.at })
    case 'node.skipped':
      return change(view, event, { state: 'skipped', skip_reason: event.reason, finished_at: event.at })
    case 'node.waiting':
      return change(view, event, { state: 'waiting', waits_for: event.for, ...(event.session !== undefined && { session: event.session }) })
    case 'dead_letter.kept':
      return {
        ...view,
        dead_letters: [
          ...view.dead_letters,
          { node: event.node ?? null, agent: event.agent ?? null, error: event.error, attempts: event.attempts, at: event.at },
        ],
      }
    case 'approval.requested':
      return change(view, event, { state: 'waiting', waits_for: 'approval' })
    case 'approval.decided':
    case 'approval.expired': {
      const ask = view.asks[event.approval]
      const outcome = {
        decision: event.decision,
        by: event.type === 'approval.decided' ? event.by : [],
        reason: (event.type === 'approval.decided' ? event.reason : undefined) ?? null,
        args_sha256: ask?.args_sha256 ?? '',
        at: event.at,
      }
      const state = event.type === 'approval.expired' ? 'expired' : event.decision === 'reject' ? 'rejected' : 'approved'
      return goOn({ ...view, held: false, asks: ask ? { ...view.asks, [ask.id]: { ...ask, state, outcome } } : view.asks })
    }
    case 'approval.superseded': {
      const ask = view.asks[event.approval]
      return goOn({ ...view, asks: ask ? { ...view.asks, [ask.id]: { ...ask, state: 'superseded' } } : view.asks })
    }
    case 'approval.held':
      return { ...view, held: true }
    case 'input.requested':
      return {
        ...change(view, event, { state: 'waiting', waits_for: 'input' }),
        questions: {
          ...view.questions,
          [event.question]: {
            id: event.question,
            node: event.node,
            agent: event.agent,
            epoch: 0,
            text: event.text,
            asked_at: event.at,
            answer: null,
            told: false,
          },
        },
      }
    case 'input.received': {
      const question = view.questions[event.question]
      return goOn({
        ...change(view, event, { state: 'running' }),
        questions: question
          ? { ...view.questions, [question.id]: { ...question, answer: question.answer ?? { text: '', key: '', at: event.at } } }
          : view.questions,
      })
    }
    case 'session.waiting':
      return { ...view, status: event.for === 'approval' ? 'waiting_approval' : 'waiting_input', waiting_at: event.at }
    case 'session.completed':
      return end(view, 'completed', event.at, { usage: event.usage, answer: view.answer, stopped: event.stopped ?? view.stopped })
    case 'session.failed':
      return end(view, 'failed', event.at, { usage: event.usage, error: event.error })
    case 'session.canceled':
      return end(view, 'canceled', event.at, { usage: event.usage })
    case 'session.expired':
      return end(view, 'expired', event.at, {})
  }
}

type Change = { [K in keyof NodeState]?: NodeState[K] | undefined }

/** A node that nobody had heard of is one of a map or a vote, or of a plan whose telling is still to come. */
function change(view: SessionView, event: { node: string; agent: string }, changed: Change): SessionView {
  const before = view.nodes[event.node] ?? branchOf(view, event.node, event.agent)
  const after: Record<string, unknown> = { ...before, ...changed }
  if (changed.state !== undefined && changed.state !== 'waiting') delete after['waits_for']
  if (changed.state === 'running') delete after['finished_at']
  for (const [key, value] of Object.entries(after)) if (value === undefined) delete after[key]
  // All that was taken away may be missing from a node's state.
  return { ...view, nodes: { ...view.nodes, [event.node]: after as NodeState } }
}

function branchOf(view: SessionView, id: string, agent: string): NodeState {
  const bare: NodeState = { state: 'pending', agent, attempts: 0, epoch: 0 }
  const [, of, last] = /^([^.]+)\.(\d+|judge)$/.exec(id) ?? []
  if (of === undefined || last === undefined) return bare
  const node = view.plan?.nodes.find((candidate) => candidate.id === of)
  if (last === 'judge') return { ...bare, branch: { of, role: 'judge', index: node?.kind === 'vote' ? node.voters.length : 0, agent } }
  return { ...bare, branch: { of, role: node?.kind === 'vote' ? 'voter' : 'item', index: Number(last), agent } }
}

function expand(view: SessionView, event: { node: string; agent: string; branches: number }): SessionView {
  const node = view.plan?.nodes.find(({ id }) => id === event.node)
  const nodes = { ...view.nodes }
  for (let index = 0; index < event.branches; index += 1) {
    const agent = node?.kind === 'vote' ? (node.voters[index]?.agent ?? event.agent) : event.agent
    nodes[`${event.node}.${index}`] ??= branchOf(view, `${event.node}.${index}`, agent)
  }
  return { ...view, nodes }
}

/** What a revised plan leaves out is gone, unless it has begun; what it adds waits. */
function nodesOf(plan: Plan, before: SessionView['nodes']): SessionView['nodes'] {
  const begun = Object.entries(before).filter(([, { state }]) => state !== 'pending')
  const planned = plan.nodes.map((node) => {
    const agent = node.kind === 'agent' || node.kind === 'map' ? node.agent : node.kind
    const known = before[node.id]
    return [
      node.id,
      known && known.state !== 'pending' ? known : { ...known, state: 'pending' as const, agent, attempts: known?.attempts ?? 0, epoch: known?.epoch ?? 0 },
    ]
  })
  return { ...Object.fromEntries(planned), ...Object.fromEntries(begun) }
}

function toAnew({ agent, epoch, branch }: NodeState): NodeState {
  return { state: 'pending', agent, attempts: 0, epoch, ...(branch && { branch }) }
}

/** Where something moves again, the session does not wait any more. */
function goOn(view: SessionView): SessionView {
  return view.status === 'waiting_approval' || view.status === 'waiting_input' ? { ...view, status: 'active', waiting_at: null } : view
}

function end(view: SessionView, status: SessionStatus, at: string, changed: Partial<SessionView>): SessionView {
  const nodes = Object.fromEntries(
    Object.entries(view.nodes).map(([id, state]) => [
      id,
      isOpen(state) ? { ...state, state: 'skipped' as const, skip_reason: 'not_needed' as const, finished_at: at } : state,
    ]),
  )
  return { ...view, ...changed, status, nodes, finished_at: at, revising: null, waiting_at: null, paused_at: null }
}

function isOpen({ state }: NodeState): boolean {
  return state === 'pending' || state === 'running' || state === 'waiting'
}

function sum(a: Usage, b: Usage): Usage {
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    cost_usd: a.cost_usd === null || b.cost_usd === null ? null : a.cost_usd + b.cost_usd,
  }
}
