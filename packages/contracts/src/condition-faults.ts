import { PLAN_LIMITS, type PlanNode } from './plan.ts'

/**
 * All that a condition may do: look results up, compare, combine, count. Nothing that calls out,
 * makes data, or throws on purpose; and no list is walked inside the walk of another, so that what a
 * rule costs is bounded by its own size and that of what it looks at.
 */
export const CONDITION_OPERATORS = [
  'var',
  '==',
  '===',
  '!=',
  '!==',
  '>',
  '>=',
  '<',
  '<=',
  '!',
  '!!',
  'and',
  'or',
  'if',
  '?:',
  'in',
  '+',
  '-',
  '*',
  '/',
  '%',
  'max',
  'min',
  'cat',
  'length',
  'some',
  'all',
  'none',
] as const

const ALLOWED: ReadonlySet<string> = new Set(CONDITION_OPERATORS)
/** Inside these, `var` speaks of the list's items, not of nodes. */
const OVER_ITEMS: ReadonlySet<string> = new Set(['some', 'all', 'none'])
const NODE_FIELDS: ReadonlySet<string> = new Set(['state', 'text', 'data'])

/**
 * What is wrong with a node's condition, in words that a planner can act on. A condition may look
 * only at nodes that have surely ended: the node's own needs.
 */
export function conditionFaults(node: PlanNode, ids: ReadonlySet<string>): string[] {
  const ofRule = (rule: unknown, known: readonly string[], name: string): string[] => {
    if (rule === undefined) return []
    const faults = sizeFaults(rule)
    return (faults.length > 0 ? faults : [...ruleFaults(rule, { known, ids, overItems: false })]).map((fault) => `node '${node.id}': its ${name} ${fault}`)
  }
  return [...ofRule(node.when, node.needs, 'condition'), ...ofRule(node.replan_when, [...node.needs, node.id], 'condition for planning anew')]
}

function sizeFaults(rule: unknown): string[] {
  if (isDeeperThan(rule, PLAN_LIMITS.whenDepth)) return [`is nested deeper than ${PLAN_LIMITS.whenDepth}`]
  return Buffer.byteLength(JSON.stringify(rule)) > PLAN_LIMITS.whenBytes ? [`is larger than ${PLAN_LIMITS.whenBytes} bytes`] : []
}

/** Whether a value is nested deeper than `depth`. Looks no deeper itself: what is nested without bound must not overflow the stack here. */
export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1))
}

interface Place {
  /** The nodes that may be looked at. */
  known: readonly string[]
  ids: ReadonlySet<string>
  overItems: boolean
}

function* ruleFaults(rule: unknown, place: Place): Generator<string> {
  if (Array.isArray(rule)) for (const item of rule) yield* ruleFaults(item, place)
  else if (typeof rule === 'object' && rule !== null) yield* operationFaults(Object.entries(rule), place)
}

function* operationFaults(entries: [string, unknown][], place: Place): Generator<string> {
  const [operator, value] = entries[0] ?? ['', undefined]
  if (entries.length !== 1) return yield `has an object with ${entries.length} keys where a rule has one, its operator`
  if (!ALLOWED.has(operator)) return yield `uses '${operator.slice(0, 40)}'; the operators are: ${CONDITION_OPERATORS.join(' ')}`
  if (operator === 'var') return yield* lookUpFaults(value, place)
  if (!OVER_ITEMS.has(operator)) return yield* ruleFaults(value, place)
  if (place.overItems) return yield `walks a list ('${operator}') inside the walk of another`
  if (!Array.isArray(value) || value.length !== 2) return yield `gives '${operator}' something else than a list and a rule for its items`
  yield* ruleFaults(value[0], place)
  yield* ruleFaults(value[1], { ...place, overItems: true })
}

function* lookUpFaults(value: unknown, { known, ids, overItems }: Place): Generator<string> {
  const [path, ...fallback]: unknown[] = Array.isArray(value) ? value : [value]
  if (fallback.some((item) => typeof item === 'object' && item !== null)) return yield `computes what 'var' falls back to`
  // An item may be looked at as a whole, or by its place.
  if (overItems && (path === '' || path === undefined || typeof path === 'number')) return
  if (typeof path !== 'string' || path === '') return yield `looks up something else than a path such as 'node.text'`
  if (path.includes('..')) return yield `looks up '${path.slice(0, 80)}', outside of what it is given`
  if (overItems) return
  const [target = '', field] = path.split('.')
  if (!ids.has(target)) yield `looks at '${target}', which is not a node`
  else if (!known.includes(target)) yield `looks at '${target}', which is not among its needs`
  else if (field !== undefined && !NODE_FIELDS.has(field)) yield `looks at '${path.slice(0, 80)}'; of a node it knows state, text and data`
}
