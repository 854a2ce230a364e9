import { z } from 'zod'

import { viaSchema } from './actors.ts'

/** Closed bounds on what agents and people may say around an approval. */
export const APPROVAL_LIMITS = {
  title: 200,
  statement: 2_000,
  reason: 2_000,
  argsBytes: 256 * 1_024,
  sideEffects: 16,
  secrets: 64,
  /** Asks in one status of an agent. */
  asks: 16,
  /** Decided in one call. */
  bulk: 20,
} as const

export const riskLevelSchema = z.enum(['low', 'medium', 'high', 'critical'])
export type RiskLevel = z.infer<typeof riskLevelSchema>

/** A JSON pointer (RFC 6901) into an action's arguments. */
export const pointerSchema = z
  .string()
  .max(512)
  .regex(/^(\/[^/]*)*$/, 'a JSON pointer begins with a slash')

/** What an agent says that it wants to do. `type` is the verb a policy can name: `deploy`, `payments.refund`, `agent.call`. */
export const actionSchema = z.object({
  type: z.string().min(1).max(100),
  title: z.string().min(1).max(APPROVAL_LIMITS.title),
  tool: z.string().min(1).max(200).optional(),
  args: z.json(),
  side_effects: z.array(z.string().max(200)).max(APPROVAL_LIMITS.sideEffects).default([]),
  reversible: z.boolean().nullable().default(null),
  /** Where in `args` secrets stand; they are shown to nobody. */
  secrets: z.array(pointerSchema).max(APPROVAL_LIMITS.secrets).default([]),
})
export type Action = z.infer<typeof actionSchema>

/**
 * A status's `metadata[EXTENSIONS.approval]` with `TASK_STATE_AUTH_REQUIRED`: what the agent waits for, all of
 * it each time. `ref` names an ask within its task. What is not listed any more is not waited for any more.
 */
export const agentAskSchema = z.object({
  ref: z.string().min(1).max(200),
  action: actionSchema,
  risk: riskLevelSchema.optional(),
  why: z.string().max(APPROVAL_LIMITS.statement).optional(),
  impact: z.string().max(APPROVAL_LIMITS.statement).optional(),
  /** Whether the agent takes other arguments than those it asked for. */
  editable: z.boolean().default(true),
})
export type AgentAsk = z.infer<typeof agentAskSchema>
export const agentAsksSchema = z.object({ asks: z.array(agentAskSchema).min(1).max(APPROVAL_LIMITS.asks) })

/** Data part of the message that continues a task which asked: what was decided, for the same bytes. */
export const approvalDecisionPartSchema = z.object({
  kind: z.literal('approval-decision'),
  ref: z.string().min(1).max(200),
  decision: z.enum(['approve', 'edit', 'reject']),
  /** Of the arguments that may be used: those asked for, or those of the edit. */
  args_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of an edit: what to use instead. */
  args: z.json().optional(),
  reason: z.string().max(APPROVAL_LIMITS.reason).optional(),
  /** Names of who decided. */
  decided_by: z.array(z.string().max(200)).max(64).default([]),
})
export type ApprovalDecisionPart = z.infer<typeof approvalDecisionPartSchema>

/** What the plan says of a node that needs a person's word. */
export const nodeApprovalSchema = z.object({
  why: z.string().trim().min(1).max(APPROVAL_LIMITS.statement),
  /** In a few words, what is done: `Send the newsletter`. The instruction's first line where nothing is said. */
  action: z.string().trim().min(1).max(APPROVAL_LIMITS.title).optional(),
  risk: riskLevelSchema.default('medium'),
  impact: z.string().max(APPROVAL_LIMITS.statement).optional(),
})
export type NodeApproval = z.infer<typeof nodeApprovalSchema>

export const decisionKindSchema = z.enum(['approve', 'edit', 'reject'])
export type DecisionKind = z.infer<typeof decisionKindSchema>

/** Who may decide, and how many it takes. A policy's, as it was when it was asked. */
export const quorumSchema = z.object({
  required: z.int().min(1).max(9).default(1),
  /** `role:approver` (that role or a higher one), `user:alice`, `group:finance`. */
  eligible: z.array(z.string().min(1).max(200)).min(1).max(64).default(['role:approver']),
  /** Whoever's request this is done for may not decide. */
  exclude_requester: z.boolean().default(true),
})
export type Quorum = z.infer<typeof quorumSchema>

