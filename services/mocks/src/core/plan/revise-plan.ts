import { agentOf, readPlan, type AgentNode, type AgentSummary, type MapNode, type Plan, type PlanNode, type VoteNode } from '@signalbox/contracts'

import { answerOffer, draftNode, type PlanningTask } from './draft-node.ts'
import { WRITE_ANSWER } from './draw-plan.ts'
import { isNodeNamed, isRejection, withoutRejected } from './leave-out-rejected.ts'
import { toNodeIds } from './node-ids.ts'
import { pickSkill, rankSkills, workOf, type Offer } from './pick-skill.ts'
import type { Progress } from './read-revision.ts'
import { reachable, rewire, type Change } from './rewire.ts'

/** A plan that runs, and why it is to be drawn anew. */
export interface RevisionTask extends PlanningTask {
  plan: Plan
  progress: readonly Progress[]
  reason: string
  levels: number
}

/**
 * Draws what has not begun anew, and leaves out what has, which stays anyway:
 *
 *  R1. Work that failed or is spoken of in the reason is given to another agent of the same trade;
 *      where there is none, the plan goes on without it.
 *  R2. Where nothing is at fault, what the reason speaks of is looked up besides.
 *  R3. What a person has rejected is not given to anybody else: it is left out with what only it was for,
 *      and the answer says that it was not done.
 *  R4. What then leads nowhere is dropped. If what comes out is not sound, the answer is written from
 *      what there is; and if not even that is, the plan stays as it is.
 */
export function revisePlan(task: RevisionTask): Plan {
  const current = { plan: task.plan, begun: new Set(task.progress.flatMap(({ id, state }) => (state === 'pending' ? [] : [id]))) }
  // An answer that has begun can use nothing new.
  if (current.begun.has(task.plan.answer)) return task.plan
  const revised = isRejection(task.reason) ? withoutRejected(task.plan, current.begun, task.reason) : routeAround(task, current.begun)
  const candidates = [revised, answerAtOnce(task)]
  return candidates.find((plan) => plan.nodes.length > 0 && readPlan(plan, task.agents, { levels: task.levels, current }).plan !== undefined) ?? task.plan
}

function routeAround(task: RevisionTask, begun: ReadonlySet<string>): Plan {
  const { plan, reason } = task
  const pending = plan.nodes.filter(({ id }) => !begun.has(id))
  const needed = new Set(pending.flatMap(({ needs }) => needs))
  const isFailed = ({ id }: PlanNode): boolean => needed.has(id) && stateOf(id, task) === 'failed'
  const isAtFault = (node: PlanNode): boolean => node.id !== plan.answer && (isNodeNamed(node.id, reason) || isStranded(node, task))
  const blamed = plan.nodes.filter((node) => (begun.has(node.id) ? isFailed(node) : isAtFault(node)))
  const change: Change = { plan, instead: new Map(blamed.map((node) => [node.id, replacementOf(node, task)])) }
  const more = blamed.length === 0 ? lookUpReason(task) : []

  const fresh = [...change.instead.values()].filter((node) => node !== undefined)
  const kept = pending.filter(({ id }) => !change.instead.has(id))
  const nodes = [...fresh, ...more, ...kept]
    .map((node) => (node.id === plan.answer ? toAnswer(node, task, more) : node))
    .map((node) => rewire(node, change))
    .filter((node) => node !== undefined)
  return { ...plan, nodes: reachable(nodes, plan.answer) }
}

function stateOf(node: string, { progress }: RevisionTask): string | undefined {
  return progress.find(({ id }) => id === node)?.state
}

/** The answer, from all that has come of the plan so far. */
function answerAtOnce(task: RevisionTask): Plan {
  const { plan, progress } = task
  const answer = plan.nodes.find(({ id }) => id === plan.answer)
  if (!answer) return { ...plan, nodes: [] }
  const needs = progress.flatMap(({ id, state }) => ((state === 'completed' || state === 'running') && plan.nodes.some((node) => node.id === id) ? [id] : []))
  return { ...plan, nodes: [draftNode(answer.id, answerOffer(task.agents), needs.length > 0 ? WRITE_ANSWER : task.goal, { needs })] }
}

// Who does it instead.

/** Work that nobody is there for any more. */
function isStranded(node: PlanNode, { agents }: RevisionTask): boolean {
  if (node.kind === 'plan' || node.kind === 'approval') return false
  const asked = node.kind === 'vote' ? [...node.voters, ...(node.judge ? [node.judge] : [])] : [node]
  return asked.some(({ agent }) => !agents.some(({ id }) => id === agent))
}

