import { expect, test } from 'vitest'

import type { Plan } from './plan.ts'
import { toProgressLine } from './progress-line.ts'
import type { SessionEvent } from './session-events.ts'

const stamp = { seq: 1, at: '2026-11-21T00:00:00.000Z' }
const node = { node: 'n1', agent: 'search' }
const error = { code: 'agent_failed', message: 'it broke' }
const plan = (...nodes: [id: string, ...needs: string[]][]): Plan => ({
  goal: 'g',
  nodes: nodes.map(([id, ...needs]) => ({ id, kind: 'agent', agent: 'rag', instruction: 'x', needs, on_failure: 'fail' })),
  answer: nodes[0]?.[0] ?? 'a',
})
const ready = (drawn: Plan, source: 'planner' | 'fallback' = 'planner'): SessionEvent & { type: 'plan.ready' } => ({
  type: 'plan.ready',
  ...stamp,
  plan: drawn,
  revision: 1,
  source,
})

test.each<[SessionEvent, string | undefined]>([
  [{ type: 'session.created', ...stamp }, undefined],
  [{ type: 'session.resumed', ...stamp }, 'Going on after an interruption'],
  [{ type: 'plan.started', ...stamp, agents: ['rag', 'reasoning'] }, 'Planning with rag, reasoning'],
  [{ type: 'plan.started', ...stamp, agents: [] }, 'Planning'],
  [{ type: 'plan.started', ...stamp, agents: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }, 'Planning with a, b, c, d, e, f and 2 more'],
  [{ type: 'plan.rejected', ...stamp, faults: ['node b needs c, which is not there', 'x'] }, 'Planning again: node b needs c, which is not there'],
  [ready(plan(['a'])), 'Plan: 1 node'],
  [ready(plan(['a'], ['b', 'a'], ['c', 'b'])), 'Plan: 3 nodes'],
  [ready(plan(['a'], ['b'], ['c', 'a', 'b'])), 'Plan: 3 nodes, 2 in parallel'],
  [ready(plan(['a', 'b'], ['b', 'a'])), 'Plan: 2 nodes'],
  [ready(plan(['a']), 'fallback'), 'Plan (the safe one): 1 node'],
  [{ type: 'node.started', ...stamp, ...node, instruction: 'find\nit', attempt: 1 }, 'asking search: find it'],
  [{ type: 'node.started', ...stamp, ...node, instruction: 'find it', attempt: 2 }, 'asking search again (2): find it'],
  [{ type: 'node.progress', ...stamp, ...node, text: 'reading' }, 'search: reading'],
  [{ type: 'node.retrying', ...stamp, ...node, attempt: 2, of: 3, delay_ms: 2_000, error }, 'retrying search (2/3) in 2 s: it broke'],
  [{ type: 'node.retrying', ...stamp, ...node, attempt: 1, of: 3, delay_ms: 1_234, error }, 'retrying search (1/3) in 1.2 s: it broke'],
  [{ type: 'node.fallback', ...stamp, ...node, from: 'rag', error }, 'rag failed, asking search instead: it broke'],
  [{ type: 'node.completed', ...stamp, ...node, summary: '5 passages' }, 'search is done: 5 passages'],
  [{ type: 'node.completed', ...stamp, ...node, summary: '' }, 'search is done'],
  [{ type: 'node.failed', ...stamp, ...node, error }, 'search failed: it broke'],
  [{ type: 'node.skipped', ...stamp, ...node, reason: 'condition' }, 'skipped search (n1): its condition does not hold'],
  [{ type: 'session.paused', ...stamp }, 'Paused'],
  [{ type: 'session.unpaused', ...stamp }, 'Going on after a pause'],
  [{ type: 'session.redriven', ...stamp, nodes: ['a', 'b'] }, 'Trying again: a, b'],
  [{ type: 'session.redriven', ...stamp, nodes: [] }, 'Trying again'],
  [
    { type: 'session.stopped', ...stamp, stopped: { limit: 'tokens', message: '1000 of 1000 tokens are spent' } },
    'Stopping, because the budget is spent (tokens): 1000 of 1000 tokens are spent',
  ],
  [
    { type: 'plan.revising', ...stamp, reason: { kind: 'request', node: 'n1', text: 'search found\nnothing' } },
    'Planning what is left anew: search found nothing',
  ],
  [
    { ...ready(plan(['a'], ['b'], ['c', 'a', 'b'])), revision: 2, added: ['b', 'c'], dropped: ['x'], changed: [] },
    'Plan revised: 3 nodes, 2 in parallel, 2 new (b, c), 1 dropped (x)',
  ],
  [{ ...ready(plan(['a'])), revision: 3, changed: ['a'] }, 'Plan revised: 1 node, 1 changed (a)'],
  [{ type: 'plan.kept', ...stamp, why: 'the planner is away' }, 'The plan stays as it was: the planner is away'],
  [{ type: 'node.expanded', ...stamp, ...node, branches: 12 }, 'n1 is taken apart into 12 branches'],
  [{ type: 'node.expanded', ...stamp, ...node, branches: 1 }, 'n1 is taken apart into 1 branch'],
  [{ type: 'node.decided', ...stamp, ...node, by: 'majority', choice: 'yes', votes: 3, of: 5 }, 'n1 is decided by majority, 3 of 5: yes'],
  [{ type: 'node.decided', ...stamp, ...node, by: 'judge', choice: '<b>no</b>', votes: 1, of: 3 }, 'n1 is decided by a judge, 1 of 3: ‹b›no‹/b›'],
  [{ type: 'node.session', ...stamp, ...node, session: 'ses_1' }, 'n1 is worked on as a session of its own: ses_1'],
  [{ type: 'context.put', ...stamp, ...node, name: 'found.sources' }, 'search shares found.sources'],
  [{ type: 'dead_letter.kept', ...stamp, node: 'n1', error, attempts: 3 }, 'kept as a dead letter: n1, after 3 attempts: it broke'],
  [{ type: 'dead_letter.kept', ...stamp, error, attempts: 1 }, 'kept as a dead letter: the session, after 1 attempt: it broke'],
  [{ type: 'dead_letter.kept', ...stamp, error, attempts: 0 }, 'kept as a dead letter: the session: it broke'],
  [{ type: 'session.expired', ...stamp }, undefined],
  [{ type: 'answer.delta', ...stamp, ...node, offset: 0, text: 'x' }, undefined],
])('%o', (event, line) => {
  expect(toProgressLine(event)).toBe(line)
})