export const onTimeoutSchema = z.enum(['reject', 'approve'])

/**
 * What a session waits for, as its document keeps it. `args` are unmasked and stay here: they are what is
 * run. `id` is made of session, node, epoch and ref, so that asking again after a crash asks the same.
 */
export const askSchema = z.object({
  id: z.string(),
  node: z.string(),
  epoch: z.int().nonnegative(),
  /** Within the agent's task; null where plan or policy asks. */
  ref: z.string().nullable(),
  source: z.enum(['plan', 'policy', 'agent']),
  agent: z.string(),
  skill: z.string().nullable(),
  action: actionSchema,
  /** Of the arguments' bytes; keyed where there are secrets among them. */
  args_sha256: z.string(),
  /** What that hash and the masks are keyed with. Without one, as asked by an earlier version, they are plain. Nobody is shown it. */
  seal: z.string().optional(),
  /** The agent's own words: not to be believed. */
  statement: z.string().nullable(),
  why: z.string().nullable(),
  impact: z.string().nullable(),
  risk: z.object({ level: riskLevelSchema, reasons: z.array(z.string()) }),
  policy: z.object({ id: z.string(), version: z.string() }).nullable(),
  allowed: z.array(decisionKindSchema).min(1),
  quorum: quorumSchema,
  on_timeout: onTimeoutSchema,
  /** Channels to tell; null is all. */
  notify: z.array(z.string()).nullable(),
  asked_at: z.iso.datetime(),
  escalates_at: z.iso.datetime().nullable(),
  /** Who may decide too once it is escalated. */
  escalates_to: z.array(z.string()),
  expires_at: z.iso.datetime(),
  state: z.enum(['open', 'approved', 'rejected', 'expired', 'superseded']),
  outcome: z
    .object({
      decision: decisionKindSchema,
      by: z.array(z.string()),
      reason: z.string().nullable(),
      /** Of an edit, unmasked. */
      args: z.json().optional(),
      args_sha256: z.string(),
      at: z.iso.datetime(),
    })
    .nullable(),
  /** The agent has been told. */
  told: z.boolean().default(false),
  /** The sub-plan's session whose ask this is; it is entered and answered there, and shown here too. */
  relayed: z.string().optional(),
})
export type Ask = z.infer<typeof askSchema>

export const approvalStateSchema = z.enum(['pending', 'approved', 'rejected', 'expired', 'superseded'])
export type ApprovalState = z.infer<typeof approvalStateSchema>

/** One person's word. With a quorum of more than one several stand before the approval is decided. */
export const decisionSchema = z.object({
  by: z.object({ id: z.string(), name: z.string() }),
  via: viaSchema,
  decision: decisionKindSchema,
  reason: z.string().nullable(),
  args_sha256: z.string(),
  at: z.iso.datetime(),
  /** Set aside by an edit that came later: what was approved were other bytes. */
  superseded: z.boolean().default(false),
})
export type Decision = z.infer<typeof decisionSchema>

/**
 * An approval as people see it and as the ledger keeps it. Secrets in `action.args` are masked:
 * `"•••• (keyed 1a2b3c4d)"`. `args_sha256` names the bytes that run: their sha256 where no secret is among them,
 * else a keyed hash, by which no secret can be guessed. `version` goes up with every change and is its ETag.
 */
export const approvalSchema = z.object({
  id: z.string(),
  version: z.int().positive(),
  state: approvalStateSchema,
  source: z.enum(['plan', 'policy', 'agent']),
  session_id: z.string(),
  /** The outermost session that this is part of; the same as `session_id` mostly. */
  root_session_id: z.string(),
  node: z.string(),
  epoch: z.int().nonnegative(),
  agent: z.string(),
  skill: z.string().nullable(),
  /** What the session is for. */
  goal: z.string(),
  /** Whose request it is: the owner of the session. */
  requested_by: z.string(),
  action: actionSchema,
  args_sha256: z.string(),
  /** The latest edit, masked, with the hash of its bytes; `action` is what was asked for at first. */
  edit: z.object({ args: z.json(), args_sha256: z.string(), by: z.string(), at: z.iso.datetime() }).nullable(),
  statement: z.string().nullable(),
  why: z.string().nullable(),
  impact: z.string().nullable(),
  risk: z.object({ level: riskLevelSchema, reasons: z.array(z.string()) }),
  policy: z.object({ id: z.string(), version: z.string() }).nullable(),
  allowed: z.array(decisionKindSchema),
  quorum: quorumSchema,
  on_timeout: onTimeoutSchema,
  decisions: z.array(decisionSchema),
  notify: z.array(z.string()).nullable(),
  created_at: z.iso.datetime(),
  escalates_at: z.iso.datetime().nullable(),
  escalates_to: z.array(z.string()),
  escalated: z.boolean(),
  expires_at: z.iso.datetime(),
  decided_at: z.iso.datetime().nullable(),
  traceparent: z.string().nullable(),
})
export type Approval = z.infer<typeof approvalSchema>

