import { PLAN_LIMITS, type AgentNode, type Plan, type PlanNode } from '@signalbox/contracts'

import { askNamed } from './ask-named.ts'
import { answerOffer, draftNode, draftWork, type PlanningTask } from './draft-node.ts'
import { drawEach } from './draw-each.ts'
import { drawVote } from './draw-vote.ts'
import { findNamedAgents } from './find-named-agents.ts'
import { toNodeIds } from './node-ids.ts'
import { pickSkill } from './pick-skill.ts'
import { readWishes, type Wishes } from './read-wishes.ts'
import { shieldWords } from './shield-words.ts'
import { splitGoal, type GoalShape } from './split-goal.ts'
import { withApprovals } from './with-approvals.ts'

/**
 * Draws a plan by form alone: one look-up for each thing that the goal asks about, side by side;
 * for a comparison or a judgement a node that reasons over them; and a node that answers. A goal
 * that asks for a vote, for the same work on everything that is found, or for a plan of its own for
 * a part, gets a node of that kind in between.
 *
 * Each look-up carries the words it shares with the others, because agents see their own
 * instruction and nothing of their siblings'. The answer needs the look-ups themselves, not only
 * what was made of them, so that it can cite them. Words in brackets stay with what they stand in.
 */
export function drawPlan(task: PlanningTask): Plan {
  const shield = shieldWords(task.goal)
  const plan = draw({ ...task, goal: shield.goal })
  return withApprovals({ ...plan, goal: task.goal.trim().slice(0, 20_000) }, shield, task)
}

function draw(task: PlanningTask): Plan {
  const wishes = task.simple ? { goal: task.goal } : readWishes(task.goal)
  const nodes = drawWork(task, isDrawable(wishes, task) ? wishes : { goal: toPlainGoal(task.goal, wishes) })
  const answer = drawAnswer(task, nodes)
  return { goal: task.goal.trim().slice(0, 20_000), nodes: [...nodes, answer], answer: answer.id }
}

function isDrawable({ subplan, vote, each }: Wishes, { kinds }: PlanningTask): boolean {
  const wanted = [...(subplan === undefined ? [] : ['plan' as const]), ...(vote ? ['vote' as const] : []), ...(each ? ['map' as const] : [])]
  return wanted.every((kind) => kinds?.has(kind) ?? true)
}

/** What is asked for by one who may not have it in its own shape. */
function toPlainGoal(goal: string, { goal: rest, subplan, vote }: Wishes): string {
  if (vote) return vote.question
  if (subplan === undefined) return goal
  const other = TOGETHER.exec(rest)?.groups?.['other']
  return other === undefined ? toSentences([subplan, rest]) : toComparison(subplan, other)
}

function toSentences(pieces: readonly string[]): string {
  return pieces
    .filter((piece) => piece !== '')
    .map((piece) => `${piece.charAt(0).toUpperCase()}${piece.slice(1).replace(/[\s.?!]+$/, '')}.`)
    .join(' ')
}

function drawWork(task: PlanningTask, wishes: Wishes): PlanNode[] {
  const named = findNamedAgents(task.goal, task.agents)
  if (wishes.each) return drawEach(wishes.each, task, named)
  if (wishes.vote) {
    const lookups = drawLookups({ ...task, goal: wishes.goal }, toVoteTopics(wishes))
    const vote = drawVote(
      wishes.vote,
      task,
      lookups.map(({ id }) => id),
      named,
    )
    return vote ? [...lookups, vote] : lookups
  }
  if (wishes.subplan !== undefined) return drawWithSubplan(task, wishes, wishes.subplan)
  const shape = splitGoal(wishes.goal)
  const lookups = named.length > 0 ? askNamed(task.goal, named) : drawLookups(task, shape.topics)
  return [...lookups, ...(task.simple ? [] : drawReasoning(task, shape, lookups))]
}

