import { PLAN_LIMITS, type AgentNode, type AgentSummary, type PlanNode } from '@signalbox/contracts'

import { pickSkill, type Offer } from './pick-skill.ts'

/** What plans are drawn from. */
export interface PlanningTask {
  goal: string
  /** What the conversation was about, for goals that only say "it". */
  subject?: string
  agents: readonly AgentSummary[]
  /** The kinds of node that may be drawn; all where nothing is said. */
  kinds?: ReadonlySet<PlanNode['kind']>
  /** Draw no more than is needed: after a plan was refused. */
  simple?: boolean
}

/** A node for one agent. One that may fail without taking the answer with it is skipped then. */
export function draftNode(
  id: string,
  offer: Offer | { agent: string },
  instruction: string,
  more: Partial<Pick<AgentNode, 'needs' | 'on_failure'>> = {},
): AgentNode {
  return { kind: 'agent', id, ...offer, ...draftWork(instruction), on_failure: 'fail', ...more }
}

/** What a node of any kind has. */
export function draftWork(instruction: string): { instruction: string; needs: string[] } {
  return { instruction: instruction.trim().slice(0, PLAN_LIMITS.instruction), needs: [] }
}

/** Who answers: one who writes answers, or whoever comes nearest to it. */
export function answerOffer(agents: readonly AgentSummary[]): Offer | { agent: string } {
  return pickSkill('answer', agents) ?? pickSkill('reason', agents) ?? pickSkill('retrieve', agents) ?? firstOffer(agents)
}

/** The first skill of the first agent, for work that no card speaks of. */
export function firstOffer(agents: readonly AgentSummary[]): Offer | { agent: string } {
  const agent = agents[0]
  const skill = agent?.skills[0]
  return skill ? { agent: agent.id, skill: skill.id } : { agent: agent?.id ?? 'none' }
}