/** `GET /v1/approvals`. `status`: `pending` (the default), `history` (all that are decided), or one state. */
export const approvalQuerySchema = z.object({
  status: z.enum(['pending', 'history', 'all', 'approved', 'rejected', 'expired', 'superseded']).default('pending'),
  session_id: z.string().max(64).optional(),
  agent: z.string().max(64).optional(),
  risk: riskLevelSchema.optional(),
  /** In title, type, tool, goal, agent, statement or reason; case does not matter. */
  q: z.string().trim().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(512).optional(),
})
export type ApprovalQuery = z.infer<typeof approvalQuerySchema>

/** `pending` counts all that wait and that the caller may see, whatever the filter says. Pending ones come the soonest to expire first, others the newest first. */
export const approvalPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(approvalSchema),
  total: z.int().nonnegative(),
  pending: z.int().nonnegative(),
  next_cursor: z.string().nullable(),
})
export type ApprovalPage = z.infer<typeof approvalPageSchema>

/** What a given actor may do with an approval, so that no client works it out by itself. */
export const approvalDetailSchema = z.object({
  approval: approvalSchema,
  you: z.object({ may_decide: z.boolean(), why_not: z.string().nullable(), decided: z.boolean() }),
})
export type ApprovalDetail = z.infer<typeof approvalDetailSchema>

/**
 * `POST /v1/approvals/{id}/decision`, with `If-Match: "<version>"`. `args_sha256` is of what the decider saw;
 * where other bytes wait by now it is refused. A masked secret that is left as it stands in `edited_args`
 * keeps its value. `edited_input` is the same as `edited_args`.
 */
export const decisionRequestSchema = z
  .strictObject({
    decision: decisionKindSchema,
    reason: z.string().trim().max(APPROVAL_LIMITS.reason).optional(),
    edited_args: z.json().optional(),
    edited_input: z.json().optional(),
    args_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal')
      .optional(),
  })
  .transform(({ edited_input, ...rest }) => ({ ...rest, ...(edited_input !== undefined && rest.edited_args === undefined && { edited_args: edited_input }) }))
export type DecisionRequest = z.infer<typeof decisionRequestSchema>

/** `POST /v1/approvals/decisions`: several at once, of low risk and one action type only. Each is answered by itself. */
export const bulkDecisionRequestSchema = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().trim().max(APPROVAL_LIMITS.reason).optional(),
  items: z
    .array(z.strictObject({ id: z.string().max(200), version: z.int().positive() }))
    .min(1)
    .max(APPROVAL_LIMITS.bulk),
})
export type BulkDecisionRequest = z.infer<typeof bulkDecisionRequestSchema>
export const bulkDecisionSchema = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      id: z.string(),
      approval: approvalSchema.nullable(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
})
export type BulkDecision = z.infer<typeof bulkDecisionSchema>

/** `POST /v1/approvals/{id}/extend`: who may decide may give it more time. */
export const extendRequestSchema = z.strictObject({
  seconds: z
    .int()
    .min(60)
    .max(7 * 86_400),
})

/** A person's link to one approval (`/d/{token}` at the gateway). `read` never changes anything; `decide` uses the link up. */
export const linkReadRequestSchema = z.strictObject({ token: z.string().min(1).max(4_096) })
export const linkDecideRequestSchema = z.strictObject({
  token: z.string().min(1).max(4_096),
  version: z.int().positive(),
  decision: z.enum(['approve', 'reject']),
  reason: z.string().trim().max(APPROVAL_LIMITS.reason).optional(),
})
export const linkViewSchema = z.object({ approval: approvalSchema, recipient: z.string(), usable: z.boolean(), why_not: z.string().nullable() })
export type LinkView = z.infer<typeof linkViewSchema>
