import { z } from 'zod'

import { ALIAS_NAMES, isMistakenAlias } from '../core/model-aliases.ts'
import type { PolicyRule, RoutingRules } from '../core/routing-policy.ts'

const MOST_RULES = 1_000

const globSchema = z.string({ error: 'is not a name' }).min(1, 'is empty').max(256, 'is longer than 256 characters')
const globsSchema = z
  .union([globSchema, z.array(globSchema).min(1, 'names nothing').max(1_000)], {
    error: (issue) => (typeof issue.input === 'string' || Array.isArray(issue.input) ? undefined : 'is neither a name nor a list of names'),
  })
  .transform((names) => (typeof names === 'string' ? [names] : names))

const onOrOff = z.boolean({ error: 'is neither true nor false' })
const sure = z.number({ error: 'is not a number' }).min(0.5, 'is less than 0.5').max(1, 'is more than 1')

const aliasesSchema = z.record(z.string().min(1).max(256), globSchema, { error: 'is not a mapping of names to models' }).superRefine((aliases, context) => {
  for (const [alias, model] of Object.entries(aliases)) {
    const fault = (message: string): void => context.addIssue({ code: 'custom', path: [alias], message })
    if (isMistakenAlias(alias)) fault(`is none of our aliases, which are ${ALIAS_NAMES.join(', ')}`)
    if (/[*?]/.test(alias)) fault('is one name, and no glob')
    if (ALIAS_NAMES.includes(model) || isMistakenAlias(model)) fault('stands for one of our aliases, not for a model of the upstream')
  }
})

const budgetSchema = z
  .strictObject({
    usd: z.number({ error: 'is not a number' }).positive('is not more than 0').max(1_000_000).optional(),
    tokens: z.int({ error: 'is not a whole number' }).positive('is not more than 0').max(1_000_000_000).optional(),
    deadline_s: z.number({ error: 'is not a number' }).positive('is not more than 0').max(86_400).optional(),
  })
  .refine((budget) => Object.keys(budget).length > 0, 'names none of usd, tokens and deadline_s')
  .transform(({ usd, tokens, deadline_s: deadline }) => ({
    ...(usd !== undefined && { usd }),
    ...(tokens !== undefined && { tokens }),
    ...(deadline !== undefined && { deadline_s: deadline }),
  }))

const localSchema = z
  .union([onOrOff, z.strictObject({ simple: sure.default(0.5), complex: sure.default(0.5) })], {
    error: (issue) => (typeof issue.input === 'object' && issue.input !== null ? undefined : 'is neither true, false, nor thresholds simple and complex'),
  })
  .transform((local) => (local === true ? { simple: 0, complex: 0 } : local))

const settings = {
  route: z.enum(['auto', 'simple', 'complex'], { error: 'is none of auto, simple and complex' }).optional(),
  orchestrate: onOrOff.optional(),
  models: globsSchema.optional(),
  aliases: aliasesSchema.optional(),
  budget: budgetSchema.optional(),
  classifier: onOrOff.optional(),
  local: localSchema.optional(),
  speculate: onOrOff.optional(),
  sticky: onOrOff.optional(),
}

const ruleSchema = z
  .strictObject({
    id: z.string({ error: 'is not a name' }).regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'is not made of 1 to 64 letters, digits, _, . and -'),
    match: z.strictObject({ key: globsSchema.optional(), model: globsSchema.optional() }).default({}),
    ...settings,
  })
  .superRefine((rule, context) => {
    if (rule.route === 'complex' && rule.orchestrate === false)
      context.addIssue({ code: 'custom', path: ['route'], message: 'is complex, for keys that may not orchestrate' })
    if (Object.keys(rule).every((name) => name === 'id' || name === 'match'))
      context.addIssue({ code: 'custom', path: [], message: 'says nothing but whom it is for' })
  })

/** What `ROUTING_FILE` holds. */
export const routingFileSchema = z
  .strictObject({
    version: z.literal(1, { error: 'is not 1' }),
    defaults: z.strictObject(settings).default({}),
    rules: z.array(ruleSchema, { error: 'is not a list of rules' }).max(MOST_RULES, `holds more than ${MOST_RULES} rules`).default([]),
  })
  .superRefine(({ rules }, context) => {
    const seen = new Set(['defaults'])
    for (const [index, { id }] of rules.entries()) {
      if (seen.has(id)) context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: 'is the name of another rule' })
      seen.add(id)
    }
  })
  .transform(({ rules, defaults }): RoutingRules => ({ rules: rules satisfies PolicyRule[], defaults }))
