import type { Budget, Fault, MapNode, NewSessionEvent, NodeState, PlanNode, SessionDocument, Usage, VoteNode } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { gate } from './approvals/gate.ts'
import { contextFor } from './approvals/node-action.ts'
import { withoutStaleAsks, withResumed } from './approvals/outcomes.ts'
import type { ApprovalPolicies } from './approvals/ports.ts'
import { resumable, withWaitingStatus, withWaitOver } from './approvals/waiting.ts'
import { spentByBranches } from './budget.ts'
import { conditionHolds, type RuleEngine } from './condition.ts'
import { openJudge, openNode } from './expand.ts'
import { startedEvent } from './happenings.ts'
import { gatherMap, tooManyItems } from './map-node.ts'
import { overBudget, toFault } from './run-node.ts'
import { schedule, type ScheduleLimits } from './schedule.ts'
import { happened, stamp, withNode, withTry } from './session-run.ts'
import { completeNode, failNode } from './settle-node.ts'
import { countVotes } from './vote-node.ts'
import { branchesOf, isSettled, workOf } from './work.ts'

export interface Decided {
  document: SessionDocument
  events: NewSessionEvent[]
  /** Work to launch once this is saved; its first try is part of the document already. */
  start: string[]
  /** Work that waited, and goes on. */
  resume: string[]
  /** Work that is under way and not wanted any more. */
  drop: string[]
  /** Asks of the ledger that are not asked any more. */
  stale: string[]
  outcome: 'running' | 'finished' | 'failed'
  /** Why the session as a whole has failed, where no node has. */
  fault?: Fault
}

export interface DecideTools {
  limits: ScheduleLimits
  /** What work under way has spent, by its id. */
  live: ReadonlyMap<string, Usage>
  /** What a piece of work that begins now may spend. */
  budgetFor: (document: SessionDocument, node: PlanNode) => Budget
  evaluate: RuleEngine
  policies: ApprovalPolicies
  /** Waiting nodes whose agents have gone on by themselves. */
  moved: readonly string[]
}

/** What follows from a document as it is: gathers what is whole, and starts, opens and skips what may be. Nothing begins while the session is paused or its plan is being revised. */
export function decide(before: SessionDocument, tools: DecideTools): Decided {
  const decided: Decided = { document: before, events: [], start: [], resume: [], drop: [], stale: [], outcome: 'running' }
  follow(decided, tools)
  const { document, events, stale } = withoutStaleAsks(decided.document)
  decided.events.push(...events)
  decided.stale.push(...stale)
  const isMoving = decided.start.length > 0 || decided.resume.length > 0 || hasWork(document) || document.revising !== null
  // What is asked anew is told anew: whoever waits for this session must hear of it.
  const isAsking = decided.events.some(({ type }) => type === 'approval.requested')
  decided.document = withWaitingStatus(isMoving || isAsking ? withWaitOver(document) : document)
  return decided
}

/** A `map` or `vote` node whose branches all wait is not at work, though it runs. */
function hasWork({ plan, nodes }: SessionDocument): boolean {
  const kinds = new Map(plan?.nodes.map(({ id, kind }) => [id, kind]))
  return Object.entries(nodes).some(
    ([id, { state, branch }]) => state === 'running' && (branch !== undefined || kinds.get(id) === 'agent' || kinds.get(id) === 'plan'),
  )
}

function follow(decided: Decided, tools: DecideTools): void {
  const { plan } = decided.document
  if (!plan) return
  const held = new Set<string>()
  for (;;) {
    gather(decided, tools)
    // A failure that the plan is being revised for does not end the session, another one does.
    const failed = plan.nodes.some(
      ({ id, on_failure }) => decided.document.nodes[id]?.state === 'failed' && !(decided.document.revising && on_failure === 'replan'),
    )
    if (failed) {
      decided.outcome = 'failed'
      return
    }
    if (decided.document.status === 'paused') return
    // What had begun goes on, whatever becomes of the rest of the plan.
    for (const id of new Set([...resumable(decided.document), ...tools.moved])) {
      if (decided.document.nodes[id]?.state !== 'waiting') continue
      decided.document = withResumed(decided.document, id)
      decided.resume.push(id)
    }
    if (decided.document.revising || !advance(decided, held, tools)) return
  }
}

/** Whether a node may begin as far as people are concerned; where it may not, it waits for them or is left out. */
function passes(decided: Decided, id: string, { policies }: DecideTools): boolean {
  const gated = gate(decided.document, id, policies)
  if (gated.verdict === 'open') return true
  decided.document = gated.document
  decided.events.push(...gated.events)
  return false
}

