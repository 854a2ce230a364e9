import { PLAN_LIMITS, type AgentNode, type AgentSummary, type Plan } from '@signalbox/contracts'

import { findNamedAgents } from './find-named-agents.ts'
import { toNodeIds } from './node-ids.ts'
import { pickSkill, type Offer } from './pick-skill.ts'
import { splitGoal, type GoalShape } from './split-goal.ts'

/** What the plan is drawn from. `subject` is what the conversation was about, for goals that only say "it". */
export interface PlanningTask {
  goal: string
  subject?: string
  agents: readonly AgentSummary[]
  /** Draw no more than is needed: after a plan was refused. */
  simple?: boolean
}

type Draft = Pick<AgentNode, 'id' | 'agent' | 'instruction' | 'needs' | 'on_failure'> & {
  skill?: string
}

/**
 * Draws a plan by form alone: one look-up for each thing that the goal asks about, side by side;
 * for a comparison or a judgement a node that reasons over them; and a node that answers.
 *
 * Each look-up carries the words it shares with the others, because agents see their own
 * instruction and nothing of their siblings'. The answer needs the look-ups themselves, not only
 * what was made of them, so that it can cite them.
 */
export function drawPlan(task: PlanningTask): Plan {
  const shape = splitGoal(task.goal)
  const lookups = drawLookups(task, shape)
  const reasoning = task.simple ? [] : drawReasoning(task, shape, lookups)
  const answer = drawAnswer(task, [...lookups, ...reasoning])
  const nodes = [...lookups, ...reasoning, answer].map((draft) => ({
    kind: 'agent' as const,
    ...draft,
  }))
  return { goal: task.goal.trim().slice(0, 20_000), nodes, answer: answer.id }
}

function drawLookups(task: PlanningTask, shape: GoalShape): Draft[] {
  const named = findNamedAgents(task.goal, task.agents)
  if (named.length > 0) {
    const ids = toNodeIds(
      'ask',
      named.map(({ agent }) => agent),
    )
    return named.map((offer, index) =>
      draft(ids[index] as string, offer, task.goal, {
        on_failure: named.length > 1 ? 'skip' : 'fail',
      }),
    )
  }
  const offer = pickSkill('retrieve', task.agents)
  if (!offer) return []
  const ids = toNodeIds('find', shape.topics)
  // One look-up that fails must not take the others' findings with it; a lone one has nothing to leave.
  const on_failure = shape.topics.length > 1 ? 'skip' : 'fail'
  return shape.topics.map((topic, index) => draft(ids[index] as string, offer, withSubject(topic, task.subject), { on_failure }))
}

const JUDGING =
  /\b(?:why|analy[sz]e|assess|evaluate|recommend|advise|weigh|pros and cons|trade-?offs?|implications?|should (?:we|i)|step[- ]by[- ]step|in depth|research|investigate)\b/i

function drawReasoning(task: PlanningTask, shape: GoalShape, lookups: readonly Draft[]): Draft[] {
  const comparing = shape.kind === 'comparison'
  if (lookups.length === 0 || (!comparing && !JUDGING.test(task.goal))) return []
  const offer = pickSkill('reason', task.agents)
  if (!offer || lookups.some(({ agent }) => agent === offer.agent)) return []
  const needs = lookups.map(({ id }) => id)
  return comparing
    ? [draft('compare', offer, `Compare ${joinNames(shape.topics.map((topic) => withSubject(topic, task.subject)))}.`, { needs, on_failure: 'skip' })]
    : [draft('weigh', offer, task.goal, { needs, on_failure: 'skip' })]
}

function drawAnswer(task: PlanningTask, before: readonly Draft[]): Draft {
  const offer = pickSkill('answer', task.agents) ?? pickSkill('reason', task.agents) ?? pickSkill('retrieve', task.agents) ?? firstOffer(task.agents)
  const needs = before.map(({ id }) => id).slice(0, PLAN_LIMITS.needs)
  const instruction = before.length > 0 ? 'Write the answer to the goal from the results, and cite the passages it rests on.' : task.goal
  return draft('answer', offer, instruction, { needs })
}

function draft(id: string, offer: { agent: string; skill?: string }, instruction: string, more: Partial<Pick<Draft, 'needs' | 'on_failure'>>): Draft {
  return {
    id,
    ...offer,
    instruction: instruction.trim().slice(0, PLAN_LIMITS.instruction),
    needs: [],
    on_failure: 'fail',
    ...more,
  }
}

function firstOffer(agents: readonly AgentSummary[]): Offer | { agent: string } {
  const agent = agents[0]
  const skill = agent?.skills[0]
  return skill ? { agent: agent.id, skill: skill.id } : { agent: agent?.id ?? 'none' }
}

function withSubject(topic: string, subject: string | undefined): string {
  return subject === undefined ? topic : `${topic} (${subject})`
}

function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} with ${names.at(-1)}`
}
