import { toSection, type NodeSoFar, type Plan, type PlanRequest } from '@signalbox/contracts'

import { begunIn } from './read-draft.ts'

const LONGEST_PLAN = 60_000
const LONGEST_RESULT = 300
const LONGEST_REASON = 4_000

/** The plan that runs, how far each of its nodes is, and why it is to be drawn anew. */
export function toRevisionSections(current: NonNullable<PlanRequest['current']>): string[] {
  return [
    toSection('current_plan', toPlanJson(current)),
    toSection('progress', current.nodes.map(toProgressLine).join('\n')),
    toSection('reason', current.reason.slice(0, LONGEST_REASON)),
  ]
}

/** The goal stands in its own section. In a plan too large for a prompt, what has begun is shown in short: it is best left out anyway. */
function toPlanJson({ plan, nodes }: NonNullable<PlanRequest['current']>): string {
  const whole = write(plan)
  if (whole.length <= LONGEST_PLAN) return whole
  const begun = begunIn({ plan, nodes, reason: '' })
  return write({ ...plan, nodes: plan.nodes.map((node) => (begun.has(node.id) ? { ...node, instruction: shorten(node.instruction, 120) } : node)) })
}

/** A node a line: enough to find one's way in it, and no more than that costs. */
function write({ nodes, answer }: Pick<Plan, 'nodes' | 'answer'>): string {
  return `{"nodes":[\n${nodes.map((node) => JSON.stringify(node)).join(',\n')}\n],"answer":${JSON.stringify(answer)}}`
}

/** `find_costs: completed (rag): 8 passages from 3 documents` */
function toProgressLine({ id, state, agent, result }: NodeSoFar): string {
  const words = (result ?? '').replaceAll(/\s+/g, ' ').trim()
  return `${id}: ${state} (${agent})${words === '' ? '' : `: ${shorten(words, LONGEST_RESULT)}`}`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
