import { PLAN_LIMITS, type AgentSummary, type VoteNode } from '@signalbox/contracts'

import { draftWork, type PlanningTask } from './draft-node.ts'
import { pickSkill, rankSkills, type Offer } from './pick-skill.ts'
import type { VoteWish } from './read-wishes.ts'

/**
 * A vote by those who reason, different agents first; where there are fewer than voters, they vote
 * again. Free answers are hardly ever equal, so a judge decides those. Undefined where nobody can vote.
 */
export function drawVote(wish: VoteWish, { agents }: PlanningTask, needs: string[], named: readonly Offer[]): VoteNode | undefined {
  const pool = named.length > 1 ? named : toPool(agents)
  const [first] = pool
  if (!first) return undefined
  const count = named.length > 1 ? named.length : Math.min(Math.max(wish.voters, 2), PLAN_LIMITS.voters)
  const voters = Array.from({ length: count }, (_, index) => pool[index % pool.length] ?? first)
  const judge = pickSkill('reason', agents) ?? first
  return {
    kind: 'vote',
    id: 'vote',
    ...draftWork(wish.question),
    needs,
    voters,
    decide: wish.judged || !wish.options ? 'judge' : 'majority',
    judge,
    ...(wish.options && { options: wish.options.slice(0, PLAN_LIMITS.options) }),
    on_failure: 'fail',
  }
}

/** Those who reason, each agent once; mocks only where there is nobody else. */
function toPool(agents: readonly AgentSummary[]): Offer[] {
  const reasoners = rankSkills('reason', agents)
  const ranked = reasoners.length > 0 ? reasoners : rankSkills('answer', agents)
  const perAgent = ranked.filter(({ agent }, index) => ranked.findIndex((other) => other.agent === agent) === index)
  const real = perAgent.filter(({ isMock }) => !isMock)
  return (real.length > 0 ? real : perAgent).map(({ agent, skill }) => ({ agent, skill }))
}
