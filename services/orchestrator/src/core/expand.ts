import { isDeepStrictEqual } from 'node:util'

import type { Branch, MapNode, NewSessionEvent, NodeState, SessionDocument, VoteNode } from '@signalbox/contracts'

import { itemsOf } from './map-node.ts'
import { happened, stamp, touched } from './session-run.ts'
import { branchesOf } from './work.ts'

/**
 * Takes a `map` or `vote` node that may begin apart into branches, which wait for their places like any
 * other work. Where it is driven anew, a branch that has its result for the same question keeps it, and
 * all others go on counting tries from where any of them was: no key is used for two pieces of work.
 */
export function openNode(before: SessionDocument, node: MapNode | VoteNode): { document: SessionDocument; events: NewSessionEvent[] } {
  const state = before.nodes[node.id] as NodeState
  const existing = branchesOf(before.nodes, node.id)
  const epoch = Math.max(state.epoch, ...existing.map((branch) => branch.state.epoch))
  const nodes: Record<string, NodeState> = { ...before.nodes, [node.id]: { ...state, epoch, state: 'running', started_at: stamp() } }
  const wanted = new Map((node.kind === 'vote' ? voters(node) : items(before, node)).map((branch) => [branchId(branch), branch]))
  const isStreaming = node.kind === 'map' && node.stream === true
  for (const { id, state: old, branch } of existing) {
    const isSame = old.state === 'completed' && isDeepStrictEqual(branch, wanted.get(id))
    if (!isStreaming && !isSame) delete nodes[id]
  }
  for (const [id, branch] of wanted) nodes[id] ??= { ...pendingBranch(branch, before.nodes), epoch }
  const document = touched({ ...before, nodes })
  const count = branchesOf(document.nodes, node.id).length
  return { document, events: [happened({ type: 'node.expanded', node: node.id, agent: state.agent, branches: count })] }
}

/** Adds the judge to a vote that nobody won. */
export function openJudge(before: SessionDocument, node: VoteNode): SessionDocument {
  if (!node.judge) return before
  const branch: Branch = { of: node.id, role: 'judge', index: node.voters.length, ...node.judge }
  return touched({ ...before, nodes: { ...before.nodes, [branchId(branch)]: pendingBranch(branch, before.nodes) } })
}

/**
 * Adds items that a producer has made while at work, from `first` on. An item that is there already
 * stays: after a crash the producer's artifacts are heard once more, from the first.
 */
export function addStreamedItems(before: SessionDocument, map: string, values: readonly Exclude<Branch['item'], undefined>[], first: number): SessionDocument {
  const node = before.plan?.nodes.find(({ id }) => id === map)
  if (node?.kind !== 'map' || values.length === 0) return before
  const nodes = { ...before.nodes }
  for (const [offset, item] of values.entries()) {
    const branch = itemBranch(node, first + offset, item)
    nodes[branchId(branch)] ??= pendingBranch(branch, before.nodes)
  }
  return touched({ ...before, nodes })
}

function items(document: SessionDocument, node: MapNode): Branch[] {
  const [source = '', part] = node.over.split('.')
  const state = document.nodes[source]
  if (node.stream || state?.state !== 'completed' || !state.output) return []
  return itemsOf(state.output, part).map((item, index) => itemBranch(node, index, item))
}

function itemBranch(node: MapNode, index: number, item: Exclude<Branch['item'], undefined>): Branch {
  return { of: node.id, role: 'item', index, agent: node.agent, ...(node.skill !== undefined && { skill: node.skill }), item }
}

function voters(node: VoteNode): Branch[] {
  return node.voters.map((voter, index) => ({ of: node.id, role: 'voter', index, ...voter }))
}

function branchId({ of, role, index }: Branch): string {
  return role === 'judge' ? `${of}.judge` : `${of}.${index}`
}

/** A branch that ran before goes on counting its tries: no key is ever used for two pieces of work. */
function pendingBranch(branch: Branch, before: Readonly<Record<string, NodeState>>): NodeState {
  return { state: 'pending', agent: branch.agent, attempts: 0, epoch: Math.max(before[branchId(branch)]?.epoch ?? 0, before[branch.of]?.epoch ?? 0), branch }
}
