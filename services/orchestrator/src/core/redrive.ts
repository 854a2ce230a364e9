import type { Branch, Budget, NewSessionEvent, NodeState, Plan, PlanNode, RedriveRequest, SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { reachedLimit, withinBudget } from './budget.ts'
import { happened, pendingNode, touched } from './session-run.ts'
import { branchesOf } from './work.ts'

/**
 * Takes a session out of the dead letters and back to work: the named node (or all that failed) and
 * everything that rests on it run anew, what had finished stays. Tries go on being counted where they
 * were, so that no key is used for two pieces of work.
 *
 * @throws AppError `conflict` for a session that is at work or has no dead letters, `invalid_request` for a node that cannot be redriven.
 */
export function redriveSession(before: SessionDocument, request: RedriveRequest, most: Budget): { document: SessionDocument; events: NewSessionEvent[] } {
  if (before.dead_letters.length === 0) throw new AppError('conflict', `Session ${before.id} has no dead letters.`)
  if (before.finished_at === null) throw new AppError('conflict', `Session ${before.id} is at work.`)
  const budget = withinBudget({ ...before.budget, ...request.budget }, most)
  const spent = reachedLimit({ ...before, budget }, before.usage, Number.POSITIVE_INFINITY)
  if (spent && spent.limit !== 'deadline') throw new AppError('invalid_request', `${spent.message} Give it a larger one.`, { param: 'budget' })
  const plan = before.plan && edited(before.plan, before, request)
  const anew = plan ? nodesAnew(plan, before, request.node) : new Set<string>()
  const nodes = plan ? resetNodes(plan, before.nodes, anew) : before.nodes
  const document = touched({
    ...before,
    status: 'active',
    budget,
    plan,
    nodes,
    answer: null,
    error: null,
    stopped: null,
    dead_letters: before.dead_letters.filter(({ node }) => node !== null && !anew.has(planNodeOf(before, node))),
    takeovers: 0,
    paused_at: null,
    // Its time begins anew, as if it had been paused since it ended.
    paused_ms: before.paused_ms + Math.max(0, Date.now() - Date.parse(before.created_at) - before.paused_ms),
    finished_at: null,
  })
  return { document, events: [happened({ type: 'session.redriven', nodes: [...anew] })] }
}

function edited(plan: Plan, before: SessionDocument, { node: id, instruction, agent }: RedriveRequest): Plan {
  if (id === undefined) {
    if (instruction !== undefined || agent !== undefined) throw new AppError('invalid_request', 'Say which node the change is for.', { param: 'node' })
    return plan
  }
  const target = planNodeOf(before, id)
  const node = plan.nodes.find((candidate) => candidate.id === target)
  if (!node)
    throw new AppError('invalid_request', `The plan has no node '${id}'; its nodes are: ${plan.nodes.map((known) => known.id).join(', ')}.`, { param: 'node' })
  if (!before.dead_letters.some((letter) => letter.node === null || planNodeOf(before, letter.node) === target))
    throw new AppError('invalid_request', `Node '${id}' is not among the dead letters: ${before.dead_letters.map((letter) => letter.node).join(', ')}.`, {
      param: 'node',
    })
  return { ...plan, nodes: plan.nodes.map((candidate) => (candidate.id === target ? editedNode(candidate, { instruction, agent }) : candidate)) }
}

function editedNode(node: PlanNode, { instruction, agent }: Pick<RedriveRequest, 'instruction' | 'agent'>): PlanNode {
  const changed = instruction === undefined ? node : { ...node, instruction }
  if (agent === undefined) return changed
  if (changed.kind !== 'agent' && changed.kind !== 'map')
    throw new AppError('invalid_request', `Node '${node.id}' is not the work of one agent.`, { param: 'agent' })
  // The skill was the other agent's.
  const { skill: _skill, ...rest } = changed
  return { ...rest, agent }
}

/** What failed, what was never begun because of it, and all that rests on either. */
function nodesAnew(plan: Plan, before: SessionDocument, node: string | undefined): Set<string> {
  const { nodes } = before
  const dead = before.dead_letters.flatMap((letter) => (letter.node === null ? [] : [planNodeOf(before, letter.node)]))
  // Without an answer there is an answer to be written, whatever else is run.
  const answer = nodes[plan.answer]?.state === 'completed' ? [] : [plan.answer]
  const roots = [...(node === undefined ? dead : [planNodeOf(before, node)]), ...answer]
  const unsettled = plan.nodes
    .filter(({ id }) => nodes[id]?.state === 'failed' || nodes[id]?.skip_reason === 'not_needed' || nodes[id]?.state === 'pending')
    .map(({ id }) => id)
  const anew = new Set([...roots, ...unsettled])
  for (let grown = true; grown;) {
    grown = false
    for (const { id, needs } of plan.nodes) {
      if (anew.has(id) || !needs.some((need) => anew.has(need))) continue
      anew.add(id)
      grown = true
    }
  }
  return anew
}

/** A branch's letter is its node's: that is what can be run. */
function planNodeOf({ nodes }: SessionDocument, id: string): string {
  return nodes[id]?.branch?.of ?? id
}

function resetNodes(plan: Plan, before: Readonly<Record<string, NodeState>>, anew: ReadonlySet<string>): Record<string, NodeState> {
  const drawn = new Map(plan.nodes.map((node) => [node.id, node]))
  const nodes: Record<string, NodeState> = {}
  for (const [id, state] of Object.entries(before)) {
    const node = drawn.get(state.branch?.of ?? id)
    if (!node || !anew.has(node.id)) nodes[id] = state
    else if (!state.branch) nodes[id] = { ...pendingNode(node), epoch: lastEpoch(before, id, state) }
    // What was asked of a branch may be another question now; its tries are counted by its node.
    else if (!node.needs.some((need) => anew.has(need))) nodes[id] = resetBranch(node, state.branch, state)
  }
  return nodes
}

/** An item or vote that is there is not asked for again. A judge's is: it was of no use. */
function resetBranch(node: PlanNode, branch: Branch, state: NodeState): NodeState {
  if (state.state === 'completed' && branch.role !== 'judge') return state
  const { skill: _skill, ...rest } = branch
  const asked = node.kind === 'map' ? { ...rest, agent: node.agent, ...(node.skill !== undefined && { skill: node.skill }) } : branch
  return { state: 'pending', agent: asked.agent, attempts: 0, epoch: state.epoch, branch: asked }
}

function lastEpoch(nodes: Readonly<Record<string, NodeState>>, id: string, { epoch }: NodeState): number {
  return Math.max(epoch, ...branchesOf(nodes, id).map(({ state }) => state.epoch))
}
