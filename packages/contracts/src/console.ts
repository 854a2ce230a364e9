import { z } from 'zod'

import { roleSchema } from './actors.ts'

/** The console's own API, at /console/api: what the resources under /v1 have no word for. */

/** `POST /console/api/session`. */
export const signInRequestSchema = z.strictObject({ user: z.string().min(1).max(200), password: z.string().min(1).max(1_024) })

/** Who is signed in. `id` is what approvals, decisions and the audit know them by: `user:alice`. `csrf` goes along as `x-signalbox-csrf` with whatever changes anything. */
export const consoleSessionSchema = z.object({ user: z.object({ id: z.string(), name: z.string(), role: roleSchema }), csrf: z.string() })
export type ConsoleSession = z.infer<typeof consoleSessionSchema>

/** `POST /console/api/session/password`: one's own. */
export const passwordChangeSchema = z.strictObject({
  current: z.string().min(1).max(1_024),
  next: z.string().min(12, 'must be 12 characters or more').max(1_024),
})

/** `GET /console/api/info`. What is null is told only to those who are signed in. */
export const consoleInfoSchema = z.object({
  /** Where OpenAI clients are pointed to: `https://signalbox.example.com/v1`. */
  base_url: z.string(),
  /** The identity provider that one can sign in with, as its button names it. */
  oidc: z.object({ name: z.string() }).nullable(),
  version: z.string().nullable(),
  model: z.string().nullable(),
  /** The scripted model stands in: no real one is configured. */
  scripted: z.boolean().nullable(),
  /** Chat requests that came with an API key since the gateway was started. */
  requests_seen: z.int().nonnegative().nullable(),
  /** Where a trace is looked at, with `{trace_id}` in it. */
  trace_url_template: z.string().nullable(),
})
export type ConsoleInfo = z.infer<typeof consoleInfoSchema>

/** `GET /console/api/users`, for admins. */
export const consoleUserSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  disabled: z.boolean(),
  sign_in: z.enum(['password', 'oidc']),
  created_at: z.iso.datetime(),
  signed_in_at: z.iso.datetime().nullable(),
})
export type ConsoleUser = z.infer<typeof consoleUserSchema>
export const consoleUserListSchema = z.object({ object: z.literal('list'), data: z.array(consoleUserSchema) })

/** `POST /console/api/users`. */
export const consoleUserAddSchema = z.strictObject({ name: z.string(), role: roleSchema })
/** `PATCH /console/api/users/{id}`. */
export const consoleUserChangeSchema = z
  .strictObject({ role: roleSchema.optional(), disabled: z.boolean().optional(), reset_password: z.literal(true).optional() })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
/** What both answer. A password is told this once; null where none was made. */
export const consoleUserChangedSchema = z.object({ user: consoleUserSchema, password: z.string().nullable() })
