import type { Budget, Estimate, Plan, PlanNode, Range, Usage } from '@signalbox/contracts'

import { FEWEST, type WorkHistory, type WorkSample } from './work-history.ts'

export interface EstimateOptions {
  history: WorkHistory
  /** What drawing the plan took, which a session begins with too. */
  planning: { seconds: number; usage: Usage }
  budget: Budget
  /** How many items of one `map` are worked on at once. */
  perAgent: number
}

/** What one node takes. Undefined where nothing is known of it. */
interface Share {
  seconds: Range | undefined
  tokens: Range | undefined
  /** Null where the price of a model is not known. */
  usd: Range | null | undefined
}

const NOTHING: Range = { low: 0, high: 0 }
/** Items of a list where none was ever gone over. */
const USUAL_ITEMS: Range = { low: 3, high: 10 }

/**
 * What a plan is likely to take.
 *
 *  1. Every node takes what its agent and skill took in sessions that have ended: from the lower quartile to the
 *     ninth decile of their seconds, tokens and dollars (which come from list prices).
 *  2. Tokens and dollars are summed. Seconds follow the longest way through the graph, since nodes whose needs are met
 *     run at once. Drawing the plan is part of both.
 *  3. A node with a condition may take nothing at all. Time that people take is not counted.
 *  4. What one node is not known to take is not known of the whole, and the notes name it. Nothing is guessed but
 *     the length of a list that no `map` has ever gone over.
 *  5. No more is estimated than the budget lets it take.
 */
export function estimatePlan(plan: Plan, { history, planning, budget, perAgent }: EstimateOptions): Estimate {
  const notes = new Set<string>()
  const shares = new Map(plan.nodes.map((node) => [node.id, shareOf(node, { history, perAgent }, notes)]))
  const all = [...shares.values()]
  const tokens = sum(
    all.map((share) => share.tokens),
    planning.usage.total_tokens,
  )
  const usd =
    all.some((share) => share.usd === null) || planning.usage.cost_usd === null
      ? null
      : sum(
          all.map((share) => share.usd ?? undefined),
          planning.usage.cost_usd,
        )
  if (planning.usage.cost_usd === null) notes.add('The price of the planner’s model is not known (LLM_PRICES_FILE).')
  const seconds = longestWay(plan, shares)
  if (seconds) notes.add(`Rests on ${history.sessions} sessions that have ended: from the lower quartile to the ninth decile.`)
  return {
    cost_usd: within(usd ?? undefined, budget.usd),
    tokens: within(tokens, budget.tokens),
    seconds: within(seconds && shift(seconds, planning.seconds), budget.deadline_s),
    notes: [...notes],
  }
}

function shareOf(node: PlanNode, tools: Pick<EstimateOptions, 'history' | 'perAgent'>, notes: Set<string>): Share {
  const share = wholeShareOf(node, tools, notes)
  if (node.approval) notes.add(`Node ${node.id} waits for people, whose time is not counted.`)
  if (node.when === undefined) return share
  return { seconds: maybe(share.seconds), tokens: maybe(share.tokens), usd: share.usd === null ? null : maybe(share.usd) }
}

function wholeShareOf(node: PlanNode, { history, perAgent }: Pick<EstimateOptions, 'history' | 'perAgent'>, notes: Set<string>): Share {
  const of = (agent: string, skill: string | undefined): Share => toShare(history.of(agent, skill), agent, notes)
  switch (node.kind) {
    case 'approval':
      return { seconds: NOTHING, tokens: NOTHING, usd: NOTHING }
    case 'agent':
      return of(node.agent, node.skill)
    case 'plan':
      return of('plan', undefined)
    case 'map': {
      const items = history.items.length === 0 ? USUAL_ITEMS : rangeOf(history.items)
      if (history.items.length === 0) notes.add(`Node ${node.id} goes over a list: ${items.low} to ${items.high} items are supposed.`)
      return repeated(of(node.agent, node.skill), items, perAgent)
    }
    case 'vote': {
      const voters = node.voters.map(({ agent, skill }) => of(agent, skill))
      const judge = node.judge && of(node.judge.agent, node.judge.skill)
      return together(voters, judge, node.decide === 'judge')
    }
  }
}