function replacementOf(node: PlanNode, task: RevisionTask): PlanNode | undefined {
  if (node.kind === 'plan' || node.kind === 'approval') return undefined
  const id = freshId(node.id, task)
  if (node.kind === 'vote') return voteWithout(node, id, task)
  const offer = otherOffer(node, task)
  if (!offer) return undefined
  const { fallback: _fallback, skill: _skill, ...rest } = node
  // It has been tried once: whether it works now or not, the answer comes.
  return { ...rest, ...offer, id, on_failure: 'skip' }
}

/** The same trade, another agent: one that is not spoken of, and none that failed at this before. */
function otherOffer(node: AgentNode | MapNode, task: RevisionTask): Offer | undefined {
  const tried = new Set(task.plan.nodes.flatMap((other) => (stemOf(other.id) === stemOf(node.id) ? [agentOf(other)] : [])))
  const agents = task.agents.filter(({ id }) => !tried.has(id) && !isBlamed(id, task.reason))
  const old = task.agents.find(({ id }) => id === node.agent)
  const [work] = old ? workOf(old, node.skill) : []
  const same = agents.find(({ skills }) => node.skill !== undefined && skills.some(({ id }) => id === node.skill))
  if (same && node.skill !== undefined) return { agent: same.id, skill: same.skills.find(({ id }) => id === node.skill)?.id ?? node.skill }
  return pickSkill(work ?? workOfId(node.id), agents)
}

/** An agent whose card is gone is known by what its node is called. */
function workOfId(id: string): Parameters<typeof pickSkill>[0] {
  return /^(?:compare|weigh|list|each)/.test(id) ? 'reason' : 'retrieve'
}

/** Those voters who are there and not spoken of, as long as they are a vote. */
function voteWithout(node: VoteNode, id: string, task: RevisionTask): VoteNode | undefined {
  if (stateOf(node.id, task) === 'failed') return undefined
  const { agents, reason } = task
  const fits = ({ agent }: Pick<Offer, 'agent'>): boolean => !isBlamed(agent, reason) && agents.some((known) => known.id === agent)
  const voters = node.voters.filter(fits)
  const [judge] = rankSkills(
    'reason',
    agents.filter(({ id: agent }) => !isBlamed(agent, reason)),
  )
  if (voters.length < 2 || !judge) return undefined
  return { ...node, id, voters, judge: node.judge && fits(node.judge) ? node.judge : { agent: judge.agent, skill: judge.skill } }
}

/** `agent 'x' …` speaks of an agent. */
function isBlamed(agent: string, reason: string): boolean {
  return reason.includes(`agent '${agent}'`)
}

function freshId(id: string, { plan }: RevisionTask): string {
  const stem = stemOf(id)
  for (let time = 1; ; time++) {
    const fresh = time === 1 ? `${stem}-again` : `${stem}-again-${time}`
    if (!plan.nodes.some((node) => node.id === fresh)) return fresh
  }
}

/** `find-costs-again-2` → `find-costs`, short enough to be had again. */
function stemOf(id: string): string {
  return id.replace(/-again(?:-\d+)?$/, '').slice(0, 30)
}

// What is looked up besides.

/** `node 'weigh' asks: the law of 1908 is missing` → a look-up of that, where there is somebody to ask. */
function lookUpReason(task: RevisionTask): AgentNode[] {
  const { plan, agents, reason } = task
  const topic = reason
    .replace(/^[^:]*\b(?:node|agent|operator|approval|condition)\b[^:]*:\s*/i, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 400)
  const asked = new Set(plan.nodes.map(agentOf))
  const retrievers = rankSkills('retrieve', agents)
  const offer = retrievers.find(({ agent, isMock }) => !asked.has(agent) && !isMock) ?? retrievers[0]
  if (!offer || topic === '') return []
  const [id = 'find-more'] = toNodeIds('find', [topic])
  const free = plan.nodes.some((node) => node.id === id) ? freshId(id, task) : id
  return [draftNode(free, { agent: offer.agent, skill: offer.skill }, topic, { on_failure: 'skip' })]
}

/** The answer as it was, with what is new, by somebody who is there. */
function toAnswer(node: PlanNode, task: RevisionTask, more: readonly PlanNode[]): PlanNode {
  const needs = [...new Set([...node.needs, ...more.map(({ id }) => id)])]
  const isGone = isStranded(node, task) || (node.kind === 'agent' && isBlamed(node.agent, task.reason))
  const others: readonly AgentSummary[] = task.agents.filter(({ id }) => !isBlamed(id, task.reason))
  return isGone && others.length > 0 ? draftNode(node.id, answerOffer(others), node.instruction, { needs }) : { ...node, needs }
}
