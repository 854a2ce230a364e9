import type { AgentSummary } from '@signalbox/contracts'

import type { Offer } from './pick-skill.ts'

/** The agents that a goal calls by name ("ask mock-search …", "use the billing agent"), each with its first skill. */
export function findNamedAgents(goal: string, agents: readonly AgentSummary[]): Offer[] {
  return agents.flatMap((agent) => {
    const [skill] = agent.skills
    return skill && isNamed(goal, agent.id) ? [{ agent: agent.id, skill: skill.id }] : []
  })
}

/** An id of several words is a name by itself; a plain word (`rag`) only where it is called an agent or asked. */
function isNamed(goal: string, id: string): boolean {
  const name = id.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  if (/[-_]/.test(id)) return new RegExp(String.raw`(?<![\w-])${name}(?![\w-])`, 'i').test(goal)
  return new RegExp(String.raw`\b(?:ask|call)\s+(?:the\s+)?${name}\b|\b(?:use|using|with|from|by|through)\s+the\s+${name}\s+agent\b`, 'i').test(goal)
}
