import { agentOf, type Branch, type NodeInput, type NodeState, type PlanNode, type SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

/**
 * One piece of work, as somebody is asked for it: a node for one agent, a branch of a `map` or `vote`
 * node, or a `plan` node. All that a node can be retried, limited, budgeted and taken up again by holds
 * for every piece of work alike.
 */
export interface Work {
  /** The node's id, or the branch's: `<node>.<index>`. */
  id: string
  node: PlanNode
  branch?: Branch | undefined
  agent: string
  skill?: string | undefined
  instruction: string
  inputs: NodeInput[]
  retries?: number | undefined
  deadlineMs?: number | undefined
  /** Asked when `agent` has failed. */
  fallback?: string | undefined
  /** What it ends as when all have failed. */
  failedAs: 'failed' | 'skipped'
}

/** @throws AppError `internal` for an id that is neither in the plan nor a branch of it. */
export function workOf(document: SessionDocument, id: string): Work {
  const state = document.nodes[id] as NodeState
  const node = document.plan?.nodes.find((candidate) => candidate.id === (state.branch?.of ?? id))
  if (!node) throw new AppError('internal', `Session ${document.id} has no node '${id}'.`)
  const { branch } = state
  const shared = {
    id,
    node,
    branch,
    ...('retries' in node && node.retries !== undefined && { retries: node.retries }),
    ...(deadlineOf(node) !== undefined && { deadlineMs: deadlineOf(node) }),
  }
  if (branch) {
    return {
      ...shared,
      agent: branch.agent,
      skill: branch.skill,
      instruction: branchInstruction(node, branch),
      inputs: branchInputs(document, node, branch),
      ...('fallback' in node && node.on_failure === 'fallback' && { fallback: node.fallback }),
      failedAs: branch.role === 'voter' || (node.kind === 'map' && node.on_item_failure === 'skip') ? 'skipped' : 'failed',
    }
  }
  return {
    ...shared,
    agent: agentOf(node),
    ...('skill' in node && { skill: node.skill }),
    instruction: editedInstruction(state.approved?.args) ?? node.instruction,
    inputs: gatherInputs(document, node),
    ...('fallback' in node && node.on_failure === 'fallback' && { fallback: node.fallback }),
    failedAs: node.on_failure === 'skip' ? 'skipped' : 'failed',
  }
}

const editedSchema = z.looseObject({ instruction: z.string().min(1) })

/** What a person made of the instruction before approving it. */
function editedInstruction(args: unknown): string | undefined {
  return editedSchema.safeParse(args).data?.instruction
}

function deadlineOf({ deadline_s, budget }: PlanNode): number | undefined {
  const seconds = [deadline_s, budget?.deadline_s].filter((limit) => limit !== undefined)
  return seconds.length === 0 ? undefined : Math.min(...seconds) * 1_000
}

/** The results that a node is handed: those its `inputs` name, or else those of all nodes it needs. Skipped nodes have none. */
export function gatherInputs(document: SessionDocument, node: PlanNode): NodeInput[] {
  const references = node.inputs ? Object.entries(node.inputs) : node.needs.map((id): [string, string] => [id, id])
  return references.flatMap(([name, reference]): NodeInput[] => {
    const [id = '', part] = reference.split('.')
    const state = document.nodes[id]
    if (state?.rejection !== undefined) return [rejectedInput(document, name, id, state)]
    if (state?.state !== 'completed' || !state.output) return []
    const instruction = document.plan?.nodes.find((other) => other.id === id)?.instruction ?? ''
    const { text, data } = state.output
    return [{ kind: 'node-input', name, node: id, agent: state.agent, instruction, text: part === 'data' ? '' : text, data: part === 'text' ? [] : data }]
  })
}

/** What was not approved is a result too: whoever goes on must know that it was not done, and why. */
function rejectedInput({ plan }: SessionDocument, name: string, node: string, { agent, rejection = '' }: NodeState): NodeInput {
  const instruction = plan?.nodes.find(({ id }) => id === node)?.instruction ?? ''
  return { kind: 'node-input', name, node, agent, instruction, text: rejection, data: [] }
}

function branchInstruction(node: PlanNode, branch: Branch): string {
  if (node.kind !== 'vote') return withItem(node.instruction, branch.item)
  const among = node.options ? `\n\nAnswer with exactly one of: ${node.options.join(' | ')}` : ''
  if (branch.role === 'voter') return `${node.instruction}${among}`
  return `Several agents were asked the question below, and their answers are among the results. Judge which answer is best supported, and give that answer and nothing else.\n\n${node.instruction}${among}`
}

const SHORT_ITEM = 300

/** A short item is part of the instruction too: an agent may look at nothing else. */
function withItem(instruction: string, item: Branch['item']): string {
  return typeof item === 'string' && item.length <= SHORT_ITEM ? `${instruction}\n\nItem: ${item}` : instruction
}

function branchInputs(document: SessionDocument, node: PlanNode, branch: Branch): NodeInput[] {
  if (node.kind === 'map') {
    const source = node.over.split('.')[0] as string
    const { item } = branch
    const text = typeof item === 'string' ? item : ''
    const data = item === undefined || typeof item === 'string' ? [] : [item]
    const asked: NodeInput = { kind: 'node-input', name: 'item', node: source, agent: document.nodes[source]?.agent ?? '', instruction: '', text, data }
    // The list that the item is from would only be in its way, unless it was asked for by name.
    const others = gatherInputs(document, node).filter((input) => node.inputs !== undefined || input.node !== source)
    return [asked, ...others]
  }
  const inputs = gatherInputs(document, node)
  if (branch.role !== 'judge') return inputs
  const votes = branchesOf(document.nodes, node.id).flatMap(({ state }): NodeInput[] => {
    if (state.branch?.role !== 'voter' || !state.output) return []
    const name = `vote_${state.branch.index + 1}`
    return [{ kind: 'node-input', name, node: node.id, agent: state.agent, instruction: node.instruction, ...state.output }]
  })
  return [...votes, ...inputs]
}

/** The branches of a node, in their order; a judge comes last. */
export function branchesOf(nodes: Readonly<Record<string, NodeState>>, of: string): { id: string; state: NodeState; branch: Branch }[] {
  return Object.entries(nodes)
    .flatMap(([id, state]) => (state.branch?.of === of ? [{ id, state, branch: state.branch }] : []))
    .toSorted((a, b) => a.branch.index - b.branch.index)
}

export function isSettled({ state }: Pick<NodeState, 'state'>): boolean {
  return state === 'completed' || state === 'skipped' || state === 'failed'
}
