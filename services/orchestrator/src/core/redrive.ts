import type { Budget, NewSessionEvent, NodeState, Plan, PlanNode, RedriveRequest, SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { reachedLimit, withinBudget } from './budget.ts'
import { happened, pendingNode, touched } from './session-run.ts'

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
  const nodes = Object.fromEntries(
    Object.entries(before.nodes).map(([id, state]) => [id, anew.has(state.branch?.of ?? id) ? resetNode(plan, id, state) : state]),
  )
  const document = touched({
    ...before,
    status: 'active',
    budget,
    plan,
    nodes,
    answer: null,
    error: null,
    stopped: null,
    dead_letters: before.dead_letters.filter(({ node }) => node !== null && !anew.has(node)),
    takeovers: 0,
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
  const node = plan.nodes.find((candidate) => candidate.id === id)
  if (!node)
    throw new AppError('invalid_request', `The plan has no node '${id}'; its nodes are: ${plan.nodes.map((known) => known.id).join(', ')}.`, { param: 'node' })
  if (!before.dead_letters.some((letter) => letter.node === id || letter.node === null))
    throw new AppError('invalid_request', `Node '${id}' is not among the dead letters: ${before.dead_letters.map((letter) => letter.node).join(', ')}.`, {
      param: 'node',
    })
  return { ...plan, nodes: plan.nodes.map((candidate) => (candidate.id === id ? editedNode(candidate, { instruction, agent }) : candidate)) }
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
function nodesAnew(plan: Plan, { nodes, dead_letters: letters }: SessionDocument, node: string | undefined): Set<string> {
  const dead = letters.flatMap((letter) => (letter.node === null ? [] : [letter.node]))
  const roots = node === undefined ? dead : [node]
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

function resetNode(plan: Plan | null, id: string, state: NodeState): NodeState {
  if (state.branch) {
    // An item or vote that was finished is not asked for again.
    if (state.state === 'completed') return state
    return { state: 'pending', agent: state.branch.agent, attempts: 0, epoch: state.epoch, branch: state.branch }
  }
  const node = plan?.nodes.find((candidate) => candidate.id === id)
  return node ? { ...pendingNode(node), epoch: state.epoch } : state
}
