import { isDeepStrictEqual } from 'node:util'

import {
  APPROVAL_LIMITS,
  PLAN_LIMITS,
  planNodeSchema,
  readPlan,
  type AgentSummary,
  type NodeApproval,
  type PlanNode,
  type PlanRequest,
  type PlanVerdict,
} from '@signalbox/contracts'

import { planDraftSchema, type NodeDraft, type PlanDraft } from './plan-draft.ts'

/** What a draft is read against. */
export type DraftTask = Pick<PlanRequest, 'goal' | 'agents' | 'levels' | 'current'>

/**
 * The draft as a plan, or everything that is wrong with it. What can be mended without asking is
 * mended: skills and fallback agents that do not exist are taken out (the agent then chooses the
 * skill, the node then fails plainly), what a node reads from becomes a need of it, numbers are
 * brought within their bounds, and a stream from what cannot stream is waited for.
 *
 * In a revision, a node that has begun stands as it is in the plan that runs, if the draft says of it
 * what that plan says; one that has not keeps what drafts have no words for, and the approval that it waits
 * for. What a person has rejected is not taken under another name.
 */
export function readDraft(draft: PlanDraft, task: DraftTask): PlanVerdict {
  const { goal, agents, levels, current } = task
  const faults: string[] = []
  const begun = begunIn(current)
  const nodes = draft.nodes.map((node) => {
    const drawn = toNode(node, { draft, agents, fault: (words) => faults.push(words) })
    const running = current?.plan.nodes.find(({ id }) => id === drawn.id)
    // What a person was to be asked about is not done unasked because a model forgot to say so again.
    if (running?.approval && drawn['approval'] === undefined) drawn['approval'] = running.approval
    if (!running) faults.push(...rejectedBefore(drawn, current))
    if (!running || !saysTheSame(drawn, running, task)) return drawn
    // Drafts have no words for everything that a plan may say.
    return begun.has(drawn.id) ? running : { ...drawn, ...('retries' in running && { retries: running.retries }) }
  })
  if (faults.length > 0) return { plan: undefined, faults }
  const candidate = { goal: goal.trim().slice(0, LONGEST_GOAL), nodes, answer: draft.answer.trim() }
  return readPlan(candidate, agents, { levels, ...(current && { current: { plan: current.plan, begun } }) })
}

/** As long as the contract lets a plan's goal be. */
const LONGEST_GOAL = 20_000

/** The nodes of a running plan that cannot be changed any more. */
export function begunIn(current: PlanRequest['current']): Set<string> {
  return new Set((current?.nodes ?? []).flatMap(({ id, state }) => (state === 'pending' ? [] : [id])))
}

interface Reading {
  draft: PlanDraft
  agents: readonly AgentSummary[]
  fault: (words: string) => void
}

type Drawn = { id: string } & Record<string, unknown>

function toNode(node: NodeDraft, reading: Reading): Drawn {
  const inputs = node.inputs ?? []
  const sources = [...inputs.map(({ from }) => from), ...(node.kind === 'map' ? [node.over.trim()] : [])].map((from) => from.split('.')[0] as string)
  const options = node.kind === 'vote' ? (node.options ?? []) : []
  return {
    id: node.id.trim(),
    kind: node.kind,
    ...readWork(node, reading),
    instruction: node.instruction,
    needs: [...new Set([...(node.needs ?? []), ...sources])],
    ...(inputs.length > 0 && { inputs: Object.fromEntries(inputs.map(({ name, from }) => [name, from])) }),
    ...readRule('when', node, reading),
    ...readRule('replan_when', node, reading),
    ...(node.deadline_s && node.deadline_s > 0 && { deadline_s: Math.min(node.deadline_s, PLAN_LIMITS.deadlineSeconds) }),
    ...(typeof node.priority === 'number' && { priority: Math.min(Math.max(Math.round(node.priority), 0), 9) }),
    ...readBudget(node.budget),
    ...readApproval(node),
    ...(options.length > 0 && { options }),
  }
}

