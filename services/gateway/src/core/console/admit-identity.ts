import { createHash } from 'node:crypto'

import { ROLES, type Role } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { AccountStore } from './account-store.ts'
import type { AuditSink } from './audit-sink.ts'
import type { Identity } from './identity-provider.ts'
import { createUser } from './manage-users.ts'
import { toUserId, userNameSchema, type User } from './user.ts'

export interface RoleRules {
  roles: readonly { group: string; role: Role }[]
  /** For those in none of the groups. */
  byDefault: Role | 'none'
}

export interface AdmitOptions {
  store: AccountStore
  audit: AuditSink
  rules: RoleRules
  now?: () => number
}

/** What the contracts bear of groups. */
const MOST_GROUPS = 64
const LONGEST_GROUP = 100

/**
 * The user that somebody is here whom the provider vouches for; made when they come for the first time. Where
 * groups have roles, they are what the groups say at each sign-in; else an admin may give another one.
 *
 * @throws AppError `permission_denied` for those who have no role here, or are disabled.
 */
export async function admitIdentity(identity: Identity, { store, audit, rules, now = Date.now }: AdmitOptions): Promise<User> {
  const role = roleOf(identity.groups, rules)
  const groups = identity.groups.filter((group) => group !== '' && group.length <= LONGEST_GROUP).slice(0, MOST_GROUPS)
  const known = await store.findSubject(identity.subject)
  if (known?.disabled === true) throw refused()
  if (role === 'none' && (!known || rules.roles.length > 0)) throw refused()
  if (known) return store.change({ ...known, groups, signedInAt: now(), ...(rules.roles.length > 0 && role !== 'none' && { role }) }, known.version)

  for (const name of toNames(identity)) {
    const user = {
      ...createUser({ name, role: role === 'none' ? 'viewer' : role, password: null, at: now() }),
      subject: identity.subject,
      groups,
      signedInAt: now(),
    }
    // Whoever has the name already, or had it, is somebody else, however alike they are called.
    if (await store.find(toUserId(name))) continue
    if (!(await isAdded(user, store))) {
      // In another of their windows, a moment ago.
      if (await store.findSubject(identity.subject)) return admitIdentity(identity, { store, audit, rules, now })
      continue
    }
    const at = new Date(now()).toISOString()
    audit.note({
      kind: 'user.added',
      at,
      by: { id: user.id, name, via: 'console' },
      subject: user.id,
      session_id: null,
      facts: { role: user.role, how: 'oidc' },
    })
    return user
  }
  throw new AppError('conflict', 'There is no name left for this user here.')
}

async function isAdded(user: User, store: AccountStore): Promise<boolean> {
  try {
    await store.add(user)
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return false
    throw error
  }
}

/** The highest role that any of the groups has. */
export function roleOf(groups: readonly string[], { roles, byDefault }: RoleRules): Role | 'none' {
  const ranks = roles.filter(({ group }) => groups.includes(group)).map(({ role }) => ROLES.indexOf(role))
  return ranks.length === 0 ? byDefault : (ROLES[Math.max(...ranks)] as Role)
}

/** Names that can be had here: as the provider says them, then numbered, at last one that nobody else has. */
function toNames({ subject, names }: Identity): string[] {
  const digest = createHash('sha256').update(subject).digest('hex').slice(0, 12)
  const wanted = names.flatMap((name) => userNameSchema.safeParse(name).data ?? [])
  const [best] = wanted
  const numbered = best === undefined ? [] : [2, 3, 4, 5].map((number) => `${best.slice(0, 60)}-${number}`)
  return [...wanted, ...numbered, `sso-${digest}`]
}

function refused(): AppError {
  return new AppError('permission_denied', 'You are known, but have no role here: ask an admin of this console.')
}
