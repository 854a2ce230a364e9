import type { AgentSummary } from '@signalbox/contracts'

import type { Offer } from './pick-skill.ts'

/** The agents that a goal calls by name ("ask mock-search …", "use the billing agent"), each with its first skill. */
export function findNamedAgents(goal: string, agents: readonly AgentSummary[]): Offer[] {
  return agents.flatMap((agent) => {
    const [skill] = agent.skills
    return skill && mentionsOf(goal, agent.id).length > 0 ? [{ agent: agent.id, skill: skill.id }] : []
  })
}

/** Where a goal calls an agent by name. An id of several words is a name by itself; a plain word (`rag`) only where it is called an agent or asked. */
export function mentionsOf(goal: string, id: string): { start: number; end: number }[] {
  const name = id.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const form = /[-_]/.test(id)
    ? new RegExp(String.raw`(?<![\w-])${name}(?![\w-])`, 'gi')
    : new RegExp(String.raw`(?<=\b(?:ask|call)\s+(?:the\s+)?)${name}\b|(?<=\b(?:use|using|with|from|by|through)\s+the\s+)${name}\s+agent\b`, 'gi')
  return [...goal.matchAll(form)].map((found) => ({ start: found.index, end: found.index + found[0].length }))
}
