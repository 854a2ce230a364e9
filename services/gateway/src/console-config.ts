import { flag, wholeNumber } from '@signalbox/config'
import { ROLES, roleSchema } from '@signalbox/contracts'
import { z } from 'zod'

const groupRoleSchema = z
  .string()
  .regex(new RegExp(`^.+=(?:${ROLES.join('|')})$`), 'holds something that is not group=role, with viewer, approver, operator or admin')
  .transform((entry) => ({ group: entry.slice(0, entry.lastIndexOf('=')).trim(), role: roleSchema.parse(entry.slice(entry.lastIndexOf('=') + 1)) }))

/** What the gateway reads for its console. Spread into its schema. */
export const consoleFields = {
  /** Whether there is a console at all, with its accounts and its decision links. */
  CONSOLE_ENABLED: flag(true),
  /** The folder of the built console. */
  CONSOLE_DIR: z.string().optional(),
  /** The password of `admin`: as long as it is set it holds. One is made at the first start where it is not. */
  CONSOLE_ADMIN_PASSWORD: z.string().min(12, 'is shorter than 12 characters').max(1_024).optional(),
  /** How many proxies of ours stand before the gateway, whose X-Forwarded-* headers can be believed. */
  TRUSTED_PROXIES: wholeNumber({ min: 0, max: 8, fallback: 0 }),
  /** Where a trace is looked at: `http://127.0.0.1:6006/redirects/traces/{trace_id}`. */
  TRACE_URL_TEMPLATE: z
    .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
    .refine((url) => /\{trace_id\}|%7Btrace_id%7D/i.test(url), 'does not say where {trace_id} goes')
    .optional(),
  /** Where accounts live without a Redis: in a file of this folder. */
  DATA_DIR: z.string().default('.signalbox'),
  /** Where accounts live that several gateways share. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'is not a redis:// or rediss:// URL' }).optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'is not made of 1 to 64 letters, digits, _, ., : and -')
    .default('signalbox'),
  REDIS_ALLOW_VOLATILE: flag(false),
  /** An OpenID Connect provider that people sign in with, beside their passwords here. */
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
    .refine((url) => !url.startsWith('http:') || /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/.test(url), 'must be https, but on this machine')
    .optional(),
  OIDC_CLIENT_ID: z.string().max(512).optional(),
  OIDC_CLIENT_SECRET: z.string().max(4_096).optional(),
  /** What the button says. */
  OIDC_NAME: z.string().max(64).default('single sign-on'),
  /** The claim that holds somebody's groups. */
  OIDC_ROLE_CLAIM: z.string().max(256).default('groups'),
  /** Which group has which role, each `group=role`; of several the highest counts. */
  OIDC_ROLES: z
    .string()
    .default('')
    // Groups' names may hold blanks.
    .transform((text) => text.split(',').flatMap((entry) => entry.trim() || []))
    .pipe(z.array(groupRoleSchema)),
  /** The role of whoever is in none of these groups; `none` refuses them. */
  OIDC_DEFAULT_ROLE: z.enum([...ROLES, 'none'], { error: 'is neither a role nor none' }).default('viewer'),
}
