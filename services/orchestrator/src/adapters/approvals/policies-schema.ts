import { decisionKindSchema, pointerSchema, riskLevelSchema } from '@signalbox/contracts'
import { z } from 'zod'

import { NO_POLICIES, type Escalation, type PolicyRule } from '../../core/approvals/policies.ts'
import { requireAllowed } from '../json-logic.ts'

/** Sessions that nothing happens to are given up after a week, and their approvals with them. */
const LONGEST_MS = 7 * 86_400_000
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const durationSchema = z.string({ error: 'is not a duration such as 30m, 4h or 2d' }).transform((text, context) => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? []
  const ms = Number(count) * UNIT_MS[(unit ?? 's') as keyof typeof UNIT_MS]
  if (ms > 0 && ms <= LONGEST_MS) return ms
  context.addIssue({ code: 'custom', message: ms > LONGEST_MS ? 'is longer than 7d' : 'is not a duration such as 30m, 4h or 2d' })
  return z.NEVER
})

/** `50%` of the deadline, or a duration. */
const afterSchema = z.union(
  [
    z
      .string()
      .regex(/^[1-9]\d?%$/)
      .transform((text) => ({ share: Number.parseInt(text, 10) / 100 })),
    durationSchema.transform((ms) => ({ ms })),
  ],
  { error: 'is neither a share such as 50% nor a duration such as 30m, 4h or 2d' },
)

const approversSchema = oneOrMore(
  z
    .string()
    .max(200)
    .regex(
      /^(role:(approver|operator|admin)|(user|key|oidc|group):\S.*)$/,
      'is not of the form role:approver, role:operator, role:admin, user:alice or group:finance',
    ),
)

const escalationSchema = z.strictObject({ after: afterSchema.default({ share: 0.5 }), to: approversSchema.default(['role:operator']) })
const namesSchema = oneOrMore(z.string().min(1).max(200)).optional()
const approveOrReject = z.enum(['reject', 'approve'], { error: 'is neither reject nor approve' })

const matchSchema = z.strictObject({
  agent: namesSchema,
  skill: namesSchema,
  tool: namesSchema,
  type: namesSchema,
  risk: oneOrMore(riskLevelSchema).optional(),
  source: oneOrMore(z.enum(['plan', 'policy', 'agent'])).optional(),
  args: z.json().superRefine(checkLogic).optional(),
})

const ruleSchema = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'is not made of 1 to 64 letters, digits, _, . and -'),
    match: matchSchema,
    effect: z.enum(['require', 'allow', 'deny'], { error: 'is none of require, allow and deny' }).default('require'),
    risk: riskLevelSchema.optional(),
    why: z.string().trim().min(1).max(2_000).optional(),
    approvers: approversSchema.optional(),
    quorum: z.int().min(1).max(9).optional(),
    exclude_requester: z.boolean().optional(),
    deadline: durationSchema.optional(),
    on_timeout: approveOrReject.optional(),
    escalate: escalationSchema.optional(),
    allow: z
      .array(decisionKindSchema)
      .refine((kinds) => kinds.includes('reject') && kinds.length > 1, 'leaves no choice: it needs reject, and approve or edit')
      .default(['approve', 'edit', 'reject']),
    mask: z.array(pointerSchema).max(64).default([]),
    notify: z.array(z.string()).max(64).optional(),
  })
  .superRefine((rule, context) => {
    const fault = (name: keyof typeof rule, message: string): void => context.addIssue({ code: 'custom', path: [name], message })
    const [type = '*', ...otherTypes] = rule.match.type ?? []
    const pinsType = otherTypes.length === 0 && !/[*?]/.test(type)
    if (rule.on_timeout === 'approve' && !(rule.effect === 'require' && pinsType && rule.risk === 'low'))
      fault('on_timeout', 'is approve, which takes a rule that requires, for one exact match.type, and says risk: low')
    if (rule.effect === 'allow' && Object.keys(rule.match).length === 0) fault('match', 'is empty: a rule that allows has to say what')
    if (rule.effect === 'allow' && (rule.risk === 'high' || rule.risk === 'critical')) fault('risk', 'is too high to be allowed without a person')
  })

