import { roleSchema, type Actor, type Role } from '@signalbox/contracts'
import { z } from 'zod'

/** Somebody who may sign in at the console. `id` is `user:` and the name, and never changes. */
export interface User {
  id: string
  name: string
  role: Role
  /** Argon2id, as a PHC string. Null for those whom the identity provider alone knows. */
  password: string | null
  /** Who the identity provider says it is: its issuer and its subject. Null for those who have a password. */
  subject: string | null
  /** What the identity provider said that they are in; quorum rules may name it. */
  groups: string[]
  disabled: boolean
  /** Sign-in sessions of another generation are over: a new one signs somebody out everywhere. */
  generation: string
  /** Goes up with every change. */
  version: number
  /** Milliseconds since the epoch. */
  createdAt: number
  signedInAt: number | null
}

/** A name as people type it: case does not matter, and it can stand in a header, a link and a policy. */
export const userNameSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 letters, digits and any of . _ @ + - between them')

export function toUserId(name: string): string {
  return `user:${name}`
}

/** The user as the ledger and the audit know them. `from` is a keyed hash of the address. */
export function toActor(user: User, from: string | undefined): Actor {
  return { id: user.id, name: user.name, role: user.role, via: 'console', groups: user.groups, ...(from !== undefined && { from }) }
}

/** A user as a store has written it. */
export const storedUserSchema: z.ZodType<User> = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  password: z.string().nullable(),
  subject: z.string().nullable(),
  groups: z.array(z.string()),
  disabled: z.boolean(),
  generation: z.string(),
  version: z.number(),
  createdAt: z.number(),
  signedInAt: z.number().nullable(),
})
