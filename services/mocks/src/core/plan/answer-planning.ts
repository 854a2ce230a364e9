import { agentOf, agentSummarySchema, readPlan, readSection, type AgentSummary, type Plan, type PlanNode } from '@signalbox/contracts'
import { z } from 'zod'

import { toTerms } from '../text/terms.ts'
import type { PlanningTask } from './draft-node.ts'
import { drawPlan } from './draw-plan.ts'
import { readRevision } from './read-revision.ts'
import { revisePlan } from './revise-plan.ts'

export type NodeKinds = ReadonlySet<PlanNode['kind']>

const EVERY_KIND: NodeKinds = new Set(['agent', 'map', 'vote', 'plan', 'approval'])

/**
 * Answers a planner's prompt (sections `goal`, `agents`, `conversation`, for a repair `faults`, and
 * for a revision `current_plan`, `progress`, `reason`) with a plan of nodes of these kinds. Undefined
 * where the prompt has no goal or no agents to plan with.
 */
export function answerPlanning(prompt: string, kinds: NodeKinds = EVERY_KIND): Plan | undefined {
  const goal = readSection(prompt, 'goal')
  const agents = readAgents(readSection(prompt, 'agents'))
  if (goal === undefined || goal.trim() === '' || agents.length === 0) return undefined
  const subject = readSubject(goal, readSection(prompt, 'conversation'))
  const task = { goal, kinds, ...(subject !== undefined && { subject }) }
  const revision = readRevision(prompt, goal)
  // What was wrong with a revision would be wrong with it again.
  if (revision) return revisePlan({ ...task, ...revision, agents, levels: kinds.has('plan') ? 1 : 0 })
  const faults = readSection(prompt, 'faults')
  if (faults === undefined) return drawPlan({ ...task, agents })
  return mendPlan(task, agents, { faults, previous: readSection(prompt, 'previous_plan') })
}

/**
 * The rules that drew a plan would draw it again, so a refused one is mended by drawing it anew
 * without the agents that the faults speak of, and then, if that is what was refused or is no use,
 * with nothing in it that can be left out.
 */
function mendPlan(task: Omit<PlanningTask, 'agents'>, agents: readonly AgentSummary[], refused: { faults: string; previous: string | undefined }): Plan {
  const blameless = agents.filter(({ id }) => !isBlamed(id, refused.faults))
  const choices = [blameless, agents].filter((choice) => choice.length > 0)
  const drafts = [false, true].flatMap((simple) => choices.map((choice) => drawPlan({ ...task, agents: choice, simple })))
  const fresh = drafts.find(
    (plan) =>
      readPlan(plan, agents, { levels: 1 }).plan !== undefined &&
      toOutline(plan.nodes.map((node) => ({ id: node.id, agent: agentOf(node) }))) !== readOutline(refused.previous),
  )
  return fresh ?? (drafts.at(-1) as Plan)
}

/** What a plan comes down to, for telling whether a new one is the old one again. */
function toOutline(nodes: readonly { id: string; agent: string }[]): string {
  return nodes.map(({ id, agent }) => `${id}@${agent}`).join(' ')
}

const outlineSchema = z.looseObject({
  nodes: z.array(z.looseObject({ id: z.string(), agent: z.string().nullish(), kind: z.string().nullish() })),
})

function readOutline(previous: string | undefined): string | undefined {
  try {
    return toOutline(outlineSchema.parse(JSON.parse(previous ?? 'null')).nodes.map(({ id, agent, kind }) => ({ id, agent: agent ?? kind ?? '' })))
  } catch {
    return undefined
  }
}

/** A fault about an agent says `agent 'x' …`, and does not merely list it among those that are there. */
function isBlamed(id: string, faults: string): boolean {
  return faults.split('\n').some((fault) => fault.split(/; (?:the agents|its skills) are:/)[0]?.includes(`agent '${id}'`))
}

function readAgents(section: string | undefined): AgentSummary[] {
  try {
    return agentSummarySchema.array().parse(JSON.parse(section ?? '[]'))
  } catch {
    return []
  }
}

/** What "it" stands for: the telling words of the last thing that was asked before. */
function readSubject(goal: string, conversation: string | undefined): string | undefined {
  if (conversation === undefined || !/\b(?:it|its|they|them|their|this|that|these|those|there)\b/i.test(goal)) return undefined
  const earlier = [...conversation.matchAll(/^\W*user\W*[:>]\s*(.+)$/gim)].map((match) => match[1] as string).filter((text) => !goal.includes(text.trim()))
  const words = (earlier.at(-1) ?? '').split(/\s+/).filter((word) => toTerms(word).length > 0)
  return words.length > 0
    ? words
        .slice(0, 12)
        .join(' ')
        .replace(/[?.!,;:]+$/, '')
    : undefined
}