function toShare(samples: readonly WorkSample[], agent: string, notes: Set<string>): Share {
  const name = agent === 'plan' ? 'A sub-plan' : `Agent ${agent}`
  if (samples.length < FEWEST) {
    notes.add(`${name} has not worked often enough to know what it takes.`)
    return { seconds: undefined, tokens: undefined, usd: undefined }
  }
  const timed = samples.flatMap(({ seconds }) => seconds ?? [])
  const priced = samples.flatMap(({ usd }) => usd ?? [])
  const isPriced = samples.every(({ usd }) => usd !== null)
  if (!isPriced) notes.add(`The price of a model that ${name === 'A sub-plan' ? 'sub-plans use' : `agent ${agent} uses`} is not known (LLM_PRICES_FILE).`)
  return {
    seconds: timed.length < FEWEST ? undefined : rangeOf(timed),
    tokens: rangeOf(samples.map(({ tokens }) => tokens)),
    usd: isPriced ? rangeOf(priced) : null,
  }
}

/** The same work for every item of a list, some at once. */
function repeated({ seconds, tokens, usd }: Share, items: Range, atOnce: number): Share {
  const times = (range: Range, low: number, high: number): Range => ({ low: range.low * low, high: range.high * high })
  return {
    seconds: seconds && times(seconds, Math.ceil(items.low / atOnce), Math.ceil(items.high / atOnce)),
    tokens: tokens && times(tokens, items.low, items.high),
    usd: usd && times(usd, items.low, items.high),
  }
}

/** Voters at once, then the judge: always, or only where there is no majority. */
function together(voters: readonly Share[], judge: Share | undefined, isJudged: boolean): Share {
  const judged = judge ? [isJudged ? judge : { seconds: maybe(judge.seconds), tokens: maybe(judge.tokens), usd: judge.usd && maybe(judge.usd) }] : []
  const times = voters.map(({ seconds }) => seconds)
  const slowest = times.every((range) => range !== undefined)
    ? { low: Math.max(...times.map(({ low }) => low)), high: Math.max(...times.map(({ high }) => high)) }
    : undefined
  const all = [...voters, ...judged]
  return {
    seconds: sum([slowest, ...judged.map(({ seconds }) => seconds)], 0),
    tokens: sum(
      all.map(({ tokens }) => tokens),
      0,
    ),
    usd: all.some(({ usd }) => usd === null)
      ? null
      : sum(
          all.map(({ usd }) => usd ?? undefined),
          0,
        ),
  }
}

/** The longest way through the graph; undefined where what a node on it takes is not known. */
function longestWay({ nodes }: Plan, shares: ReadonlyMap<string, Share>): Range | undefined {
  const known = new Map<string, Range>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const until = (id: string): Range => {
    const done = known.get(id)
    if (done) return done
    const before = (byId.get(id)?.needs ?? []).map(until)
    const own = shares.get(id)?.seconds ?? NOTHING
    const range = { low: own.low + Math.max(0, ...before.map(({ low }) => low)), high: own.high + Math.max(0, ...before.map(({ high }) => high)) }
    known.set(id, range)
    return range
  }
  if (nodes.some(({ id }) => shares.get(id)?.seconds === undefined)) return undefined
  const ends = nodes.map(({ id }) => until(id))
  return { low: Math.max(...ends.map(({ low }) => low)), high: Math.max(...ends.map(({ high }) => high)) }
}

function sum(ranges: readonly (Range | undefined)[], first: number): Range | undefined {
  return ranges.reduce<Range | undefined>((total, range) => total && range && { low: total.low + range.low, high: total.high + range.high }, {
    low: first,
    high: first,
  })
}

function maybe(range: Range | undefined): Range | undefined {
  return range && { low: 0, high: range.high }
}

function shift({ low, high }: Range, by: number): Range {
  return { low: low + by, high: high + by }
}

function within(range: Range | undefined, most: number | undefined): Range | null {
  if (!range) return null
  const cap = (value: number): number => round(Math.min(value, most ?? value))
  return { low: cap(range.low), high: cap(range.high) }
}

/** To three digits that say something. */
function round(value: number): number {
  return Number(value.toPrecision(3))
}

/** From the lower quartile to the ninth decile. */
export function rangeOf(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b)
  return { low: quantile(sorted, 0.25), high: quantile(sorted, 0.9) }
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? 0
  const above = sorted[Math.ceil(at)] ?? below
  return below + (above - below) * (at - Math.floor(at))
}
