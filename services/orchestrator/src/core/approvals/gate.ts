import type { Action, Ask, NewSessionEvent, NodeState, PlanNode, SessionDocument } from '@signalbox/contracts'

import { happened, stamp, withNode } from '../session-run.ts'
import { actionOf, agentsOf, approvedContext } from './node-action.ts'
import { openAsks, requestedEvent, toAsk } from './asks.ts'
import type { ApprovalPolicies, Requirement } from './ports.ts'
import { withRejected } from './outcomes.ts'
import { bytesHash, sealedBy } from './seal.ts'

export type Gated =
  /** It may begin. */
  | { verdict: 'open' }
  /** It waits for a person, or was refused by a policy, or has its answer already: the document says which. */
  | { verdict: 'shut'; document: SessionDocument; events: NewSessionEvent[] }
  /** So many are open that it is not even asked for. */
  | { verdict: 'held'; document: SessionDocument; events: NewSessionEvent[] }

/**
 * Whether a node may begin.
 *
 *  G1. What plan or policy want a person's word for begins only after it was approved.
 *  G2. What was approved are bytes. Where the node would do anything else by now, it is asked again.
 *  G3. Branches were approved with their node.
 */
export function gate(document: SessionDocument, id: string, policies: ApprovalPolicies): Gated {
  const state = document.nodes[id] as NodeState
  const node = document.plan?.nodes.find((candidate) => candidate.id === id)
  if (state.branch || !node) return { verdict: 'open' }
  // A list that is still growing is judged once it is whole: a rule may look at what is on it.
  const isGrowing = node.kind === 'map' && node.stream === true && document.nodes[node.over.split('.')[0] ?? '']?.state === 'running'
  if (isGrowing && (node.approval || policies.hasRules)) return { verdict: 'held', document, events: [] }
  const wanted = requirementOf(document, node, policies)
  if (!wanted) return { verdict: 'open' }
  const { requirement, action } = wanted
  const epoch = state.epoch + 1
  if (requirement.effect === 'allow') return pass(document, node)
  if (requirement.effect === 'deny') {
    const refused = withRejected(document, id, { title: action.title, by: [`policy ${requirement.policy?.id ?? ''}`.trim()], reason: requirement.why })
    return { verdict: 'shut', ...refused }
  }
  // What was approved in an earlier look at these very bytes.
  const standing = standingAsk(document, id)
  if (standing && standing.args_sha256 === bytesHash(action.args, sealedBy(standing))) return pass(document, node)

  const open = openAsks(document).length
  if (open >= policies.mostOpen) {
    if (document.held) return { verdict: 'held', document, events: [] }
    return {
      verdict: 'held',
      document: { ...document, held: true, updated_at: stamp() },
      events: [happened({ type: 'approval.held', open, most: policies.mostOpen })],
    }
  }
  const current = actionOf(document, node)
  const source = node.approval ? 'plan' : 'policy'
  const editable = node.kind === 'agent' && document.plan?.answer !== id
  const ask = toAsk(document, {
    node: id,
    epoch,
    ref: null,
    source,
    agent: state.agent,
    skill: 'skill' in node ? node.skill : undefined,
    action: current,
    statement: null,
    impact: node.approval?.impact ?? null,
    requirement: { ...requirement, allowed: requirement.allowed.filter((kind) => kind !== 'edit' || editable) },
    seal: policies.seal,
  })
  const waiting = withNode({ ...document, asks: { ...document.asks, [ask.id]: ask } }, id, { state: 'waiting', waits_for: 'approval' })
  return { verdict: 'shut', document: waiting, events: [requestedEvent(ask)] }
}

/** What a fallback agent would have to be asked for is not fallen back to: what was approved, or needed no approval, was another agent's call. */
export function mayFallBack(document: SessionDocument, node: PlanNode, agent: string, policies: ApprovalPolicies): boolean {
  if (document.nodes[node.id]?.approved) return false
  return policies.judge({ source: 'policy', agent, skill: undefined, action: actionOf(document, node), said: {} }) === undefined
}

