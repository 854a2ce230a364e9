import { addUsage, type Budget, type SessionDocument, type Stopped, type Usage } from '@signalbox/contracts'

const LIMITS = ['deadline_s', 'tokens', 'usd'] as const

/** What a session has spent: what its document says, and what the work under way has told of. */
export function spentBy(document: SessionDocument, live: Iterable<Usage>): Usage {
  return [...live].reduce(addUsage, document.usage)
}

/** The document with what these pieces of work have spent, which are called off and will tell no more of it. */
export function withSpending(document: SessionDocument, live: ReadonlyMap<string, Usage>, ids: readonly string[]): SessionDocument {
  return ids.reduce((next, id) => {
    const usage = live.get(id)
    const state = next.nodes[id]
    if (!usage || !state) return next
    return { ...next, usage: addUsage(next.usage, usage), nodes: { ...next.nodes, [id]: { ...state, usage } } }
  }, document)
}

/** When the session's time is up, milliseconds since the epoch. Time in which it was paused does not count. */
export function deadlineAt(document: SessionDocument, defaultMs: number): number {
  const paused = document.paused_ms + (document.paused_at === null ? 0 : Date.now() - Date.parse(document.paused_at))
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
