import type { IncomingHttpHeaders } from 'node:http'

import { budgetSchema } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { SessionBudget } from '../../core/orchestrator.ts'
import { oneValue } from '../to-routing-facts.ts'

const LIMITS = [
  { key: 'tokens', header: 'x-signalbox-budget-tokens', field: 'budget_tokens', format: /^\d{1,10}$/, what: 'a whole number from 1 to 1000000000' },
  {
    key: 'usd',
    header: 'x-signalbox-budget-usd',
    field: 'budget_usd',
    format: /^\d{1,7}(?:\.\d{1,9})?$/,
    what: 'an amount in US dollars, more than 0 and 1000000 at most',
  },
  {
    key: 'deadline_s',
    header: 'x-signalbox-deadline-s',
    field: 'deadline_s',
    format: /^\d{1,5}(?:\.\d{1,3})?$/,
    what: 'seconds, more than 0 and 86400 at most',
  },
] as const

/**
 * What a session may spend, by header or in the request's metadata; a header has the last word.
 *
 * @throws AppError naming the header or the field that is no such number.
 */
export function readBudget(headers: IncomingHttpHeaders, metadata: Record<string, string> | null | undefined): SessionBudget | undefined {
  const budget: SessionBudget = {}
  for (const { key, header, field, format, what } of LIMITS) {
    const given = oneValue(headers[header])?.trim() || undefined
    const text = given ?? metadata?.[field]
    if (text === undefined) continue
    const param = given === undefined ? `metadata.${field}` : header
    const amount = format.test(text) ? Number(text) : Number.NaN
    if (!budgetSchema.safeParse({ [key]: amount }).success) throw new AppError('invalid_request', `${param}: must be ${what}.`, { param })
    budget[key] = amount
  }
  return Object.keys(budget).length === 0 ? undefined : budget
}
