import {
  addUsage,
  agentOf,
  type DeadLetter,
  type NewSessionEvent,
  type NodeState,
  type Plan,
  type PlanNode,
  type RevisionReason,
  type SessionDocument,
  type Usage,
} from '@signalbox/contracts'

import type { MadePlan } from './make-plan.ts'

/** Changes to a session's document, each a pure function from one to the next. */

export function stamp(): string {
  return new Date().toISOString()
}

export function withPlan(document: SessionDocument, made: MadePlan): SessionDocument {
  return touched({
    ...document,
    plan: made.plan,
    plan_revision: document.plan_revision + 1,
    plan_source: made.source,
    plan_repairs: made.repairs,
    nodes: Object.fromEntries(made.plan.nodes.map((node) => [node.id, pendingNode(node)])),
    usage: addUsage(document.usage, made.usage),
  })
}

/** A plan drawn anew over one that runs: what had begun keeps its state, and what is not drawn any more is gone. */
export function withRevision(
  before: SessionDocument,
  made: { plan: Plan; usage: Usage },
  reason: RevisionReason,
): { document: SessionDocument; changes: { added: string[]; dropped: string[]; changed: string[] } } {
  const old = new Map((before.plan?.nodes ?? []).map((node) => [node.id, node]))
  const drawn = new Set(made.plan.nodes.map(({ id }) => id))
  const nodes: Record<string, NodeState> = {}
  for (const node of made.plan.nodes) {
    const state = before.nodes[node.id]
    nodes[node.id] =
      state && state.state !== 'pending'
        ? recovered(node, state)
        : { ...pendingNode(node), epoch: state?.epoch ?? 0, ...(state?.approved && { approved: state.approved }) }
  }
  for (const [id, state] of Object.entries(before.nodes)) if (state.branch && drawn.has(state.branch.of)) nodes[id] = state
  const changes = {
    added: made.plan.nodes.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    dropped: [...old.keys()].filter((id) => !drawn.has(id)),
    changed: made.plan.nodes.filter((node) => old.has(node.id) && JSON.stringify(old.get(node.id)) !== JSON.stringify(node)).map(({ id }) => id),
  }
  const revision = before.plan_revision + 1
  const document = touched({
    ...before,
    plan: made.plan,
    plan_revision: revision,
    revisions: [...before.revisions, { revision, at: stamp(), reason, ...changes }],
    revising: null,
    nodes,
    usage: addUsage(before.usage, made.usage),
  })
  return { document, changes }
}

/** A failure that the plan was drawn anew for is one that the session goes on from. */
function recovered({ on_failure: onFailure }: PlanNode, state: NodeState): NodeState {
  return state.state === 'failed' && onFailure === 'replan' ? { ...state, state: 'skipped', skip_reason: 'failure' } : state
}

export function pendingNode(node: PlanNode): NodeState {
  return { state: 'pending', agent: agentOf(node), attempts: 0, epoch: 0 }
}

export function withNode(document: SessionDocument, id: string, change: Partial<NodeState>): SessionDocument {
  const before = document.nodes[id] as NodeState
  return touched({ ...document, nodes: { ...document.nodes, [id]: { ...before, ...change } } })
}

/** A try begins. A task id belongs to its try; a new one begins without. `spent` is what the tries before it cost. */
export function withTry(
  document: SessionDocument,
  facts: { node: string; agent: string; attempt: number; epoch: number; spent?: Usage | undefined; sent?: NodeState['sent'] },
): SessionDocument {
  const { task_id: task, sent: _sent, ...rest } = document.nodes[facts.node] as NodeState
  const known = rest.epoch === facts.epoch && task !== undefined ? { task_id: task } : {}
  const next: NodeState = {
    ...rest,
    agent: facts.agent,
    attempts: facts.attempt,
    epoch: facts.epoch,
    ...known,
    ...(facts.spent && { usage: facts.spent }),
    ...(facts.sent && { sent: facts.sent }),
  }
  return touched({ ...document, nodes: { ...document.nodes, [facts.node]: next } })
}

export function withUsage(document: SessionDocument, usage: Usage | undefined): SessionDocument {
  return usage ? touched({ ...document, usage: addUsage(document.usage, usage) }) : document
}

export function withEnd(
  document: SessionDocument,
  end: Pick<SessionDocument, 'status'> & Partial<Pick<SessionDocument, 'error' | 'answer' | 'stopped'>>,
): SessionDocument {
  const now = stamp()
  return { ...document, ...end, revising: null, wake_at: null, paused_at: null, waiting_at: null, held: false, updated_at: now, finished_at: now }
}

/** A failure is kept. Only outermost sessions keep any: what fails in a sub-plan fails its node there. */
export function withDeadLetter(document: SessionDocument, letter: Omit<DeadLetter, 'at'>): { document: SessionDocument; events: NewSessionEvent[] } {
  if (document.lineage.length > 0) return { document, events: [] }
  const { node, agent, error, attempts } = letter
  const others = document.dead_letters.filter((kept) => kept.node !== node)
  return {
    document: touched({ ...document, dead_letters: [...others, { ...letter, at: stamp() }] }),
    events: [happened({ type: 'dead_letter.kept', ...(node !== null && { node }), ...(agent !== null && { agent }), error, attempts })],
  }
}

/** Nodes that will not run any more, because their session ends early. */
export function settleOpenNodes(document: SessionDocument): SessionDocument {
  const open = Object.entries(document.nodes).filter(([, { state }]) => state === 'pending' || state === 'running' || state === 'waiting')
  if (open.length === 0) return document
  const at = stamp()
  const settled = open.map(([id, state]): [string, NodeState] => [id, { ...state, state: 'skipped', skip_reason: 'not_needed', finished_at: at }])
  return touched({ ...document, nodes: { ...document.nodes, ...Object.fromEntries(settled) } })
}

export function touched(document: SessionDocument): SessionDocument {
  return { ...document, updated_at: stamp() }
}

/** An event of now. */
export function happened<Event extends NewSessionEvent>(event: DistributiveOmit<Event, 'at'>): NewSessionEvent {
  return { ...event, at: stamp() }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never
