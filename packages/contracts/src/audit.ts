import { z } from 'zod'

/** What is put down for good: who did what, when and from where. */
export const auditKindSchema = z.enum([
  'approval.requested',
  'approval.viewed',
  'approval.decided',
  'approval.extended',
  'approval.escalated',
  'approval.expired',
  'approval.superseded',
  'approval.delivered',
  'session.canceled',
  'session.paused',
  'session.resumed',
  'session.redriven',
  'session.dropped',
  'session.answered',
  'channel.tested',
  'user.signed_in',
  'user.refused',
  'user.signed_out',
  'user.added',
  'user.changed',
  'user.removed',
])
export type AuditKind = z.infer<typeof auditKindSchema>

/** Before it has its place in the chain. `facts` never hold arguments, prompts or secrets. */
export const auditNoteSchema = z.object({
  kind: auditKindSchema,
  at: z.iso.datetime(),
  by: z.object({ id: z.string(), name: z.string(), via: z.string(), from: z.string().optional() }),
  /** `apr_…`, `ses_…`, `user:…`, or a channel's id. */
  subject: z.string(),
  session_id: z.string().nullable(),
  facts: z.record(z.string(), z.json()),
})
export type AuditNote = z.infer<typeof auditNoteSchema>

/** `POST /v1/audit/notes`, for services with the token only: what the gateway knows of people, who sign in there. Answered with the entry. */
export const userAuditNoteSchema = auditNoteSchema.extend({
  kind: z.enum(['user.signed_in', 'user.refused', 'user.signed_out', 'user.added', 'user.changed', 'user.removed']),
})
export type UserAuditNote = z.infer<typeof userAuditNoteSchema>

/**
 * A link of the chain: `hash` is SHA-256 over the canonical JSON of the entry without its hash, which holds
 * `prev`, the hash before it. `seq` counts from 1 without gaps; the first one's `prev` is 64 zeros.
 */
export const auditEntrySchema = auditNoteSchema.extend({ seq: z.int().positive(), prev: z.string(), hash: z.string() })
export type AuditEntry = z.infer<typeof auditEntrySchema>

export const AUDIT_GENESIS = '0'.repeat(64)

/** `GET /v1/audit`: newest first; `cursor` goes back in time. */
export const auditQuerySchema = z.object({
  kind: auditKindSchema.optional(),
  /** Exactly this subject, session or actor id. */
  about: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(512).optional(),
})
export type AuditQuery = z.infer<typeof auditQuerySchema>
export const auditPageSchema = z.object({ object: z.literal('list'), data: z.array(auditEntrySchema), total: z.int(), next_cursor: z.string().nullable() })
export type AuditPage = z.infer<typeof auditPageSchema>

/** `GET /v1/audit/verify`. `head` is the last entry's hash: keep it elsewhere, and a chain that was cut off at its end is found out too. */
export const auditVerdictSchema = z.object({
  ok: z.boolean(),
  entries: z.int().nonnegative(),
  head: z.string(),
  /** The first entry that does not fit, and why. */
  broken: z.object({ seq: z.int(), why: z.string() }).nullable(),
})
export type AuditVerdict = z.infer<typeof auditVerdictSchema>

/** `GET /v1/feed?after=&wait_s=`: what has changed since, for whoever shows it live. `after` and `seq` count the audit chain. */
export const feedQuerySchema = z.object({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  wait_s: z.coerce.number().min(0).max(25).default(0),
})
/** Where `after` is not said there are no `data`, and `last` is where to go on from. */
export const feedPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ seq: z.int(), kind: auditKindSchema, subject: z.string(), session_id: z.string().nullable(), at: z.iso.datetime() })),
  last: z.int().nonnegative(),
  pending: z.int().nonnegative(),
})
export type FeedPage = z.infer<typeof feedPageSchema>
