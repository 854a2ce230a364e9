import type { NodeState, PlanNode } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/** Evaluates one JSON Logic rule over data; brought from outside, so that the core needs no library. */
export type RuleEngine = (rule: unknown, data: unknown) => unknown

type Nodes = Readonly<Record<string, NodeState>>

/**
 * Whether a node's condition holds over the results of the nodes it needs.
 * @throws AppError `plan_invalid` for a rule that cannot be evaluated.
 */
export function conditionHolds(node: PlanNode, nodes: Nodes, evaluate: RuleEngine): boolean {
  return node.when === undefined || ruleHolds(node.when, { of: node.id, ids: node.needs }, nodes, evaluate)
}

/** Whether what has come of a node, or of those it needs, asks for a new plan. @throws as `conditionHolds` does. */
export function wantsNewPlan(node: PlanNode, nodes: Nodes, evaluate: RuleEngine): boolean {
  return node.replan_when !== undefined && ruleHolds(node.replan_when, { of: node.id, ids: [...node.needs, node.id] }, nodes, evaluate)
}

function ruleHolds(rule: unknown, { of, ids }: { of: string; ids: readonly string[] }, nodes: Nodes, evaluate: RuleEngine): boolean {
  const data = Object.fromEntries(
    ids.map((id) => [id, { state: nodes[id]?.state ?? 'pending', text: nodes[id]?.output?.text ?? '', data: nodes[id]?.output?.data ?? [] }]),
  )
  try {
    return Boolean(evaluate(rule, data))
  } catch (error) {
    throw new AppError('plan_invalid', `The condition of node '${of}' cannot be evaluated.`, { cause: error })
  }
}
