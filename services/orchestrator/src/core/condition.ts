import type { NodeState, PlanNode } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/** Evaluates one JSON Logic rule over data; brought from outside, so that the core needs no library. */
export type RuleEngine = (rule: unknown, data: unknown) => unknown

/**
 * Whether a node's condition holds over the results of the nodes it needs.
 * @throws AppError `plan_invalid` for a rule that cannot be evaluated.
 */
export function conditionHolds(node: PlanNode, nodes: Readonly<Record<string, NodeState>>, evaluate: RuleEngine): boolean {
  if (node.when === undefined) return true
  const data = Object.fromEntries(
    node.needs.map((id) => [id, { state: nodes[id]?.state ?? 'pending', text: nodes[id]?.output?.text ?? '', data: nodes[id]?.output?.data ?? [] }]),
  )
  try {
    return Boolean(evaluate(node.when, data))
  } catch (error) {
    throw new AppError('plan_invalid', `The condition of node '${node.id}' cannot be evaluated.`, { cause: error })
  }
}
