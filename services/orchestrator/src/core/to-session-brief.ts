import type { NodeStateName, SessionBrief, SessionDocument } from '@signalbox/contracts'

import { openAsks, openQuestions } from './approvals/asks.ts'

/** What nodes are called that no agent works on by itself. */
const NO_AGENTS: ReadonlySet<string> = new Set(['plan', 'approval', 'vote'])

/** A session as one row of a list. Branches are counted as the one node that they are of. */
export function toSessionBrief(document: SessionDocument): SessionBrief {
  const { id, owner, status, goal, request_id, usage, error, created_at, updated_at, finished_at } = document
  const nodes = Object.values(document.nodes)
  const own = nodes.filter(({ branch }) => branch === undefined)
  const count = (state: NodeStateName): number => own.filter((node) => node.state === state).length
  return {
    id,
    owner,
    status,
    goal,
    request_id,
    nodes: { total: own.length, completed: count('completed'), running: count('running'), waiting: count('waiting'), failed: count('failed') },
    agents: [...new Set(nodes.map(({ agent }) => agent))].filter((agent) => agent !== '' && !NO_AGENTS.has(agent)),
    usage,
    approvals_open: openAsks(document).length,
    questions_open: openQuestions(document).length,
    error,
    created_at,
    updated_at,
    finished_at,
  }
}