/** Who does it, and what becomes of a failure. */
function readWork(node: NodeDraft, { draft, agents }: Reading): Record<string, unknown> {
  const { kind } = node
  if (kind === 'plan' || kind === 'approval') return { on_failure: node.on_failure ?? 'fail' }
  if (kind === 'vote') {
    const voters = node.voters.map((voter) => toWorker(voter, agents))
    return { voters, decide: node.decide, ...(node.judge && { judge: toWorker(node.judge, agents) }), on_failure: node.on_failure ?? 'fail' }
  }
  const fallback = agents.find(({ id }) => id === node.fallback && id !== node.agent)?.id
  const onFailure = node.on_failure === 'fallback' && fallback === undefined ? 'fail' : (node.on_failure ?? 'fail')
  const work = { ...toWorker(node, agents), on_failure: onFailure, ...(onFailure === 'fallback' && { fallback }) }
  if (kind === 'agent') return work
  const over = node.over.trim()
  const source = draft.nodes.find(({ id }) => id.trim() === over.split('.')[0])
  const canStream = source?.kind === 'agent' && isEmpty(node.when)
  return { ...work, over, ...(node.stream && canStream && { stream: true }), on_item_failure: node.on_item_failure ?? 'fail' }
}

function toWorker(worker: { agent: string; skill?: string | null | undefined }, agents: readonly AgentSummary[]): { agent: string; skill?: string } {
  const skill = agents.find(({ id }) => id === worker.agent)?.skills.find(({ id }) => id === worker.skill)?.id
  return { agent: worker.agent, ...(skill !== undefined && { skill }) }
}

const RULE_NAMES = { when: 'condition', replan_when: 'condition for planning anew' } as const

function readRule(name: keyof typeof RULE_NAMES, node: NodeDraft, { fault }: Reading): Record<string, unknown> {
  const rule = node[name]
  if (isEmpty(rule)) return {}
  try {
    return { [name]: JSON.parse(rule as string) as unknown }
  } catch {
    fault(`node '${node.id}': its ${RULE_NAMES[name]} is not JSON`)
    return {}
  }
}

function isEmpty(rule: string | null | undefined): boolean {
  return rule === null || rule === undefined || rule.trim() === '' || rule.trim() === 'null'
}

/** One that says no reason is asked for all the same, with what is to be done as the reason. */
function readApproval({ approval, instruction }: NodeDraft): { approval?: NodeApproval } {
  if (!approval) return {}
  const text = (words: string | null | undefined, longest: number): string | undefined => words?.trim().slice(0, longest) || undefined
  const action = text(approval.action, APPROVAL_LIMITS.title)
  const impact = text(approval.impact, APPROVAL_LIMITS.statement)
  const why = text(approval.why, APPROVAL_LIMITS.statement) ?? text(instruction, APPROVAL_LIMITS.statement) ?? 'The plan asks for it.'
  return { approval: { why, risk: approval.risk ?? 'medium', ...(action !== undefined && { action }), ...(impact !== undefined && { impact }) } }
}

/** Whether new work asks for what a person has just refused, word for word. */
function rejectedBefore(drawn: Drawn, current: PlanRequest['current']): string[] {
  const refused = new Set(
    (current?.nodes ?? []).flatMap(({ id, state, result = '' }) => (state === 'skipped' && /\bwas rejected by\b/.test(result) ? [id] : [])),
  )
  const wordsOf = (instruction: unknown): string =>
    String(instruction)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  const same = current?.plan.nodes.find(({ id, instruction }) => refused.has(id) && wordsOf(instruction) === wordsOf(drawn['instruction']))
  return same ? [`node '${drawn.id}' asks for what a person has rejected (node '${same.id}'); go on without it, or in a way that meets the reason`] : []
}

/** Limits that limit something; models write 0 for none. */
function readBudget(budget: NodeDraft['budget']): { budget?: Record<string, number> } {
  const limits = Object.entries(budget ?? {}).flatMap(([name, limit]): [string, number][] => {
    if (typeof limit !== 'number' || !(limit > 0)) return []
    return [[name, name === 'tokens' ? Math.ceil(limit) : limit]]
  })
  return limits.length > 0 ? { budget: Object.fromEntries(limits) } : {}
}

/** Whether a draft of a node asks for nothing else than the plan that runs, as far as drafts can say it. */
function saysTheSame(drawn: Drawn, running: PlanNode, { agents, current }: DraftTask): boolean {
  const draft = planDraftSchema.safeParse({ nodes: current?.plan.nodes, answer: '' }).data
  const own = draft?.nodes.find(({ id }) => id === running.id)
  if (!draft || !own) return false
  const again = planNodeSchema.safeParse(toNode(own, { draft, agents, fault: () => undefined })).data
  return isDeepStrictEqual(planNodeSchema.safeParse(drawn).data, again)
}