/** One pass of the scheduler; what may not begin although its turn has come is added to `held`. True where a further pass would see something else. */
function advance(decided: Decided, held: Set<string>, tools: DecideTools): boolean {
  const { plan, nodes } = decided.document
  if (!plan) return false
  let fault: Fault | undefined
  const holds = (node: PlanNode): boolean => {
    try {
      return conditionHolds(node, nodes, tools.evaluate)
    } catch (error) {
      fault = toFault(toAppError(error), node.id)
      return false
    }
  }
  const decision = schedule(plan, nodes, { limits: tools.limits, holds, held })
  for (const { id, reason } of decision.skip) {
    decided.document = withNode(decided.document, id, { state: 'skipped', skip_reason: reason, finished_at: stamp() })
    decided.events.push(happened({ type: 'node.skipped', node: id, agent: (nodes[id] as NodeState).agent, reason }))
  }
  decided.outcome = fault ? 'failed' : decision.outcome
  if (fault) decided.fault = fault
  if (decided.outcome !== 'running') return false
  let isChanged = false
  for (const id of decision.start) {
    if (passes(decided, id, tools)) begin(decided, id, tools)
    else {
      // Whether it was refused, waits for people, or is not even asked about yet: its place is another's.
      if (decided.document.nodes[id]?.state === 'pending') held.add(id)
      isChanged = true
    }
  }
  for (const id of decision.open) {
    if (!passes(decided, id, tools)) {
      if (decided.document.nodes[id]?.state === 'skipped') isChanged = true
      continue
    }
    const node = plan.nodes.find((candidate) => candidate.id === id) as MapNode | VoteNode
    const opened = openNode(decided.document, node)
    decided.document = opened.document
    decided.events.push(...opened.events)
    isChanged = true
  }
  // What was opened may have branches to start, or none at all and be whole.
  return isChanged
}

/** The first try is part of the start, so that both are one save. */
function begin(decided: Decided, id: string, { budgetFor }: DecideTools): void {
  const { agent, attempts, epoch } = decided.document.nodes[id] as NodeState
  const { node } = workOf(decided.document, id)
  const sent = { budget: budgetFor(decided.document, node), context: contextFor(decided.document, node.id) }
  const running = withNode(decided.document, id, { state: 'running', started_at: stamp() })
  decided.document = withTry(running, { node: id, agent, attempt: attempts + 1, epoch: epoch + 1, sent })
  decided.events.push(startedEvent(decided.document, id))
  decided.start.push(id)
}

/** Settles the `map` and `vote` nodes whose branches have told all that is needed. */
function gather(decided: Decided, { evaluate, live }: DecideTools): void {
  const { plan } = decided.document
  for (const node of plan?.nodes ?? []) {
    if (decided.document.nodes[node.id]?.state !== 'running') continue
    if (node.kind !== 'map' && node.kind !== 'vote') continue
    const over = overBudget(node.budget, spentByBranches(decided.document, node.id, live))
    if (over !== undefined) {
      dropBranches(decided, node.id)
      fail(decided, node, { code: 'budget_exceeded', message: `Node '${node.id}' spent more than its budget of ${over}.`, node: node.id })
    } else if (node.kind === 'map') gatherOneMap(decided, node, evaluate)
    else gatherOneVote(decided, node, evaluate)
  }
}

function gatherOneMap(decided: Decided, node: MapNode, evaluate: RuleEngine): void {
  const tooMany = tooManyItems(node, branchesOf(decided.document.nodes, node.id).length)
  const gathered = tooMany ? { state: 'failed' as const, error: tooMany } : gatherMap(node, decided.document.nodes)
  if (gathered.state === 'open') return
  dropBranches(decided, node.id)
  if (gathered.state === 'completed') take(decided, completeNode(decided.document, node.id, gathered.output, undefined, evaluate))
  else fail(decided, node, gathered.error)
}

function gatherOneVote(decided: Decided, node: VoteNode, evaluate: RuleEngine): void {
  const counted = countVotes(node, decided.document.nodes)
  if (counted.state === 'open') return
  if (counted.state === 'judge') {
    decided.document = openJudge(decided.document, node)
    return
  }
  dropBranches(decided, node.id)
  if (counted.state === 'failed') return fail(decided, node, counted.error)
  const { by, choice, votes, of } = counted
  const agent = decided.document.nodes[node.id]?.agent ?? 'vote'
  decided.events.push(happened({ type: 'node.decided', node: node.id, agent, by, choice: choice.slice(0, 200), votes, of }))
  take(decided, completeNode(decided.document, node.id, counted.output, undefined, evaluate))
}

/** Branches that nobody waits for any more. */
function dropBranches(decided: Decided, of: string): void {
  for (const { id, state } of branchesOf(decided.document.nodes, of)) {
    if (isSettled(state)) continue
    decided.document = withNode(decided.document, id, { state: 'skipped', skip_reason: 'not_needed', finished_at: stamp() })
    decided.drop.push(id)
    decided.start = decided.start.filter((started) => started !== id)
    decided.resume = decided.resume.filter((resumed) => resumed !== id)
  }
}

function fail(decided: Decided, node: MapNode | VoteNode, error: Fault): void {
  const state = node.on_failure === 'skip' ? 'skipped' : 'failed'
  take(decided, failNode(decided.document, node.id, { error, state, exhausted: true }))
}

function take(decided: Decided, { document, events }: Pick<Decided, 'document' | 'events'>): void {
  decided.document = document
  decided.events.push(...events)
}
