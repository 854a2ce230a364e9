import { addUsage, NO_USAGE, type Budget, type PlanNode, type SessionDocument, type Stopped, type Usage } from '@signalbox/contracts'

import { branchesOf } from './work.ts'

const LIMITS = ['deadline_s', 'tokens', 'usd'] as const

/** What a session has spent: what its document says, and what the work under way has told of. */
export function spentBy(document: SessionDocument, live: Iterable<Usage>): Usage {
  return [...live].reduce(addUsage, document.usage)
}

/** The document with what these pieces of work have spent, which are called off and will tell no more of it. */
export function withSpending(document: SessionDocument, live: ReadonlyMap<string, Usage>, ids: readonly string[]): SessionDocument {
  const nodes = { ...document.nodes }
  let { usage } = document
  for (const id of ids) {
    const spent = live.get(id)
    const state = nodes[id]
    if (!spent || !state) continue
    usage = addUsage(usage, spent)
    nodes[id] = { ...state, usage: spent }
  }
  return usage === document.usage ? document : { ...document, usage, nodes }
}

/** What is left of a node's own tokens and dollars for one of its branches, after what the others have spent; the node's own limits for other work. */
export function ownBudget(document: SessionDocument, node: PlanNode, live: ReadonlyMap<string, Usage>): Budget | undefined {
  const { budget } = node
  if (!budget || (node.kind !== 'map' && node.kind !== 'vote')) return budget
  const spent = spentByBranches(document, node.id, live)
  return {
    ...budget,
    ...(budget.tokens !== undefined && { tokens: Math.max(1, budget.tokens - spent.total_tokens) }),
    ...(budget.usd !== undefined && { usd: Math.max(1e-9, budget.usd - (spent.cost_usd ?? 0)) }),
  }
}

/** What the branches of a node have spent, those under way included. */
export function spentByBranches(document: SessionDocument, of: string, live: ReadonlyMap<string, Usage>): Usage {
  return branchesOf(document.nodes, of).reduce((sum, { id, state }) => addUsage(sum, live.get(id) ?? state.usage ?? NO_USAGE), NO_USAGE)
}

/** When the session's time is up, milliseconds since the epoch. Time in which it was paused, or waited for people alone, does not count. */
export function deadlineAt(document: SessionDocument, defaultMs: number): number {
  const since = document.paused_at ?? document.waiting_at
  const paused = document.paused_ms + (since === null ? 0 : Date.now() - Date.parse(since))
  return Date.parse(document.created_at) + paused + (document.budget.deadline_s === undefined ? defaultMs : document.budget.deadline_s * 1_000)
}

/**
 * The limit that a session has reached, if any. A budget in dollars cannot be kept where a price is not
 * known, and a limit that cannot be kept is none: the session stops, and says why.
 */
export function reachedLimit(document: SessionDocument, spent: Usage, defaultDeadlineMs: number): Stopped | undefined {
  const { tokens, usd, deadline_s: seconds } = document.budget
  if (tokens !== undefined && spent.total_tokens >= tokens)
    return { limit: 'tokens', message: `The session's budget of ${tokens} tokens is spent (${spent.total_tokens}).` }
  if (usd !== undefined && spent.cost_usd === null)
    return { limit: 'usd', message: `The session has a budget of ${usd} US dollars, which cannot be kept: a model was used whose price is not known.` }
  if (usd !== undefined && spent.cost_usd !== null && spent.cost_usd >= usd)
    return { limit: 'usd', message: `The session's budget of ${usd} US dollars is spent (${spent.cost_usd.toFixed(4)}).` }
  if (document.paused_at === null && Date.now() >= deadlineAt(document, defaultDeadlineMs))
    return { limit: 'deadline', message: `The session did not finish within ${seconds ?? defaultDeadlineMs / 1_000} s.` }
  return undefined
}

/** What is left for a piece of work: of the session's budget, and of its own. */
export function leftFor(document: SessionDocument, spent: Usage, own: Budget | undefined, defaultDeadlineMs: number): Budget {
  const { tokens, usd } = document.budget
  const left: Budget = {
    deadline_s: Math.max(0.001, (deadlineAt(document, defaultDeadlineMs) - Date.now()) / 1_000),
    ...(tokens !== undefined && { tokens: Math.max(1, tokens - spent.total_tokens) }),
    ...(usd !== undefined && { usd: Math.max(1e-9, usd - (spent.cost_usd ?? 0)) }),
  }
  for (const name of LIMITS) {
    const limit = own?.[name]
    if (limit !== undefined) left[name] = Math.min(left[name] ?? limit, limit)
  }
  return left
}

/** The smaller of two limits, each. */
export function withinBudget(asked: Budget, most: Budget): Budget {
  const budget = { ...asked }
  for (const name of LIMITS) {
    const limit = most[name]
    if (limit !== undefined) budget[name] = Math.min(budget[name] ?? limit, limit)
  }
  return budget
}
