import { conditionFaults, isDeeperThan } from './condition-faults.ts'
import { planSchema, type AgentSummary, type Plan, type PlanNode } from './plan.ts'

export type PlanVerdict = { plan: Plan; faults: [] } | { plan: undefined; faults: string[] }

/** More than any plan needs, and less than would overflow the stack of whoever walks it. */
const DEEPEST = 64

/**
 * Reads a plan from outside. Either the plan is sound, or every fault is named in words that a
 * planner can act on: the schema's, then the graph's (ids, unknown agents and skills, dangling
 * references, cycles, nodes that the answer does not rest on).
 */
export function readPlan(candidate: unknown, agents: readonly AgentSummary[]): PlanVerdict {
  if (isDeeperThan(candidate, DEEPEST)) return { plan: undefined, faults: [`plan: it is nested deeper than ${DEEPEST}`] }
  const parsed = planSchema.safeParse(candidate)
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 16).map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`)
    return { plan: undefined, faults }
  }
  const faults = findGraphFaults(parsed.data, agents)
  return faults.length === 0 ? { plan: parsed.data, faults: [] } : { plan: undefined, faults }
}

/** The faults of a plan whose shape is right. Empty means that it can run. */
export function findGraphFaults(plan: Plan, agents: readonly AgentSummary[]): string[] {
  const ids = new Set(plan.nodes.map((node) => node.id))
  const faults = [
    ...duplicateIds(plan),
    ...plan.nodes.flatMap((node) => [...referenceFaults(node, ids), ...agentFaults(node, agents), ...conditionFaults(node, ids)]),
  ]
  if (!ids.has(plan.answer)) faults.push(`answer: there is no node '${plan.answer}'`)
  if (faults.length > 0) return faults

  const cycle = findCycle(plan)
  if (cycle) return [`nodes ${cycle.join(' → ')} wait for each other`]
  return unreachableFaults(plan)
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
  const faults: string[] = []
  const agent = agents.find(({ id }) => id === node.agent)
  if (!agent) faults.push(`node '${node.id}' asks for agent '${node.agent}'; the agents are: ${agents.map(({ id }) => id).join(', ')}`)
  else if (node.skill !== undefined && !agent.skills.some(({ id }) => id === node.skill)) {
    faults.push(`node '${node.id}' asks agent '${agent.id}' for skill '${node.skill}'; its skills are: ${agent.skills.map(({ id }) => id).join(', ')}`)
  }
  if (node.on_failure === 'fallback' && node.fallback === undefined) faults.push(`node '${node.id}' falls back to an agent that it does not name`)
  if (node.fallback !== undefined && !agents.some(({ id }) => id === node.fallback))
    faults.push(`node '${node.id}' falls back to agent '${node.fallback}', which is not there`)
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
function unreachableFaults(plan: Plan): string[] {
  const byId = new Map(plan.nodes.map((node) => [node.id, node]))
  const reached = new Set<string>()
  const open = [plan.answer]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    open.push(...(byId.get(id)?.needs ?? []))
  }
  return plan.nodes.filter(({ id }) => !reached.has(id)).map(({ id }) => `the answer does not rest on node '${id}'`)
}
