import type { NodeState, PlanNode, SessionView } from '@signalbox/contracts'

/** One box of the picture and one row of the table: a node of the plan, or a branch. */
export interface GraphNode {
  id: string
  kind: 'agent' | 'map' | 'vote' | 'plan' | 'approval' | 'branch'
  /** What a person calls it: its own id, or a branch's place under its node's. */
  label: string
  agent: string
  skill: string | undefined
  instruction: string
  state: NodeState
  needs: readonly string[]
  /** The `map` or `vote` node that a branch is of. */
  of: string | undefined
  /** Of a `map` or `vote`: how its branches stand, in their order. */
  branches: readonly BranchBrief[]
  isOpen: boolean
  isAnswer: boolean
  /** The plan wants a person's word before it begins. */
  wantsApproval: boolean
}

export interface BranchBrief {
  id: string
  state: NodeState['state']
}

export interface GraphEdge {
  id: string
  from: string
  to: string
  /** `live`: what it leads to is at work. `done`: what it leads from has finished. */
  flow: 'idle' | 'live' | 'done' | 'broken'
  isBranch: boolean
}

/** Many branches, standing side by side in one frame: the frame is what edges lead to and from. */
export interface GraphFrame {
  id: string
  of: string
  members: readonly string[]
}

export interface SessionGraph {
  nodes: GraphNode[]
  edges: GraphEdge[]
  frames: GraphFrame[]
  /** Branches that stand behind their nodes and are not shown one by one. */
  collapsed: number
}

export interface GraphOptions {
  /** Nodes whose branches are to be shown, or hidden, whatever the rule below says. */
  opened?: ReadonlySet<string>
  closed?: ReadonlySet<string>
}

/** Above so many boxes nobody sees the plan for its branches. */
export const MOST_BOXES = 150
/** A few branches are seen at one look; more of them are a strip on their node until somebody opens it, and then a frame of their own. */
const FEW_BRANCHES = 5

/**
 * A session as a graph. Branches stand between what their node needs and the node, which gathers them:
 * that is the way their results take.
 */
export function toGraph(view: SessionView, { opened = new Set(), closed = new Set() }: GraphOptions = {}): SessionGraph {
  const planned = view.plan?.nodes ?? []
  const branches = groupBranches(view)
  const boxes = planned.length + [...branches.values()].reduce((count, list) => count + list.length, 0)
  const isOpen = (id: string): boolean => {
    const count = branches.get(id)?.length ?? 0
    return count > 0 && !closed.has(id) && (opened.has(id) || (boxes <= MOST_BOXES && count <= FEW_BRANCHES))
  }
  const nodes: GraphNode[] = []
  const edges: GraphEdge[] = []
  const frames: GraphFrame[] = []
  let collapsed = 0
  const known = new Set(planned.map(({ id }) => id))
  for (const node of planned) {
    const box = toBox(view, node, branches.get(node.id) ?? [], isOpen(node.id))
    nodes.push(box)
    const needs = box.needs.filter((need) => known.has(need))
    if (!box.isOpen) {
      collapsed += box.branches.length
      edges.push(...needs.map((need) => toEdge(view, need, box.id, false)))
      continue
    }
    const own = branches.get(node.id) ?? []
    nodes.push(...own.map((branch) => toBranch(node, branch)))
    if (own.length > FEW_BRANCHES) {
      const frame = { id: `${node.id}/branches`, of: node.id, members: own.map(({ id }) => id) }
      frames.push(frame)
      edges.push(...needs.map((need) => ({ ...toEdge(view, need, node.id, true), id: `${need}→${frame.id}`, to: frame.id })))
      edges.push({
        ...toEdge(view, node.id, node.id, true),
        id: `${frame.id}→${node.id}`,
        from: frame.id,
        flow: view.nodes[node.id]?.state === 'completed' ? 'done' : 'live',
      })
      continue
    }
    for (const branch of own) {
      const sources = branch.state.branch?.role === 'judge' ? votersOf(own) : needs
      edges.push(...sources.map((source) => toEdge(view, source, branch.id, true)))
    }
    for (const branch of lastOf(own)) edges.push(toEdge(view, branch.id, node.id, true))
  }
  // What a revision dropped after it had begun stands beside the plan.
  for (const [id, state] of Object.entries(view.nodes)) {
    if (!known.has(id) && !state.branch) nodes.push(toStray(id, state))
  }
  return { nodes, edges, frames, collapsed }
}

