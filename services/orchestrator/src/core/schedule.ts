import type { NodeState, Plan, PlanNode } from '@signalbox/contracts'

/**
 * What to do next with a plan: a pure function of the plan and what is known of its nodes.
 *
 *  I1. A node starts only when every node it needs has settled (completed or skipped). One that streams
 *      from another starts when that one is at work.
 *  I2. A settled node is never named again: neither started nor opened nor skipped.
 *  I3. No more work runs than the session's limit, nor than an agent's limit on that agent. A node that
 *      is taken apart into branches (`map`, `vote`) or is a session of its own (`plan`) does not count;
 *      its branches do. Nor does work that waits for people, or that people are to be asked about later.
 *  I4. A node whose condition is false is skipped (`condition`).
 *  I5. A node all of whose needs were skipped is skipped (`upstream`), and so is one that needs an `approval`
 *      node which was; the answer node runs all the same.
 *  I6. A failed node fails the session. (One that may fail is recorded as skipped, with `failure`.) A
 *      failed branch does not: its node decides.
 *  I7. While the plan is not finished and nothing runs, something starts, opens or is skipped.
 *  I8. Of what could begin, higher priority begins first; then what stands first in the plan; then the
 *      lower branch. The same input gives the same decision.
 *  I9. When the answer node has settled the session is finished, and what has not started is not needed.
 */
export interface Decision {
  /** Work to begin: nodes for one agent, sub-plans, and branches. */
  start: string[]
  /** `map` and `vote` nodes to take apart into branches. */
  open: string[]
  skip: { id: string; reason: 'condition' | 'upstream' | 'not_needed' }[]
  /** `finished` and `failed` end the session; `running` goes on. */
  outcome: 'running' | 'finished' | 'failed'
}

export interface ScheduleLimits {
  perSession: number
  perAgent: number
}

export interface ScheduleOptions {
  limits: ScheduleLimits
  holds: ConditionCheck
  /** Nodes that may not begin yet, whatever the plan says: others get their places. */
  held?: ReadonlySet<string>
}

/** Answers whether a node's `when` holds, given the nodes it needs. Must not throw: a rule that cannot be evaluated fails its node before it gets here. */
export type ConditionCheck = (node: PlanNode) => boolean

export function schedule(plan: Plan, nodes: Readonly<Record<string, NodeState>>, { limits, holds, held }: ScheduleOptions): Decision {
  const decision: Decision = { start: [], open: [], skip: [], outcome: 'running' }
  const skipped = new Set<string>()
  const stateOf = (id: string): NodeState['state'] => (skipped.has(id) ? 'skipped' : (nodes[id]?.state ?? 'pending'))
  if (plan.nodes.some(({ id }) => stateOf(id) === 'failed')) return { ...decision, outcome: 'failed' }
  if (isDone(stateOf(plan.answer))) {
    const unneeded = plan.nodes.filter(({ id }) => stateOf(id) === 'pending')
    return { ...decision, skip: unneeded.map(({ id }) => ({ id, reason: 'not_needed' })), outcome: 'finished' }
  }

  const ready: PlanNode[] = []
  // Skipping a node can settle the needs of the next, so passes repeat until one changes nothing.
  for (let changed = true; changed;) {
    changed = false
    for (const node of plan.nodes) {
      if (stateOf(node.id) !== 'pending' || ready.includes(node) || !isFree(node, stateOf)) continue
      const reason = skipReason(node, plan, stateOf, holds)
      if (!reason) {
        ready.push(node)
        continue
      }
      decision.skip.push({ id: node.id, reason })
      skipped.add(node.id)
      changed = true
    }
  }
  const free = ready.filter(({ id }) => !held?.has(id))
  decision.open = free.filter(({ kind }) => kind === 'map' || kind === 'vote').map(({ id }) => id)
  decision.start = chooseWork(plan, nodes, free, limits)

  // An answer that was skipped by its own condition leaves nothing to wait for.
  const atWork =
    decision.start.length > 0 || decision.open.length > 0 || plan.nodes.some(({ id }) => nodes[id]?.state === 'running' || nodes[id]?.state === 'waiting')
  if (isDone(stateOf(plan.answer)) && !atWork) decision.outcome = 'finished'
  return decision
}

