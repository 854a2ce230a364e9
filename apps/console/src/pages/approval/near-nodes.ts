import type { PlanNode, SessionView } from '@signalbox/contracts'

/** A node near the one that asks. */
export interface NearNode {
  id: string
  agent: string
  /** What it is to do, in one line. */
  what: string
  state: string
  place: 'before' | 'here' | 'after' | 'beside'
}

/** As many as are seen at a glance. */
const MOST = 9

/** The part of a plan around one node: what it needs, itself, and what waits for it; then others, as far as there is room. `more` are left out. */
export function nearNodes({ plan, nodes }: Pick<SessionView, 'plan' | 'nodes'>, asking: string, most = MOST): { near: NearNode[]; more: number } {
  const all = plan?.nodes ?? []
  // A branch of a map is not in the plan; the node that it is a branch of is.
  const here = all.find(({ id }) => id === asking) ?? all.find(({ id }) => id === nodes[asking]?.branch?.of)
  if (!here) return { near: [], more: all.length }
  const place = (node: PlanNode): NearNode['place'] =>
    node === here ? 'here' : here.needs.includes(node.id) ? 'before' : node.needs.includes(here.id) ? 'after' : 'beside'
  const order = ['here', 'before', 'after', 'beside']
  const kept = new Set(all.toSorted((a, b) => order.indexOf(place(a)) - order.indexOf(place(b))).slice(0, most))
  const sequence = ['before', 'here', 'after', 'beside']
  const near = all
    .filter((node) => kept.has(node))
    .map((node) => ({
      id: node.id,
      agent: agentOf(node, nodes),
      what: node.instruction.trim().split('\n', 1)[0] ?? '',
      state: nodes[node.id]?.state ?? 'pending',
      place: place(node),
    }))
    .toSorted((a, b) => sequence.indexOf(a.place) - sequence.indexOf(b.place))
  return { near, more: all.length - near.length }
}

function agentOf(node: PlanNode, nodes: SessionView['nodes']): string {
  const working = nodes[node.id]?.agent
  if (working) return working
  if (node.kind === 'agent' || node.kind === 'map') return node.agent
  return node.kind === 'plan' ? 'a plan of its own' : node.kind === 'vote' ? 'a vote' : 'a person'
}
