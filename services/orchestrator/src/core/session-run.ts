import { addUsage, type NewSessionEvent, type NodeState, type Plan, type SessionDocument, type Usage } from '@signalbox/contracts'

/** Changes to a session's document, each a pure function from one to the next. */

export function stamp(): string {
  return new Date().toISOString()
}

export function withPlan(
  document: SessionDocument,
  made: { plan: Plan; source: 'planner' | 'repaired' | 'fallback'; repairs: number; usage: Usage },
): SessionDocument {
  const nodes = Object.fromEntries(
    made.plan.nodes.map((node): [string, NodeState] => [node.id, { state: 'pending', agent: node.agent, attempts: 0, epoch: 0 }]),
  )
  return touched({
    ...document,
    plan: made.plan,
    plan_revision: document.plan_revision + 1,
    plan_source: made.source,
    plan_repairs: made.repairs,
    nodes,
    usage: addUsage(document.usage, made.usage),
  })
}

export function withNode(document: SessionDocument, id: string, change: Partial<NodeState>): SessionDocument {
  const before = document.nodes[id] as NodeState
  return touched({ ...document, nodes: { ...document.nodes, [id]: { ...before, ...change } } })
}

/** A try begins. A task id belongs to its try; a new one begins without. */
export function withTry(document: SessionDocument, facts: { node: string; agent: string; attempt: number; epoch: number }): SessionDocument {
  const { task_id: task, ...rest } = document.nodes[facts.node] as NodeState
  const known = rest.epoch === facts.epoch && task !== undefined ? { task_id: task } : {}
  const next: NodeState = { ...rest, agent: facts.agent, attempts: facts.attempt, epoch: facts.epoch, ...known }
  return touched({ ...document, nodes: { ...document.nodes, [facts.node]: next } })
}

export function withUsage(document: SessionDocument, usage: Usage | undefined): SessionDocument {
  return usage ? touched({ ...document, usage: addUsage(document.usage, usage) }) : document
}

export function withEnd(document: SessionDocument, end: Pick<SessionDocument, 'status'> & Partial<Pick<SessionDocument, 'error' | 'answer'>>): SessionDocument {
  const now = stamp()
  return { ...document, ...end, updated_at: now, finished_at: now }
}

function touched(document: SessionDocument): SessionDocument {
  return { ...document, updated_at: stamp() }
}

/** An event of now. */
export function happened<Event extends NewSessionEvent>(event: DistributiveOmit<Event, 'at'>): NewSessionEvent {
  return { ...event, at: stamp() }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never
