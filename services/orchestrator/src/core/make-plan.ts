import {
  addUsage,
  NO_USAGE,
  PLAN_LIMITS,
  readPlan,
  type AgentSummary,
  type NodeSoFar,
  type Plan,
  type PlanRules,
  type RevisionReason,
  type SessionDocument,
  type Usage,
} from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { fallbackPlan } from './fallback-plan.ts'
import type { Planner, PlanQuestion } from './ports.ts'

export interface MadePlan {
  plan: Plan
  source: 'planner' | 'repaired' | 'fallback'
  repairs: number
  usage: Usage
}

interface Tools {
  onRejected: (faults: string[]) => void
  signal: AbortSignal
}

const REPAIRS = 2
const RESULT_CHARS = 500

/**
 * A plan that can run. What the planner draws is checked here again, against the agents that are
 * alive; its faults go back to it, twice at most. After that, and when it cannot be reached, the
 * safe plan of our own is used.
 */
export async function makePlan(
  document: Pick<SessionDocument, 'goal' | 'conversation' | 'lineage'>,
  agents: AgentSummary[],
  planner: Planner,
  tools: Tools,
): Promise<MadePlan> {
  const levels = levelsLeft(document)
  const drawn = await drawSound({ goal: document.goal, conversation: document.conversation, agents, levels }, { levels }, planner, tools)
  const { plan, repairs, usage } = drawn
  if (!plan) return { plan: fallbackPlan(document.goal, agents), source: 'fallback', repairs, usage }
  return { plan, source: repairs > 0 ? 'repaired' : 'planner', repairs, usage }
}

/** A running plan drawn anew, for a reason. Undefined where no sound one could be had; it is then as it was. */
export async function revisePlan(
  document: SessionDocument & { plan: Plan },
  reason: RevisionReason,
  agents: AgentSummary[],
  planner: Planner,
  tools: Tools,
): Promise<{ plan: Plan | undefined; usage: Usage }> {
  const levels = levelsLeft(document)
  const { plan } = document
  const begun = new Set(plan.nodes.filter(({ id }) => document.nodes[id]?.state !== 'pending').map(({ id }) => id))
  const nodes = plan.nodes.map(({ id }) => soFar(document, id))
  const question = { goal: document.goal, conversation: document.conversation, agents, levels, current: { plan, nodes, reason: reason.text } }
  return drawSound(question, { levels, current: { plan, begun, answerFailed: document.nodes[plan.answer]?.state === 'failed' } }, planner, tools)
}

async function drawSound(
  question: PlanQuestion,
  rules: PlanRules,
  planner: Planner,
  tools: Tools,
): Promise<{ plan: Plan | undefined; repairs: number; usage: Usage }> {
  let usage = NO_USAGE
  let repairs = 0
  let mend: Pick<PlanQuestion, 'previous' | 'faults'> = {}
  for (let round = 0; round <= REPAIRS && question.agents.length > 0; round += 1) {
    let faults: string[]
    try {
      const draft = await planner.draw({ ...question, ...mend }, tools.signal)
      usage = draft.usage ? addUsage(usage, draft.usage) : usage
      repairs += draft.repairs
      const verdict = readPlan(draft.plan, question.agents, rules)
      if (verdict.plan) return { plan: verdict.plan, repairs, usage }
      ;({ faults } = verdict)
      mend = { previous: draft.plan, faults }
      repairs += 1
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      tools.onRejected([toAppError(error).message])
      break
    }
    tools.onRejected(faults)
  }
  return { plan: undefined, repairs, usage }
}

function levelsLeft({ lineage }: Pick<SessionDocument, 'lineage'>): number {
  return Math.max(0, PLAN_LIMITS.depth - 1 - lineage.length)
}

function soFar({ nodes }: SessionDocument, id: string): NodeSoFar {
  const state = nodes[id]
  const result = state?.output?.text ?? state?.rejection ?? state?.error?.message
  return { id, state: state?.state ?? 'pending', agent: state?.agent ?? '', ...(result !== undefined && { result: result.slice(0, RESULT_CHARS) }) }
}