const defaultsSchema = z.strictObject({
  deadline: durationSchema.default(NO_POLICIES.defaults.deadlineMs),
  on_timeout: z.literal('reject', { error: 'is not reject: only a rule for one exact action of low risk may say approve' }).default('reject'),
  quorum: z.int().min(1).max(9).default(1),
  approvers: approversSchema.default(['role:approver']),
  exclude_requester: z.boolean().default(true),
  max_open_per_session: z.int().min(1).max(1_000).default(NO_POLICIES.defaults.maxOpenPerSession),
  escalate: escalationSchema.optional(),
})

/** The rules of a policies file; its `channels` are read by a schema of their own. */
export const policiesSchema = z
  .strictObject({
    version: z.literal(1, { error: 'is not 1' }),
    defaults: defaultsSchema.prefault({}),
    policies: z.array(ruleSchema).max(500).default([]),
    channels: z.unknown().optional(),
  })
  .superRefine(({ defaults, policies }, context) => {
    const ids = policies.map(({ id }) => id)
    const fault = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message })
    if (cannotReach(defaults.quorum, defaults.approvers)) fault(['defaults', 'quorum'], 'is more than there are approvers')
    if (!isBefore(defaults.escalate, defaults.deadline)) fault(['defaults', 'escalate'], 'comes after the deadline')
    for (const [index, rule] of policies.entries()) {
      if (ids.indexOf(rule.id) < index) fault(['policies', index, 'id'], 'is the id of another policy too')
      if (cannotReach(rule.quorum ?? defaults.quorum, rule.approvers ?? defaults.approvers))
        fault(['policies', index, rule.quorum === undefined ? 'approvers' : 'quorum'], 'is more than there are approvers')
      if (!isBefore(rule.escalate ?? defaults.escalate, rule.deadline ?? defaults.deadline))
        fault(['policies', index, rule.escalate ? 'escalate' : 'deadline'], 'lets escalation come after the deadline')
    }
  })
  .transform(({ defaults, policies, channels }) => {
    const escalate = defaults.escalate ?? null
    return {
      channels,
      defaults: { deadlineMs: defaults.deadline, quorum: toQuorum({}, defaults), escalate, maxOpenPerSession: defaults.max_open_per_session },
      rules: policies.map((rule): PolicyRule => ({
        id: rule.id,
        match: rule.match,
        effect: rule.effect,
        risk: rule.risk,
        why: rule.why,
        quorum: toQuorum(rule, defaults),
        deadlineMs: rule.deadline ?? defaults.deadline,
        onTimeout: rule.on_timeout ?? 'reject',
        escalate: rule.escalate ?? escalate,
        allow: rule.allow,
        mask: rule.mask,
        notify: rule.notify ?? null,
      })),
    }
  })

interface Deciders {
  quorum?: number | undefined
  approvers?: string[] | undefined
  exclude_requester?: boolean | undefined
}

function toQuorum(rule: Deciders, defaults: Required<{ [Name in keyof Deciders]: NonNullable<Deciders[Name]> }>): PolicyRule['quorum'] {
  return {
    required: rule.quorum ?? defaults.quorum,
    eligible: rule.approvers ?? defaults.approvers,
    exclude_requester: rule.exclude_requester ?? defaults.exclude_requester,
  }
}

/** Roles and groups may have any number of people. */
function cannotReach(quorum: number, approvers: readonly string[]): boolean {
  return approvers.every((approver) => !/^(role|group):/.test(approver)) && new Set(approvers).size < quorum
}

function isBefore(escalate: Escalation | undefined, deadlineMs: number): boolean {
  return escalate === undefined || 'share' in escalate.after || escalate.after.ms < deadlineMs
}

/** One, or a list. */
function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1).max(64))
}

function checkLogic(rule: unknown, context: { addIssue: (issue: { code: 'custom'; message: string; input: unknown }) => void }): void {
  try {
    requireAllowed(rule)
  } catch (error) {
    context.addIssue({ code: 'custom', message: `cannot be evaluated: ${(error as Error).message}`, input: rule })
  }
}
