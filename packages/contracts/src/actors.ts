import { z } from 'zod'

/** What a person or a program may do at the console and over the management API, each including those before it. */
export const ROLES = ['viewer', 'approver', 'operator', 'admin'] as const
export const roleSchema = z.enum(ROLES)
export type Role = z.infer<typeof roleSchema>

/** True where `role` may do all that `needed` may. */
export function mayActAs(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** The way on which somebody reached us. */
export const viaSchema = z.enum(['console', 'api', 'cli', 'link', 'slack', 'a2a', 'policy'])
export type Via = z.infer<typeof viaSchema>

/**
 * Who does something that is not the owner's own business: decides, looks at others' sessions, redrives.
 * `id` names one person or program for good: `user:alice`, `key:ci`, `oidc:<subject>`, `policy:<id>`.
 */
export const actorSchema = z.object({
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  role: roleSchema,
  via: viaSchema,
  /** What quorum rules may name beside the person and the role. */
  groups: z.array(z.string().min(1).max(100)).max(64).default([]),
  /** A keyed hash of the address it came from: tells two apart, and tells nobody where they are. */
  from: z.string().max(64).optional(),
})
export type Actor = z.infer<typeof actorSchema>

/** An actor as a header carries it (`SERVICE_HEADERS.actor`). Believed only together with a valid service token. */
export function toActorHeader(actor: Actor): string {
  return Buffer.from(JSON.stringify(actor)).toString('base64url')
}

/** Undefined for what is no actor. */
export function readActorHeader(value: string | undefined): Actor | undefined {
  if (value === undefined || value.length > 16_384) return undefined
  try {
    return actorSchema.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
