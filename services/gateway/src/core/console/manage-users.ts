import type { Actor, Role, UserAuditNote } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { AccountStore } from './account-store.ts'
import type { AuditSink } from './audit-sink.ts'
import { createPassword, type Passwords } from './password.ts'
import { createGeneration } from './sign-in.ts'
import { toUserId, type User } from './user.ts'

export interface UserChange {
  role?: Role | undefined
  disabled?: boolean | undefined
  /** A new password is made, and whoever is signed in as this user is signed out. */
  resetPassword?: boolean | undefined
}

/** What admins do about users. */
export interface ManageUsers {
  list(): Promise<User[]>
  /** A user with a password made here, which is told once. @throws AppError `conflict`. */
  add(wanted: { name: string; role: Role }, by: Actor): Promise<{ user: User; password: string }>
  /** @throws AppError `conflict`, `not_found`. */
  change(id: string, change: UserChange, by: Actor): Promise<{ user: User; password: string | null }>
  /** @throws AppError `conflict`, `not_found`. */
  remove(id: string, by: Actor): Promise<void>
}

export interface ManageUsersOptions {
  store: AccountStore
  passwords: Passwords
  audit: AuditSink
  /** Whether the identity provider says who has which role; it then says so at every sign-in. */
  rolesFromProvider: boolean
  now?: () => number
}

export function createManageUsers({ store, passwords, audit, rolesFromProvider, now = Date.now }: ManageUsersOptions): ManageUsers {
  function note(kind: UserAuditNote['kind'], subject: string, { id, name, via, from }: Actor, facts: Record<string, string | boolean>): void {
    const at = new Date(now()).toISOString()
    audit.note({ kind, at, by: { id, name, via, ...(from !== undefined && { from }) }, subject, session_id: null, facts })
  }

  return {
    list: () => store.list(),
    async add({ name, role }, by) {
      const password = createPassword()
      const user = createUser({ name, role, password: await passwords.hash(password), at: now() })
      await store.add(user)
      note('user.added', user.id, by, { role })
      return { user, password }
    },
    async change(id, { role, disabled, resetPassword }, by) {
      const user = await store.find(id)
      if (!user) throw new AppError('not_found', 'There is no such user.')
      if (user.subject !== null && resetPassword === true) throw new AppError('conflict', 'The identity provider keeps this user’s password.')
      if (user.subject !== null && role !== undefined && rolesFromProvider)
        throw new AppError('conflict', 'The identity provider says which role this user has.')
      const password = resetPassword === true ? createPassword() : null
      const changed = await store.change(
        {
          ...user,
          ...(role !== undefined && { role }),
          ...(disabled !== undefined && { disabled }),
          ...(password !== null && { password: await passwords.hash(password) }),
          ...((password !== null || disabled === true) && { generation: createGeneration() }),
        },
        user.version,
      )
      note('user.changed', id, by, {
        ...(role !== undefined && { role }),
        ...(disabled !== undefined && { disabled }),
        ...(password !== null && { what: 'password' }),
      })
      return { user: changed, password }
    },
    async remove(id, by) {
      await store.remove(id)
      note('user.removed', id, by, {})
    },
  }
}

/** The user that a house without any is begun with. */
export async function ensureFirstAdmin(
  { store, passwords, now = Date.now }: Pick<ManageUsersOptions, 'store' | 'passwords' | 'now'>,
  configured: string | undefined,
): Promise<{ password?: string }> {
  const admin = await store.find(toUserId(FIRST_ADMIN))
  if (configured !== undefined && admin && !admin.disabled) {
    // While it is configured it holds: whoever forgot the password has a way back in.
    if ((await passwords.verify(configured, admin.password)).right) return {}
    await store.change({ ...admin, password: await passwords.hash(configured), generation: createGeneration() }, admin.version)
    return {}
  }
  if ((await store.list()).length > 0) return {}
  const password = configured ?? createPassword()
  try {
    await store.add(createUser({ name: FIRST_ADMIN, role: 'admin', password: await passwords.hash(password), at: now() }))
  } catch (error) {
    // Another gateway on the same store was sooner, and told its own.
    if (error instanceof AppError && error.code === 'conflict') return {}
    throw error
  }
  return configured === undefined ? { password } : {}
}

const FIRST_ADMIN = 'admin'

export function createUser({ name, role, password, at }: { name: string; role: Role; password: string | null; at: number }): User {
  return {
    id: toUserId(name),
    name,
    role,
    password,
    subject: null,
    groups: [],
    disabled: false,
    generation: createGeneration(),
    version: 1,
    createdAt: at,
    signedInAt: null,
  }
}
