import { SKILLS, type AgentSummary, type Plan, type PlanNode } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/**
 * The plan that is always possible: look the goal up where somebody can, and answer. Used when the
 * planner cannot be reached, or draws nothing sound.
 */
export function fallbackPlan(goal: string, agents: readonly AgentSummary[]): Plan {
  const writer = withSkill(agents, SKILLS.answer) ?? withSkill(agents, SKILLS.reason)
  const reader = withSkill(agents, SKILLS.retrieve)
  const answerer = writer ?? withSkill(agents, SKILLS.answerFromKnowledge) ?? firstOf(agents)
  const retrieve: PlanNode[] =
    writer && reader
      ? [{ id: 'retrieve', kind: 'agent', agent: reader.agent, skill: reader.skill, instruction: goal.slice(0, 8_000), needs: [], on_failure: 'skip' }]
      : []
  const answer: PlanNode = {
    id: 'answer',
    kind: 'agent',
    agent: answerer.agent,
    ...(answerer.skill !== undefined && { skill: answerer.skill }),
    instruction: goal.slice(0, 8_000),
    needs: retrieve.map(({ id }) => id),
    on_failure: 'fail',
  }
  return { goal: goal.slice(0, 20_000), nodes: [...retrieve, answer], answer: 'answer' }
}

function withSkill(agents: readonly AgentSummary[], skill: string): { agent: string; skill: string } | undefined {
  const agent = agents.find(({ skills }) => skills.some(({ id }) => id === skill))
  return agent && { agent: agent.id, skill }
}

function firstOf(agents: readonly AgentSummary[]): { agent: string; skill?: string } {
  const [agent] = agents
  if (!agent) throw new AppError('agent_unavailable', 'No agent is available to work on this.')
  return { agent: agent.id, ...(agent.skills[0] && { skill: agent.skills[0].id }) }
}
