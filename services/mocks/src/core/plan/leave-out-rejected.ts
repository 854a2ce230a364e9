import { PLAN_LIMITS, type Plan } from '@signalbox/contracts'

import { NOT_DONE } from '../extract/not-done.ts'
import { reachable, rewire, type Change } from './rewire.ts'

/** Whether a plan is to be drawn anew because a person would not have something done. */
export function isRejection(reason: string): boolean {
  return /\b(?:was|were|is|been)\s+(?:rejected|refused|not\s+approved)\b/i.test(reason)
}

/** `'find-costs'`, or the id as a word by itself where it is no plain word. */
export function isNodeNamed(id: string, reason: string): boolean {
  return reason.includes(`'${id}'`) || (/[-_]/.test(id) && new RegExp(String.raw`(?<![\w-])${id}(?![\w-])`).test(reason))
}

/**
 * The plan without what a person rejected and without what would rest on nothing else. Who needs the rejected
 * work is told that it was not done; the answer says so.
 */
export function withoutRejected(plan: Plan, begun: ReadonlySet<string>, reason: string): Plan {
  const gone = new Set(plan.nodes.flatMap(({ id }) => (id !== plan.answer && isNodeNamed(id, reason) ? [id] : [])))
  const pending = plan.nodes.filter(({ id }) => !begun.has(id))
  for (let size = -1; size !== gone.size;) {
    size = gone.size
    for (const { id, needs } of pending) if (id !== plan.answer && needs.length > 0 && needs.every((need) => gone.has(need))) gone.add(id)
  }
  const dropped = pending.filter(({ id }) => gone.has(id))
  const change: Change = { plan, instead: new Map(dropped.map(({ id }) => [id, undefined])) }
  const nodes = pending
    .filter(({ id }) => !gone.has(id))
    .map((node) => (node.id === plan.answer ? { ...node, instruction: withNote(node.instruction, reason) } : node))
    .map((node) => rewire(node, change))
    .filter((node) => node !== undefined)
  return { ...plan, nodes: reachable(nodes, plan.answer) }
}

const LONGEST_NOTE = 400

/** `Node 'deploy' (mock-search): “Run deploy” was rejected by alice: no.` → the answer says that. */
function withNote(instruction: string, reason: string): string {
  const said = reason
    .replace(/^node\s+'[^']*'\s*(?:\([^)]*\))?:\s*/i, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_NOTE)
  if (instruction.includes(said)) return instruction
  return `${instruction.slice(0, PLAN_LIMITS.instruction - LONGEST_NOTE - 100)}\n${NOT_DONE} ${said}`
}
