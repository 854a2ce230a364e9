import type { AgentNode, Plan, PlanNode } from '@signalbox/contracts'

/** One node after the other. */
export function chainOf(length: number, agent = 'instant'): Plan {
  const nodes = Array.from({ length }, (_, index) => node(`n${index}`, index === 0 ? [] : [`n${index - 1}`], agent))
  return { goal: 'go', nodes, answer: `n${length - 1}` }
}

/** So many nodes at once, and one that rests on all of them. */
export function parallelOf(width: number): Plan {
  const nodes = Array.from({ length: width }, (_, index) => node(`n${index}`, []))
  const needs = nodes.map(({ id }) => id)
  return { goal: 'go', nodes: [...nodes, node('answer', needs)], answer: 'answer' }
}

/** A list of so many items, a branch for each, and one node that rests on all of them. */
export function mapOf(items: number): Plan {
  const list: AgentNode = { ...node('list', [], 'lister'), instruction: `${items} items` }
  const map: PlanNode = { ...node('map', ['list']), kind: 'map', over: 'list', on_item_failure: 'fail' }
  return { goal: 'go', nodes: [list, map, node('answer', ['map'])], answer: 'answer' }
}

function node(id: string, needs: string[], agent = 'instant'): AgentNode {
  return { id, kind: 'agent', agent, instruction: 'go', needs, on_failure: 'fail' }
}
