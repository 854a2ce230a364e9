import { addUsage, NO_USAGE, readPlan, type AgentSummary, type Plan, type SessionDocument, type Usage } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { fallbackPlan } from './fallback-plan.ts'
import type { Planner } from './ports.ts'

export interface MadePlan {
  plan: Plan
  source: 'planner' | 'repaired' | 'fallback'
  repairs: number
  usage: Usage
}

const REPAIRS = 2

/**
 * A plan that can run. What the planner draws is checked here again, against the agents that are
 * alive; its faults go back to it, twice at most. After that, and when it cannot be reached, the
 * safe plan of our own is used.
 */
export async function makePlan(
  document: Pick<SessionDocument, 'goal' | 'conversation'>,
  agents: AgentSummary[],
  planner: Planner,
  tools: { onRejected: (faults: string[]) => void; signal: AbortSignal },
): Promise<MadePlan> {
  let usage = NO_USAGE
  let previous: unknown
  let faults: string[] | undefined
  let repairs = 0
  const fallback = (): MadePlan => ({ plan: fallbackPlan(document.goal, agents), source: 'fallback', repairs, usage })
  if (agents.length === 0) return fallback()
  for (let round = 0; round <= REPAIRS; round += 1) {
    try {
      const draft = await planner.draw({ goal: document.goal, conversation: document.conversation, agents, ...(faults && { previous, faults }) }, tools.signal)
      usage = draft.usage ? addUsage(usage, draft.usage) : usage
      repairs += draft.repairs
      const verdict = readPlan(draft.plan, agents)
      if (verdict.plan) return { plan: verdict.plan, source: repairs > 0 ? 'repaired' : 'planner', repairs, usage }
      ;({ faults } = verdict)
      previous = draft.plan
      repairs += 1
    } catch (error) {
      if (tools.signal.aborted) throw tools.signal.reason
      tools.onRejected([toAppError(error).message])
      return fallback()
    }
    tools.onRejected(faults)
  }
  return fallback()
}
