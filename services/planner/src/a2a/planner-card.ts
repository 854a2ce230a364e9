import type { AgentCard } from '@signalbox/a2a'
import { EXTENSIONS, SKILLS } from '@signalbox/contracts'

/** What the planner says about itself. */
export const PLANNER_CARD: Omit<AgentCard, 'url'> = {
  name: 'planner',
  description:
    'Turns a goal and the cards of the agents that are there into a plan: a directed acyclic graph of pieces of work, checked before it is handed out.',
  version: '0.1.0',
  streaming: true,
  extensions: [EXTENSIONS.usage, EXTENSIONS.failure],
  skills: [
    {
      id: SKILLS.plan,
      name: 'Plan',
      description:
        'Draws the plan for a goal, or draws what has not begun of a running plan anew. Takes a data part {kind: "plan-request", goal, conversation, agents, levels?, current?: {plan, nodes, reason}} and answers with a data part {kind: "plan", plan}.',
      tags: ['planning', 'orchestration', 'dag'],
    },
  ],
}
