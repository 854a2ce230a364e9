import type { AgentCard, Skill } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'

import type { MockAgent } from '../core/mock-content.ts'

const SKILLS = {
  reasoning: [
    {
      id: 'reason',
      name: 'Reason',
      description: 'Pretends to think about an instruction.',
      tags: ['reasoning', 'mock'],
    },
    {
      id: 'answer',
      name: 'Answer',
      description: 'Pretends to write an answer.',
      tags: ['answer', 'mock'],
    },
  ],
  rag: [
    {
      id: 'retrieve',
      name: 'Retrieve',
      description: 'Returns two made-up passages.',
      tags: ['retrieve', 'mock'],
    },
    {
      id: 'answer-from-knowledge',
      name: 'Answer from knowledge',
      description: 'Returns a made-up answer with a made-up citation.',
      tags: ['answer', 'mock'],
    },
  ],
  search: [
    {
      id: 'search',
      name: 'Search',
      description: 'Returns made-up search results.',
      tags: ['search', 'mock'],
    },
  ],
  analysis: [
    {
      id: 'analyze',
      name: 'Analyze',
      description: 'Returns a made-up analysis of its inputs.',
      tags: ['analysis', 'mock'],
    },
  ],
} as const satisfies Record<MockAgent, readonly (Omit<Skill, 'tags'> & { tags: readonly string[] })[]>

/** A mock agent's card. It says that it is a mock, so that nobody plans on it by mistake. */
export function toMockCard(agent: MockAgent, name = `mock-${agent}`): Omit<AgentCard, 'url'> {
  return {
    name,
    description: `A mock ${agent} agent for development and tests. Everything it returns is made up.`,
    version: '0.1.0',
    skills: SKILLS[agent].map((skill) => ({ ...skill, tags: [...skill.tags] })),
    extensions: [EXTENSIONS.inputs, EXTENSIONS.context, EXTENSIONS.usage, EXTENSIONS.failure, EXTENSIONS.approval],
    streaming: true,
  }
}
