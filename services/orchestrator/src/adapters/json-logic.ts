import { LogicEngine } from 'json-logic-engine'

import type { RuleEngine } from '../core/condition.ts'

/** What a condition may do: compare, combine, look things up. Nothing that loops over more than its data, calls out, or makes anything. */
const ALLOWED = new Set([
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
  'missing',
  'some',
  'all',
  'none',
  'cat',
  'length',
])

const engine = new LogicEngine()

/** JSON Logic over a closed list of operators. Throws for any other. */
export const evaluateRule: RuleEngine = (rule, data) => {
  requireAllowed(rule)
  return engine.run(rule, data)
}

/** @throws Error for a rule with an operator that is not of the closed list. */
export function requireAllowed(rule: unknown): void {
  if (Array.isArray(rule)) for (const item of rule) requireAllowed(item)
  else if (typeof rule === 'object' && rule !== null) {
    for (const [operator, value] of Object.entries(rule)) {
      if (!ALLOWED.has(operator)) throw new Error(`the operator '${operator}' is not allowed`)
      requireAllowed(value)
    }
  }
}
