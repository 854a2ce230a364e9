import { toSection, toTranscript, type AgentSummary, type PlanRequest } from '@signalbox/contracts'

import { toSystemPrompt } from './system-prompt.ts'
import { toRevisionSections } from './revision-sections.ts'

/** What was wrong with an earlier plan, and the plan where it is at hand. */
export interface Rejection {
  previous: string | undefined
  faults: readonly string[]
}

export interface PromptMessage {
  role: 'system' | 'user'
  content: string
}

/** The prompt for a plan, or for the revision of one. All material is in the last message, in sections. */
export function toPlanningPrompt(request: PlanRequest, rejection: Rejection | undefined): PromptMessage[] {
  const earlier = toTranscript(request.conversation, { goal: request.goal, maxChars: LONGEST_TRANSCRIPT })
  const sections = [
    toSection('agents', JSON.stringify(toBriefAgents(request.agents), null, 1)),
    ...(earlier === '' ? [] : [toSection('conversation', earlier)]),
    toSection('goal', request.goal.trim()),
    ...(request.current ? toRevisionSections(request.current) : []),
    ...(rejection?.previous === undefined ? [] : [toSection('previous_plan', rejection.previous.slice(0, LONGEST_PREVIOUS))]),
    ...(rejection ? [toSection('faults', rejection.faults.join('\n'))] : []),
  ]
  return [
    { role: 'system', content: toSystemPrompt({ nests: request.levels > 0, revises: request.current !== undefined }) },
    { role: 'user', content: sections.join('\n\n') },
  ]
}

const LONGEST_PREVIOUS = 30_000
const LONGEST_TRANSCRIPT = 12_000
const LONGEST_AGENTS = 60_000

/** Cards are other people's prose: their length is bounded before they reach the model. */
function toBriefAgents(agents: readonly AgentSummary[]): AgentSummary[] {
  const brief = briefly(agents, { description: 600, examples: 3 })
  return JSON.stringify(brief).length <= LONGEST_AGENTS ? brief : briefly(agents, { description: 160, examples: 0 })
}

function briefly(agents: readonly AgentSummary[], { description, examples }: { description: number; examples: number }): AgentSummary[] {
  return agents.map((agent) => ({
    id: agent.id,
    description: shorten(agent.description, description),
    skills: agent.skills.map((skill) => ({
      id: skill.id,
      name: skill.name,
      description: shorten(skill.description, description),
      tags: skill.tags.slice(0, 8),
      examples: skill.examples.slice(0, examples).map((example) => shorten(example, 200)),
    })),
  }))
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
