import type { Budget, PlanPreview, PlanPreviewRequest } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { withinBudget } from './budget.ts'
import { estimatePlan } from './estimate/estimate-plan.ts'
import type { WorkHistory } from './estimate/work-history.ts'
import { makePlan } from './make-plan.ts'
import type { AgentDirectory, Planner } from './ports.ts'

export interface PreviewTools {
  directory: AgentDirectory
  planner: Planner
  /** What work took in sessions that have ended. Throws where the store is away. */
  history: () => Promise<WorkHistory>
  /** What a session may spend at most. */
  budget: Budget
  /** How many items of one `map` are worked on at once. */
  perAgent: number
  maxConversationChars: number
}

/**
 * The plan that a session would begin with, drawn and checked as its own would be. Nothing is kept, and nobody is asked
 * but the planner.
 *
 * @throws AppError `deadline_exceeded` where it is not drawn in time, `agent_unavailable` where there is nobody to plan for.
 */
export async function previewPlan(
  { conversation, budget: asked = {}, deadline_s: seconds }: PlanPreviewRequest,
  tools: PreviewTools,
  caller: AbortSignal,
): Promise<PlanPreview> {
  const goal = conversation.findLast(({ role }) => role === 'user')?.text.slice(0, 20_000) ?? ''
  if (goal.trim() === '') throw new AppError('invalid_request', 'conversation: holds no user turn with text.', { param: 'conversation' })
  if (conversation.reduce((sum, { text }) => sum + text.length, 0) > tools.maxConversationChars)
    throw new AppError('payload_too_large', `The conversation is longer than ${tools.maxConversationChars} characters.`, { param: 'conversation' })
  const agents = tools.directory.alive()
  if (agents.length === 0) throw new AppError('agent_unavailable', 'No agent is available to plan for.')

  const begun = performance.now()
  const late = AbortSignal.timeout(seconds * 1_000)
  const signal = AbortSignal.any([caller, late])
  const made = await makePlan({ goal, conversation, lineage: [] }, agents, tools.planner, { onRejected: () => undefined, signal }).catch((error: unknown) => {
    if (caller.aborted || !late.aborted) throw error
    throw new AppError('deadline_exceeded', `The plan was not drawn within ${seconds} s.`, { cause: error })
  })
  const tookMs = performance.now() - begun
  const budget = withinBudget(asked, tools.budget)
  const planning = { seconds: tookMs / 1_000, usage: made.usage }
  return {
    object: 'signalbox.plan',
    plan: made.plan,
    source: made.source,
    repairs: made.repairs,
    usage: made.usage,
    took_ms: Math.round(tookMs),
    budget,
    estimate: estimatePlan(made.plan, { history: await tools.history(), planning, budget, perAgent: tools.perAgent }),
  }
}
