import { PLAN_LIMITS, type NodeApproval, type Plan, type PlanNode } from '@signalbox/contracts'

import { draftWork, type PlanningTask } from './draft-node.ts'
import { findNamedAgents } from './find-named-agents.ts'
import type { ShieldedGoal } from './shield-words.ts'

/** A plan that was drawn of a shielded goal, with its words again, and with the approvals that they and other words of the goal ask for. */
export function withApprovals(plan: Plan, shield: ShieldedGoal, task: PlanningTask): Plan {
  const named = new Set(findNamedAgents(shield.goal, task.agents).map(({ agent }) => agent))
  const lost = shield.lost(plan.nodes.map(({ instruction }) => instruction))
  const gates = lost.gate ? [lost.gate] : []
  const nodes = plan.nodes.map((node) => {
    const { text, approval, gate } = shield.restore(node.instruction)
    if (gate) gates.push(gate)
    // What stood in words of which no work was made is about what comes of it all.
    const wanted = approval ?? wantedApproval(node, shield, named) ?? (node.id === plan.answer ? lost.approval : undefined)
    const options = 'options' in node && node.options ? { options: node.options.map((option) => shield.restore(option).text) } : {}
    return { ...node, ...options, instruction: text.slice(0, PLAN_LIMITS.instruction), ...(wanted && { approval: wanted }) }
  })
  return withGate({ ...plan, nodes: withoutRepeats(nodes) }, gates[0], task)
}

/** Who reasons over a goal is handed it whole; what those it needs were approved for is not asked again. */
function withoutRepeats(nodes: readonly PlanNode[]): PlanNode[] {
  return nodes.map((node) => {
    const isRepeat = nodes.some(({ id, approval }) => node.needs.includes(id) && approval?.why === node.approval?.why)
    if (!isRepeat || node.kind === 'approval') return node
    const { approval: _approval, ...rest } = node
    return rest
  })
}

/** A person looks at what was found before it is answered. */
function withGate(plan: Plan, gate: NodeApproval | undefined, { kinds }: PlanningTask): Plan {
  const answer = plan.nodes.find(({ id }) => id === plan.answer)
  if (!gate || !answer || !(kinds?.has('approval') ?? true)) return plan
  const work = draftWork('Look at what was found before it is answered.')
  const node: PlanNode = { kind: 'approval', id: 'sign-off', ...work, needs: answer.needs, approval: gate, on_failure: 'fail' }
  const others = plan.nodes.filter((other) => other !== answer)
  return { ...plan, nodes: [...others, node, { ...answer, needs: [...answer.needs.slice(0, PLAN_LIMITS.needs - 1), node.id] }] }
}

const VERBS = String.raw`deploy|roll\s+out|send|e-?mail|publish|post|delete|remove|drop|purge|refund|pay|transfer|charge`
/** `ask mock-search to deploy it`, `let mock-search deploy it`; "ask mock-search to find out how to deploy it" deploys nothing. */
const OUTWARD = new RegExp(
  String.raw`\b(?:(?:ask|get|use)\s+(?:(?!\bto\b)[^.?!])*?\sto|(?:have|let)\s+(?:the\s+)?\S+(?:\s+agent)?)\s+(?:please\s+)?(?<verb>${VERBS})\b`,
  'i',
)
const CANNOT_BE_UNDONE = /^(?:delete|remove|drop|purge|refund|pay|transfer|charge)$/i
/** `…, with approval.`, `… once somebody has approved it`; "what happens with approval requests" asks for none. */
const SAID =
  /\b(?:with|after|needs?|subject to|upon)\s+(?:(?:a|my|our|the)\s+)?(?:person['’]?s\s+|human\s+)?approval(?=\s*(?:[.,;!]|$|and\b|then\b))|\b(?:once|after|if|when)\s+(?:i|we|somebody|someone|a\s+person)\s+(?:has\s+|have\s+)?approved?s?\b|\bask\s+(?:me|us)\s+(?:first|before)\b/i

/**
 * Whether work wants a person's word: because the goal says so, or because somebody is told by name to do what
 * reaches out and can hardly be taken back. An agent that asks itself needs none before it begins.
 */
function wantedApproval(node: PlanNode, shield: ShieldedGoal, named: ReadonlySet<string>): NodeApproval | undefined {
  const { instruction } = node
  if (['ask', 'ask-strict'].some((word) => shield.holds(instruction, word))) return undefined
  if (SAID.test(instruction) && !/\?\s*$/.test(instruction)) return { why: 'The goal asks for a person’s approval.', risk: 'medium' }
  const verb = node.kind === 'agent' && named.has(node.agent) ? OUTWARD.exec(instruction)?.groups?.['verb']?.toLowerCase() : undefined
  if (verb === undefined) return undefined
  return { why: `It reaches beyond this conversation: it is to ${verb} something.`, risk: CANNOT_BE_UNDONE.test(verb) ? 'high' : 'medium' }
}
