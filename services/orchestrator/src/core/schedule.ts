import type { NodeState, Plan, PlanNode } from '@signalbox/contracts'

/**
 * What to do next with a plan: a pure function of the plan and what is known of its nodes.
 *
 *  I1. A node starts only when every node it needs has settled (completed or skipped).
 *  I2. A settled node is never named again: neither started nor skipped.
 *  I3. No more nodes run than the session's limit, nor than an agent's limit on that agent.
 *  I4. A node whose condition is false is skipped (`condition`).
 *  I5. A node all of whose needs were skipped is skipped (`upstream`); the answer node runs all the same.
 *  I6. A failed node fails the session. (One that may fail is recorded as skipped, with `failure`.)
 *  I7. While the plan is not finished and nothing runs, something starts or is skipped.
 *  I8. Nodes are considered in the plan's order, so the same input gives the same decision.
 *  I9. When the answer node has completed the session is finished, and what has not started is not needed.
 */
export interface Decision {
  start: string[]
  skip: { id: string; reason: 'condition' | 'upstream' | 'not_needed' }[]
  /** `finished` and `failed` end the session; `running` goes on. */
  outcome: 'running' | 'finished' | 'failed'
}

export interface ScheduleLimits {
  perSession: number
  perAgent: number
}

/** Answers whether a node's `when` holds, given the nodes it needs. Must not throw: a rule that cannot be evaluated fails its node before it gets here. */
export type ConditionCheck = (node: PlanNode) => boolean

export function schedule(plan: Plan, nodes: Readonly<Record<string, NodeState>>, limits: ScheduleLimits, holds: ConditionCheck): Decision {
  const decision: Decision = { start: [], skip: [], outcome: 'running' }
  const stateOf = (id: string): NodeState['state'] => (decision.skip.some((skipped) => skipped.id === id) ? 'skipped' : (nodes[id]?.state ?? 'pending'))
  if (plan.nodes.some(({ id }) => stateOf(id) === 'failed')) return { ...decision, outcome: 'failed' }
  if (isSettled(stateOf(plan.answer))) {
    const unneeded = plan.nodes.filter(({ id }) => stateOf(id) === 'pending')
    return { start: [], skip: unneeded.map(({ id }) => ({ id, reason: 'not_needed' })), outcome: 'finished' }
  }

  const busy = countBusy(plan, nodes)
  // Skipping a node can settle the needs of the next, so passes repeat until one changes nothing.
  for (let changed = true; changed;) {
    changed = false
    for (const node of plan.nodes) {
      if (stateOf(node.id) !== 'pending' || decision.start.includes(node.id)) continue
      if (!node.needs.every((need) => isSettled(stateOf(need)))) continue
      const reason = skipReason(node, plan, stateOf, holds)
      if (reason) {
        decision.skip.push({ id: node.id, reason })
        changed = true
      } else if (busy.total < limits.perSession && (busy.byAgent.get(node.agent) ?? 0) < limits.perAgent) {
        decision.start.push(node.id)
        busy.total += 1
        busy.byAgent.set(node.agent, (busy.byAgent.get(node.agent) ?? 0) + 1)
      }
    }
  }
  // An answer that was skipped by its own condition leaves nothing to wait for.
  if (isSettled(stateOf(plan.answer)) && decision.start.length === 0 && busy.total === 0) decision.outcome = 'finished'
  return decision
}

function skipReason(node: PlanNode, plan: Plan, stateOf: (id: string) => NodeState['state'], holds: ConditionCheck): 'condition' | 'upstream' | undefined {
  if (node.id !== plan.answer && node.needs.length > 0 && node.needs.every((need) => stateOf(need) === 'skipped')) return 'upstream'
  if (node.when !== undefined && !holds(node)) return 'condition'
  return undefined
}

function countBusy(plan: Plan, nodes: Readonly<Record<string, NodeState>>): { total: number; byAgent: Map<string, number> } {
  const running = plan.nodes.filter(({ id }) => nodes[id]?.state === 'running' || nodes[id]?.state === 'waiting')
  const byAgent = new Map<string, number>()
  for (const { id, agent } of running) {
    const current = nodes[id]?.agent ?? agent
    byAgent.set(current, (byAgent.get(current) ?? 0) + 1)
  }
  return { total: running.length, byAgent }
}

function isSettled(state: NodeState['state']): boolean {
  return state === 'completed' || state === 'skipped'
}