/** The part is planned by itself beside the look-ups for the rest, which may say "it" of the part. */
function drawWithSubplan(task: PlanningTask, { goal }: Wishes, subplan: string): PlanNode[] {
  const part: PlanNode = { kind: 'plan', id: toNodeIds('study', [subplan])[0] ?? 'study', ...draftWork(subplan), on_failure: 'fail' }
  const other = TOGETHER.exec(goal)?.groups?.['other']
  const shape = splitGoal(goal)
  const lookups = drawLookups({ ...task, goal }, other === undefined ? (goal === '' ? [] : shape.topics) : [other])
  const reason = other !== undefined || shape.kind === 'comparison' ? pickSkill('reason', task.agents) : undefined
  if (!reason) return [part, ...lookups]
  const needs = [part.id, ...lookups.map(({ id }) => id)]
  return [
    part,
    ...lookups,
    draftNode('compare', reason, other === undefined ? toSentences([goal]) : toComparison(subplan, other), { needs, on_failure: 'skip' }),
  ]
}

/** `find out how jobs stall`, `tasks` → `Compare how jobs stall with tasks.` */
function toComparison(part: string, other: string): string {
  return `Compare ${part.replace(/^(?:find|finding)\s+out\s+(?:about\s+)?/i, '')} with ${other.trim()}.`
}

/** What a part is to be held beside. */
const TOGETHER = /\b(?:compare|contrast)\s+(?:it|them|this|that)\s+(?:with|to|against)\s+(?<other>[^.?!]+)/i

function drawLookups(task: PlanningTask, topics: readonly string[]): AgentNode[] {
  const offer = pickSkill('retrieve', task.agents)
  if (!offer) return []
  const ids = toNodeIds('find', topics)
  // One look-up that fails must not take the others' findings with it; a lone one has nothing to leave.
  const on_failure = topics.length > 1 ? 'skip' : 'fail'
  return topics.map((topic, index) => draftNode(ids[index] as string, offer, withSubject(topic, task.subject), { on_failure }))
}

/** What is voted for is looked up side by side; a yes or no has nothing to look up by itself. */
function toVoteTopics({ goal, vote }: Wishes): string[] {
  const { topics } = splitGoal(goal)
  const options = vote?.options?.some((option) => /^(?:yes|no)$/i.test(option)) ? [] : (vote?.options ?? [])
  if (topics.length > 1 || options.length === 0) return topics
  const asked = options
    .reduce((rest, option) => rest.replace(option, ''), goal)
    .replaceAll(/[\s,:]+(?:or\b[\s,:]*)?/g, ' ')
    .trim()
  return options.map((option) => `${asked} ${option}`)
}

const JUDGING =
  /\b(?:why|analy[sz]e|assess|evaluate|recommend|advise|weigh|pros and cons|trade-?offs?|implications?|should (?:we|i)|step[- ]by[- ]step|in depth|research|investigate)\b/i

function drawReasoning(task: PlanningTask, shape: GoalShape, lookups: readonly AgentNode[]): AgentNode[] {
  const comparing = shape.kind === 'comparison'
  if (lookups.length === 0 || (!comparing && !JUDGING.test(task.goal))) return []
  const offer = pickSkill('reason', task.agents)
  if (!offer || lookups.some(({ agent }) => agent === offer.agent)) return []
  const needs = lookups.map(({ id }) => id)
  return comparing
    ? [draftNode('compare', offer, `Compare ${joinNames(shape.topics.map((topic) => withSubject(topic, task.subject)))}.`, { needs, on_failure: 'skip' })]
    : [draftNode('weigh', offer, task.goal, { needs, on_failure: 'skip' })]
}

function drawAnswer({ goal, agents }: PlanningTask, before: readonly PlanNode[]): AgentNode {
  const needs = before.map(({ id }) => id).slice(0, PLAN_LIMITS.needs)
  return draftNode('answer', answerOffer(agents), before.length > 0 ? WRITE_ANSWER : goal, { needs })
}

export const WRITE_ANSWER = 'Write the answer to the goal from the results, and cite the passages it rests on.'

function withSubject(topic: string, subject: string | undefined): string {
  return subject === undefined ? topic : `${topic} (${subject})`
}

function joinNames(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} with ${names.at(-1)}`
}
