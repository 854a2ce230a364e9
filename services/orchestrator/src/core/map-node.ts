import { PLAN_LIMITS, type Branch, type Fault, type MapNode, type MapResultPart, type NodeOutput, type NodeState } from '@signalbox/contracts'

import { branchesOf, isSettled } from './work.ts'

type Item = Exclude<Branch['item'], undefined>

/** The items of a result: its first data part that is a list, or has one under `items`; else the lines of its text. */
export function itemsOf(output: NodeOutput, part?: string): Item[] {
  const listed = part === 'text' ? undefined : output.data.map(listIn).find((list) => list !== undefined)
  if (listed) return listed
  if (part === 'data') return []
  return output.text
    .split('\n')
    .map((line) => line.replace(/^\s*(?:[-*•]|\d{1,3}[.)])\s+/, '').trim())
    .filter((line) => line !== '')
}

function listIn(data: unknown): Item[] | undefined {
  if (Array.isArray(data)) return data as Item[]
  if (typeof data === 'object' && data !== null && 'items' in data && Array.isArray(data.items)) return data.items as Item[]
  return undefined
}

/** What one finished artifact of a producer that is still at work adds to the list. */
export function streamedItems(artifact: NodeOutput): Item[] {
  const data = artifact.data.filter((part) => !isAside(part))
  const listed = data.map(listIn).find((list) => list !== undefined)
  if (listed) return listed
  if (data.length > 0) return data
  return artifact.text.trim() === '' ? [] : [artifact.text]
}

/** Parts that come with a result and are none themselves. */
const ASIDES: ReadonlySet<unknown> = new Set(['citations', 'put-context', 'replan-request'])

function isAside(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'kind' in part && ASIDES.has(part.kind)
}

/** More items than a map takes are a fault of whoever made the list. */
export function tooManyItems(node: MapNode, count: number): Fault | undefined {
  if (count <= PLAN_LIMITS.items) return undefined
  return { code: 'agent_failed', message: `There are ${count} items to map over, and ${PLAN_LIMITS.items} is the most.`, node: node.id }
}

export type Gathered = { state: 'open' } | { state: 'completed'; output: NodeOutput } | { state: 'failed'; error: Fault }

/** How far a map is: open while its list may grow or an item is at work. */
export function gatherMap(node: MapNode, nodes: Readonly<Record<string, NodeState>>): Gathered {
  const branches = branchesOf(nodes, node.id)
  const failed = branches.find(({ state }) => state.state === 'failed')
  if (failed?.state.error) return { state: 'failed', error: { ...failed.state.error, node: node.id } }
  const source = nodes[node.over.split('.')[0] as string]
  if (!source || !isSettled(source) || !branches.every(({ state }) => isSettled(state))) return { state: 'open' }
  const items = branches.map(({ branch, state }): MapResultPart['items'][number] => ({
    index: branch.index,
    state: state.state === 'completed' ? 'completed' : 'skipped',
    text: state.output?.text ?? '',
    data: state.output?.data ?? [],
  }))
  const text = items
    .map((item) => item.text)
    .filter((itemText) => itemText !== '')
    .join('\n\n')
  const part: MapResultPart = { kind: 'map-result', items }
  // What the items' agents brought beside their texts (passages, citations) is handed on as if one agent had.
  return { state: 'completed', output: { text, data: [part, ...items.flatMap(({ data }) => data)] } }
}
