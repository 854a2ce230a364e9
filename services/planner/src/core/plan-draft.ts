import { PLAN_LIMITS, readPlan, type AgentSummary, type PlanRequest, type PlanVerdict } from '@signalbox/contracts'
import { z } from 'zod'

/**
 * A plan as the model writes it. It differs from the contract's plan where strict structured output
 * cannot follow: what is left out is null, `inputs` is a list, and `when` is JSON Logic as JSON text.
 * Models that are not held to a schema write the contract's own form now and then; both are read.
 */
export const planDraftSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      agent: z.string(),
      skill: z.string().nullish(),
      instruction: z.string(),
      needs: z.array(z.string()).nullish(),
      inputs: z.preprocess(listInputs, z.array(z.object({ name: z.string(), from: z.string() })).nullish()),
      when: z.preprocess(writeCondition, z.string().nullish()),
      on_failure: z.enum(['fail', 'skip', 'fallback']).nullish(),
      fallback: z.string().nullish(),
      deadline_s: z.number().nullish(),
    }),
  ),
  answer: z.string(),
})
export type PlanDraft = z.infer<typeof planDraftSchema>
type DraftNode = PlanDraft['nodes'][number]

/**
 * The draft as a plan, or everything that is wrong with it. What can be mended without asking is
 * mended: skills and fallback agents that do not exist are taken out (the agent then chooses the
 * skill, the node then fails plainly), and an input from a node makes that node a need.
 */
export function readDraft(draft: PlanDraft, { goal, agents }: Pick<PlanRequest, 'goal' | 'agents'>): PlanVerdict {
  const faults: string[] = []
  const nodes = draft.nodes.map((node) => toNode(node, { agents, fault: (words) => faults.push(words) }))
  if (faults.length > 0) return { plan: undefined, faults }
  return readPlan({ goal: goal.trim().slice(0, LONGEST_GOAL), nodes, answer: draft.answer.trim() }, agents)
}

/** As long as the contract lets a plan's goal be. */
const LONGEST_GOAL = 20_000

function toNode(draft: DraftNode, { agents, fault }: { agents: readonly AgentSummary[]; fault: (words: string) => void }): Record<string, unknown> {
  const agent = agents.find(({ id }) => id === draft.agent)
  const skill = agent?.skills.find(({ id }) => id === draft.skill)?.id
  const fallback = agents.find(({ id }) => id === draft.fallback && id !== draft.agent)?.id
  const onFailure = draft.on_failure === 'fallback' && fallback === undefined ? 'fail' : (draft.on_failure ?? 'fail')
  const inputs = draft.inputs ?? []
  return {
    id: draft.id.trim(),
    agent: draft.agent,
    ...(skill !== undefined && { skill }),
    instruction: draft.instruction,
    needs: [...new Set([...(draft.needs ?? []), ...inputs.map(({ from }) => from.split('.')[0] as string)])],
    ...(inputs.length > 0 && { inputs: Object.fromEntries(inputs.map(({ name, from }) => [name, from])) }),
    ...readCondition(draft, fault),
    on_failure: onFailure,
    ...(onFailure === 'fallback' && { fallback }),
    ...(draft.deadline_s && draft.deadline_s > 0 && { deadline_s: Math.min(draft.deadline_s, PLAN_LIMITS.deadlineSeconds) }),
  }
}

function readCondition({ id, when }: DraftNode, fault: (words: string) => void): { when?: unknown } {
  if (when === null || when === undefined || when.trim() === '') return {}
  try {
    return { when: JSON.parse(when) as unknown }
  } catch {
    fault(`node '${id}': its condition is not JSON`)
    return {}
  }
}

/** `{a: 'n1'}` → `[{name: 'a', from: 'n1'}]` */
function listInputs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.entries(value).map(([name, from]) => ({ name, from: from as unknown }))
}

function writeCondition(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