/** All there is, branches included, in the order of the plan: what the table shows, and what the picture shows when everything is opened. */
export function toWholeGraph(view: SessionView): SessionGraph {
  return toGraph(view, { opened: new Set(view.plan?.nodes.map(({ id }) => id)) })
}

interface Branch {
  id: string
  state: NodeState
}

function groupBranches(view: SessionView): Map<string, Branch[]> {
  const groups = new Map<string, Branch[]>()
  for (const [id, state] of Object.entries(view.nodes)) {
    if (!state.branch) continue
    const group = groups.get(state.branch.of)
    if (group) group.push({ id, state })
    else groups.set(state.branch.of, [{ id, state }])
  }
  for (const group of groups.values()) group.sort((a, b) => (a.state.branch?.index ?? 0) - (b.state.branch?.index ?? 0))
  return groups
}

function votersOf(branches: readonly Branch[]): string[] {
  return branches.filter(({ state }) => state.branch?.role === 'voter').map(({ id }) => id)
}

/** What leads to the node itself: the judge, where one was asked, else all. */
function lastOf(branches: readonly Branch[]): readonly Branch[] {
  const judge = branches.filter(({ state }) => state.branch?.role === 'judge')
  return judge.length > 0 ? judge : branches
}

function toBox(view: SessionView, node: PlanNode, branches: readonly Branch[], isOpen: boolean): GraphNode {
  const agent = node.kind === 'agent' || node.kind === 'map' ? node.agent : node.kind
  const state = view.nodes[node.id] ?? { state: 'pending', agent, attempts: 0, epoch: 0 }
  return {
    id: node.id,
    kind: node.kind,
    label: node.id,
    agent: state.agent,
    skill: node.kind === 'agent' || node.kind === 'map' ? node.skill : undefined,
    instruction: node.instruction,
    state,
    needs: node.needs,
    of: undefined,
    branches: branches.map(({ id, state: { state: name } }) => ({ id, state: name })),
    isOpen,
    isAnswer: view.plan?.answer === node.id,
    wantsApproval: node.approval !== undefined,
  }
}

function toBranch(node: PlanNode, { id, state }: Branch): GraphNode {
  const { branch } = state
  return {
    id,
    kind: 'branch',
    label: id,
    agent: state.agent,
    skill: branch?.skill,
    instruction: branch?.role === 'item' && branch.item !== undefined ? toItemLine(branch.item) : node.instruction,
    state,
    needs: [],
    of: node.id,
    branches: [],
    isOpen: false,
    isAnswer: false,
    wantsApproval: false,
  }
}

function toStray(id: string, state: NodeState): GraphNode {
  return {
    id,
    kind: 'agent',
    label: id,
    agent: state.agent,
    skill: undefined,
    instruction: '',
    state,
    needs: [],
    of: undefined,
    branches: [],
    isOpen: false,
    isAnswer: false,
    wantsApproval: false,
  }
}

function toItemLine(item: unknown): string {
  return typeof item === 'string' ? item : JSON.stringify(item)
}

function toEdge(view: SessionView, from: string, to: string, isBranch: boolean): GraphEdge {
  return { id: `${from}→${to}`, from, to, flow: flowOf(view.nodes[from]?.state, view.nodes[to]?.state), isBranch }
}

function flowOf(from: NodeState['state'] | undefined, to: NodeState['state'] | undefined): GraphEdge['flow'] {
  if (from === 'failed' || (from === 'skipped' && to === 'skipped')) return 'broken'
  if (to === 'running') return 'live'
  return from === 'completed' ? 'done' : 'idle'
}

/** The first line of what an agent is told, for a place where there is room for one. */
export function firstLine(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? ''
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}

/** How many stand in which state. */
export function countStates(graph: readonly { state: NodeState['state'] }[]): Record<NodeState['state'], number> {
  const counts = { pending: 0, running: 0, waiting: 0, completed: 0, failed: 0, skipped: 0 }
  for (const { state } of graph) counts[state] += 1
  return counts
}
