import { isDeepStrictEqual } from 'node:util'

import { conditionFaults, isDeeperThan } from './condition-faults.ts'
import { PLAN_LIMITS, planSchema, type AgentSummary, type Plan, type PlanNode } from './plan.ts'

export type PlanVerdict = { plan: Plan; faults: [] } | { plan: undefined; faults: string[] }

/** More than any plan needs, and less than would overflow the stack of whoever walks it. */
const DEEPEST = 64

export interface PlanRules {
  /** How many levels of `plan` nodes may still be nested in this one. */
  levels?: number
  /** The plan that this one revises, and which of its nodes have begun: those can be left out, but not changed. */
  current?: {
    plan: Plan
    begun: ReadonlySet<string>
    /** The answer's node has failed: another may answer. */
    answerFailed?: boolean
  }
}

/**
 * Reads a plan from outside. Either the plan is sound, or every fault is named in words that a
 * planner can act on: the schema's, then the graph's (ids, unknown agents and skills, dangling
 * references, cycles, nodes that the answer does not rest on). A revision answers the whole plan:
 * what had begun is in it, whether it was drawn again or not.
 */
export function readPlan(candidate: unknown, agents: readonly AgentSummary[], rules: PlanRules = {}): PlanVerdict {
  // Counted first: what is far too large is not worth the time to read it.
  const count = countNodes(candidate)
  if (count > PLAN_LIMITS.nodes) return { plan: undefined, faults: [`nodes: there are ${count}, and a plan has ${PLAN_LIMITS.nodes} at most`] }
  if (isDeeperThan(candidate, DEEPEST)) return { plan: undefined, faults: [`plan: it is nested deeper than ${DEEPEST}`] }
  const parsed = planSchema.safeParse(candidate)
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 16).map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`)
    return { plan: undefined, faults }
  }
  const { current } = rules
  const changed = current ? changedFaults(parsed.data, current) : []
  if (changed.length > 0) return { plan: undefined, faults: changed }
  const plan = current ? withBegun(parsed.data, current) : parsed.data
  const faults = findGraphFaults(plan, agents, rules)
  return faults.length === 0 ? { plan, faults: [] } : { plan: undefined, faults }
}

/** The faults of a plan whose shape is right. Empty means that it can run. */
export function findGraphFaults(plan: Plan, agents: readonly AgentSummary[], { levels = 0, current }: PlanRules = {}): string[] {
  const ids = new Set(plan.nodes.map((node) => node.id))
  // What has begun was sound when it did, though its agent may be gone by now.
  const open = plan.nodes.filter(({ id }) => !current?.begun.has(id))
  const faults = [
    ...duplicateIds(plan),
    ...open.flatMap((node) => [...referenceFaults(node, ids), ...agentFaults(node, agents), ...kindFaults(node, plan, levels), ...conditionFaults(node, ids)]),
  ]
  if (!ids.has(plan.answer)) faults.push(`answer: there is no node '${plan.answer}'`)
  if (plan.nodes.length > PLAN_LIMITS.nodes)
    faults.push(`nodes: with those that have begun there are ${plan.nodes.length}, and a plan has ${PLAN_LIMITS.nodes} at most`)
  if (faults.length > 0) return faults

  const cycle = findCycle(plan)
  if (cycle) return [`nodes ${cycle.join(' → ')} wait for each other`]
  return unreachableFaults(plan, current?.begun)
}

function countNodes(candidate: unknown): number {
  const nodes = typeof candidate === 'object' && candidate !== null && 'nodes' in candidate ? candidate.nodes : undefined
  return Array.isArray(nodes) ? nodes.length : 0
}

function changedFaults(plan: Plan, { plan: before, begun, answerFailed = false }: NonNullable<PlanRules['current']>): string[] {
  const old = new Map(before.nodes.map((node) => [node.id, node]))
  const faults = plan.nodes
    .filter((node) => begun.has(node.id) && !isDeepStrictEqual(node, old.get(node.id)))
    .map(({ id }) => `node '${id}' has begun and cannot be changed; leave it out, or give it back as it was`)
  if (!answerFailed && begun.has(before.answer) && plan.answer !== before.answer)
    faults.push(`answer: node '${before.answer}' has begun to answer, so the answer stays there`)
  return faults
}

function withBegun(plan: Plan, { plan: before, begun }: NonNullable<PlanRules['current']>): Plan {
  const drawn = new Set(plan.nodes.map(({ id }) => id))
  return { ...plan, nodes: [...before.nodes.filter(({ id }) => begun.has(id) && !drawn.has(id)), ...plan.nodes] }
}

function duplicateIds(plan: Plan): string[] {
  const seen = new Set<string>()
  return plan.nodes.flatMap(({ id }) => {
    if (seen.has(id)) return [`node '${id}' is there twice`]
    seen.add(id)
    return []
  })
}

function referenceFaults(node: PlanNode, ids: ReadonlySet<string>): string[] {
  const faults: string[] = []
  for (const need of node.needs) {
    if (need === node.id) faults.push(`node '${node.id}' needs itself`)
    else if (!ids.has(need)) faults.push(`node '${node.id}' needs '${need}', which is not a node`)
  }
  for (const [name, reference] of Object.entries(node.inputs ?? {})) {
    const target = reference.split('.')[0] as string
    if (!node.needs.includes(target)) faults.push(`node '${node.id}' takes input '${name}' from '${target}', which is not among its needs`)
  }
  return faults
}

function agentFaults(node: PlanNode, agents: readonly AgentSummary[]): string[] {
  const falling = node.on_failure === 'fallback'
  if (node.kind === 'plan' || node.kind === 'approval')
    return falling ? [`node '${node.id}' falls back to an agent, which ${node.kind === 'plan' ? 'a plan' : 'an approval'} node cannot`] : []
  if (node.kind === 'vote') {
    const asked = [...node.voters, ...(node.judge ? [node.judge] : [])]
    const faults = asked.flatMap(({ agent, skill }) => skillFaults(node.id, agent, skill, agents))
    return falling ? [...faults, `node '${node.id}' falls back to an agent, which a vote cannot`] : faults
  }
  const faults = skillFaults(node.id, node.agent, node.skill, agents)
  if (falling && node.fallback === undefined) faults.push(`node '${node.id}' falls back to an agent that it does not name`)
  if (node.fallback !== undefined && !agents.some(({ id }) => id === node.fallback))
    faults.push(`node '${node.id}' falls back to agent '${node.fallback}', which is not there`)
  return faults
}

function skillFaults(node: string, id: string, skill: string | undefined, agents: readonly AgentSummary[]): string[] {
  const agent = agents.find((candidate) => candidate.id === id)
  if (!agent) return [`node '${node}' asks for agent '${id}'; the agents are: ${agents.map((known) => known.id).join(', ')}`]
  if (skill === undefined || agent.skills.some((offered) => offered.id === skill)) return []
  return [`node '${node}' asks agent '${agent.id}' for skill '${skill}'; its skills are: ${agent.skills.map((offered) => offered.id).join(', ')}`]
}

function kindFaults(node: PlanNode, plan: Plan, levels: number): string[] {
  if (node.kind === 'plan')
    return levels > 0 ? [] : [`node '${node.id}' is a plan of its own, and no deeper one may be nested here (${PLAN_LIMITS.depth} levels at most)`]
  if (node.kind === 'vote') return node.decide === 'judge' && !node.judge ? [`node '${node.id}' is decided by a judge that it does not name`] : []
  if (node.kind !== 'map') return []
  const faults: string[] = []
  const source = node.over.split('.')[0] as string
  if (!node.needs.includes(source)) faults.push(`node '${node.id}' maps over '${source}', which is not among its needs`)
  if (node.stream && plan.nodes.find(({ id }) => id === source)?.kind !== 'agent')
    faults.push(`node '${node.id}' streams from '${source}', which is not the work of one agent`)
  if (node.stream && node.when !== undefined) faults.push(`node '${node.id}' streams, so it cannot wait for a condition`)
  if (node.id === plan.answer) faults.push(`answer: node '${node.id}' makes a list, and an answer is one text`)
  return faults
}

/** Kahn's algorithm; what is left when nothing more is free contains a cycle, which is then walked. */
function findCycle(plan: Plan): string[] | undefined {
  const needs = new Map(plan.nodes.map((node) => [node.id, new Set(node.needs)]))
  for (let free = true; free;) {
    free = false
    for (const [id, open] of needs) {
      if (open.size > 0) continue
      needs.delete(id)
      for (const others of needs.values()) others.delete(id)
      free = true
    }
  }
  let current = needs.keys().next().value
  if (current === undefined) return undefined
  const path: string[] = []
  while (!path.includes(current)) {
    path.push(current)
    current = needs.get(current)?.values().next().value as string
  }
  return [...path.slice(path.indexOf(current)), current]
}

/** Work that the answer does not rest on is work nobody asked for. */
function unreachableFaults(plan: Plan, begun: ReadonlySet<string> = new Set()): string[] {
  const byId = new Map(plan.nodes.map((node) => [node.id, node]))
  const reached = new Set<string>()
  const open = [plan.answer]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    open.push(...(byId.get(id)?.needs ?? []))
  }
  return plan.nodes.filter(({ id }) => !reached.has(id) && !begun.has(id)).map(({ id }) => `the answer does not rest on node '${id}'`)
}