/** Whether what it needs is there. */
function isFree(node: PlanNode, stateOf: (id: string) => NodeState['state']): boolean {
  const source = node.kind === 'map' && node.stream ? node.over.split('.')[0] : undefined
  return node.needs.every((need) => isDone(stateOf(need)) || (need === source && stateOf(need) === 'running'))
}

function skipReason(node: PlanNode, plan: Plan, stateOf: (id: string) => NodeState['state'], holds: ConditionCheck): 'condition' | 'upstream' | undefined {
  if (node.id !== plan.answer && node.needs.length > 0 && node.needs.every((need) => stateOf(need) === 'skipped')) return 'upstream'
  // What a person alone was to let through was not let through.
  if (node.id !== plan.answer && node.needs.some((need) => stateOf(need) === 'skipped' && kindOf(plan, need) === 'approval')) return 'upstream'
  if (node.when !== undefined && !holds(node)) return 'condition'
  return undefined
}

function kindOf(plan: Plan, id: string): PlanNode['kind'] | undefined {
  return plan.nodes.find((node) => node.id === id)?.kind
}

interface Candidate {
  id: string
  agent: string
  /** True for work that takes a place of the session and of its agent. */
  counts: boolean
  priority: number
  order: number
  branch: number
}

const USUAL_PRIORITY = 5

function chooseWork(plan: Plan, nodes: Readonly<Record<string, NodeState>>, ready: readonly PlanNode[], limits: ScheduleLimits): string[] {
  const { busy, branches } = survey(plan, nodes)
  const order = new Map(plan.nodes.map((node, index) => [node.id, { index, priority: node.priority ?? USUAL_PRIORITY }]))
  const place = (id: string): Pick<Candidate, 'priority' | 'order'> => ({
    priority: order.get(id)?.priority ?? USUAL_PRIORITY,
    order: order.get(id)?.index ?? 0,
  })
  const candidates: Candidate[] = branches.map(({ id, of, agent, index }) => ({ id, agent, counts: true, ...place(of), branch: index }))
  for (const node of ready) {
    if (node.kind === 'agent') candidates.push({ id: node.id, agent: nodes[node.id]?.agent ?? node.agent, counts: true, ...place(node.id), branch: 0 })
    else if (node.kind === 'plan' || node.kind === 'approval') candidates.push({ id: node.id, agent: '', counts: false, ...place(node.id), branch: 0 })
  }
  candidates.sort((a, b) => b.priority - a.priority || a.order - b.order || a.branch - b.branch)
  const chosen: string[] = []
  for (const { id, agent, counts } of candidates) {
    const ofAgent = busy.byAgent.get(agent) ?? 0
    if (counts && (busy.total >= limits.perSession || ofAgent >= limits.perAgent)) continue
    chosen.push(id)
    if (!counts) continue
    busy.total += 1
    busy.byAgent.set(agent, ofAgent + 1)
  }
  return chosen
}

/** One look over all that is known: what takes a place, and which branches wait for one. */
function survey(
  plan: Plan,
  nodes: Readonly<Record<string, NodeState>>,
): { busy: { total: number; byAgent: Map<string, number> }; branches: { id: string; of: string; agent: string; index: number }[] } {
  const kinds = new Map(plan.nodes.map(({ id, kind }) => [id, kind]))
  const busy = { total: 0, byAgent: new Map<string, number>() }
  const branches: { id: string; of: string; agent: string; index: number }[] = []
  for (const [id, { state, agent, branch }] of Object.entries(nodes)) {
    if (state === 'running' && (branch || kinds.get(id) === 'agent')) {
      busy.total += 1
      busy.byAgent.set(agent, (busy.byAgent.get(agent) ?? 0) + 1)
    }
    if (branch && state === 'pending' && nodes[branch.of]?.state === 'running') branches.push({ id, of: branch.of, agent, index: branch.index })
  }
  return { busy, branches }
}

function isDone(state: NodeState['state']): boolean {
  return state === 'completed' || state === 'skipped'
}
