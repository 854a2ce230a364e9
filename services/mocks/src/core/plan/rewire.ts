import type { Plan, PlanNode } from '@signalbox/contracts'

/** What becomes of a plan's nodes. */
export interface Change {
  plan: Plan
  /** What stands in the place of nodes that are no more; undefined where nothing does. */
  instead: ReadonlyMap<string, PlanNode | undefined>
}

/** What is needed in the place of a node: itself, who does it instead, or what it would itself have needed. */
function newNeedsOf(id: string, change: Change, seen: ReadonlySet<string> = new Set()): string[] {
  if (!change.instead.has(id)) return [id]
  const replacement = change.instead.get(id)
  if (replacement) return [replacement.id]
  if (seen.has(id)) return []
  const needs = change.plan.nodes.find((node) => node.id === id)?.needs ?? []
  return needs.flatMap((need) => newNeedsOf(need, change, new Set([...seen, id])))
}

/** A node with its new needs. What it said of nodes that are gone goes too; a map of a list that is gone is nothing. */
export function rewire(node: PlanNode, change: Change): PlanNode | undefined {
  const { inputs, when, replan_when, ...rest } = node
  const needs = [...new Set(node.needs.flatMap((need) => newNeedsOf(need, change)))]
  const isSame = !node.needs.some((need) => change.instead.has(need))
  const named = Object.entries(inputs ?? {}).flatMap(([name, from]): [string, string][] => {
    const reference = newReference(from, change)
    return reference === undefined ? [] : [[name, reference]]
  })
  const wired = {
    ...rest,
    needs,
    ...(named.length > 0 && { inputs: Object.fromEntries(named) }),
    // A condition over what is no more is none.
    ...(isSame && when !== undefined && { when }),
    ...(isSame && replan_when !== undefined && { replan_when }),
  }
  if (wired.kind !== 'map') return wired
  const over = newReference(wired.over, change)
  return over === undefined ? undefined : { ...wired, over }
}

/** `find.text` → `find-again.text`, or nothing where nobody does it instead. */
function newReference(reference: string, { instead }: Change): string | undefined {
  const [id = '', ...part] = reference.split('.')
  const now = instead.has(id) ? instead.get(id)?.id : id
  return now === undefined ? undefined : [now, ...part].join('.')
}

/** What the answer rests on. A map that came to nothing took its edges with it. */
export function reachable(nodes: readonly PlanNode[], answer: string): PlanNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const reached = new Set<string>()
  const open = [answer]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    open.push(...(byId.get(id)?.needs ?? []))
  }
  return nodes.filter(({ id }) => reached.has(id))
}