/**
 * What the policies say of every agent that the node is for, as one: what is denied to one is denied, what one must
 * be asked for is asked for, of the fewest people who may decide, and all that is masked for one is masked.
 */
function requirementOf(document: SessionDocument, node: PlanNode, policies: ApprovalPolicies): { requirement: Requirement; action: Action } | undefined {
  const standing = standingAsk(document, node.id)
  const action = actionOf(document, node, standing ? approvedContext(standing) : undefined)
  const source = node.approval ? 'plan' : 'policy'
  const said = node.approval
    ? { risk: node.approval.risk, why: node.approval.why, ...(node.approval.impact !== undefined && { impact: node.approval.impact }) }
    : {}
  const judged = agentsOf(node).map(({ agent, skill }) => policies.judge({ source, agent, skill, action, said }))
  const requirements = judged.filter((requirement) => requirement !== undefined)
  // Where only some of its agents are allowed, the others are asked about or need no asking.
  const asked = requirements.filter(({ effect }) => effect !== 'allow')
  const requirement = asked.length > 0 ? merged(asked) : requirements.length === judged.length ? requirements[0] : undefined
  return requirement && { requirement, action }
}

const RISKS = ['low', 'medium', 'high', 'critical']

function merged(all: readonly Requirement[]): Requirement | undefined {
  const denied = all.find(({ effect }) => effect === 'deny')
  if (denied) return denied
  const [narrowest] = all.toSorted((a, b) => widthOf(a) - widthOf(b))
  const [riskiest] = all.toSorted((a, b) => RISKS.indexOf(b.risk.level) - RISKS.indexOf(a.risk.level))
  if (!narrowest || !riskiest) return undefined
  return {
    ...narrowest,
    risk: { level: riskiest.risk.level, reasons: [...new Set(all.flatMap(({ risk }) => risk.reasons))] },
    allowed: narrowest.allowed.filter((kind) => all.every(({ allowed }) => allowed.includes(kind))),
    quorum: {
      ...narrowest.quorum,
      required: Math.max(...all.map(({ quorum }) => quorum.required)),
      exclude_requester: all.some(({ quorum }) => quorum.exclude_requester),
    },
    on_timeout: all.some(({ on_timeout: after }) => after === 'reject') ? 'reject' : narrowest.on_timeout,
    deadlineMs: Math.min(...all.map(({ deadlineMs }) => deadlineMs)),
    mask: [...new Set(all.flatMap(({ mask }) => mask))],
  }
}

/** How many may decide, roughly: persons and groups are fewer than a role, and a high role is fewer than a low one. */
function widthOf({ quorum }: Requirement): number {
  const widths = quorum.eligible.map((who) => (who.startsWith('role:') ? 10 - ['viewer', 'approver', 'operator', 'admin'].indexOf(who.slice(5)) : 1))
  return Math.max(...widths)
}

/** The ask that a node was approved by. */
function standingAsk({ nodes, asks }: SessionDocument, node: string): Ask | undefined {
  const { approved } = nodes[node] ?? {}
  const ask = approved && asks[approved.ask]
  return ask?.state === 'approved' ? ask : undefined
}

/** A node that is nothing but a person's word has it, and is done. */
function pass(document: SessionDocument, node: PlanNode): Gated {
  if (node.kind !== 'approval') return { verdict: 'open' }
  const { approved } = document.nodes[node.id] as NodeState
  const by = (approved && document.asks[approved.ask]?.outcome?.by) ?? []
  const text = `Approved${by.length > 0 ? ` by ${by.join(', ')}` : ''}: ${node.approval.action ?? node.instruction}`
  const done = withNode(document, node.id, { state: 'completed', output: { text, data: [] }, started_at: stamp(), finished_at: stamp() })
  return { verdict: 'shut', document: done, events: [happened({ type: 'node.completed', node: node.id, agent: node.kind, summary: text.slice(0, 160) })] }
}
