import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import type { UserAuditNote } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { AccountStore, SignInSession } from './account-store.ts'
import type { AuditSink } from './audit-sink.ts'
import type { Passwords } from './password.ts'
import { createThrottle } from './throttle.ts'
import { toUserId, userNameSchema, type User } from './user.ts'

export const SIGN_IN_LIMITS = {
  /** Unused for so long, a session is over. */
  idleMs: 12 * 3_600_000,
  /** And after this, used or not. */
  wholeMs: 7 * 86_400_000,
} as const

/** A session's use is noted no oftener than this: not every request should write. */
const TOUCH_EVERY_MS = 60_000

/** Where somebody comes from: a keyed hash of the address; undefined where it is not known. */
export interface Origin {
  from: string | undefined
}

export interface SignedIn {
  user: User
  session: SignInSession
  /** What unsafe requests must send along: see {@link toCsrf}. */
  csrf: string
}

export interface SignIn {
  /**
   * Begins a session. Whether there is such a user shows neither in the answer nor in how long it takes.
   *
   * @throws AppError `authentication_failed`, or `rate_limited` with how long to wait.
   */
  withPassword(credentials: { user: string; password: string }, origin: Origin): Promise<{ token: string; signedIn: SignedIn }>
  /** Begins a session for somebody whom the identity provider, or the first word of this house, vouches for. */
  begin(user: User, how: string, origin: Origin): Promise<{ token: string; signedIn: SignedIn }>
  /** Who is signed in with this token; undefined where its session is over. */
  read(token: string): Promise<SignedIn | undefined>
  /** Changes somebody's own password, and signs them out everywhere else. @throws AppError `authentication_failed` for a wrong one. */
  changePassword(signedIn: SignedIn, passwords: { current: string; next: string }, origin: Origin): Promise<{ token: string; signedIn: SignedIn }>
  end(token: string, origin: Origin): Promise<void>
}

export interface SignInOptions {
  store: AccountStore
  passwords: Passwords
  audit: AuditSink
  now?: () => number
}

export function createSignIn({ store, passwords, audit, now = Date.now }: SignInOptions): SignIn {
  // One who guesses at one account is slowed down soon; one who tries many accounts from one place, a little later. Others are not held up by either.
  const ofPair = createThrottle({ free: 5, firstMs: 1_000, longestMs: 15 * 60_000, maxKeys: 20_000, now })
  const ofAddress = createThrottle({ free: 30, firstMs: 1_000, longestMs: 15 * 60_000, maxKeys: 20_000, now })

  async function begin(user: User, how: string, origin: Origin): Promise<{ token: string; signedIn: SignedIn }> {
    const at = now()
    const token = randomBytes(32).toString('base64url')
    const session = { hash: hashToken(token), userId: user.id, generation: user.generation, createdAt: at, seenAt: at, endsAt: at + SIGN_IN_LIMITS.wholeMs }
    await store.beginSession(session)
    note('user.signed_in', user, origin, { how })
    return { token, signedIn: { user, session, csrf: toCsrf(token) } }
  }

  function note(kind: UserAuditNote['kind'], user: User | undefined, { from }: Origin, facts: Record<string, string> = {}): void {
    // What was typed for a name may be somebody's password: a name that is nobody's is not put down.
    const by = user ? { id: user.id, name: user.name } : { id: 'user:?', name: 'unknown' }
    audit.note({
      kind,
      at: new Date(now()).toISOString(),
      by: { ...by, via: 'console', ...(from !== undefined && { from }) },
      subject: by.id,
      session_id: null,
      facts,
    })
  }

  /** A change from another side at the same moment goes before: this one is only about convenience. */
  async function tryChange(user: User): Promise<User> {
    return store.change(user, user.version).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'conflict') return user
      throw error
    })
  }

  return {
    begin,
    async withPassword({ user: typed, password }, origin) {
      const name = userNameSchema.safeParse(typed).data
      const keys = { address: String(origin.from), pair: `${origin.from} ${name ?? '?'}` }
      const waitMs = Math.max(ofAddress.take(keys.address), ofPair.take(keys.pair))
      if (waitMs > 0) throw tooManyTries(waitMs)
      const user = name === undefined ? undefined : await store.find(toUserId(name))
      const { right, stale } = await passwords.verify(password, user?.password ?? null)
      if (!user || !right || user.disabled) {
        note('user.refused', user, origin, { why: user ? (user.disabled ? 'disabled' : 'wrong password') : 'unknown user' })
        throw refused()
      }
      ofAddress.forgive(keys.address)
      ofPair.forgive(keys.pair)
      const mended = stale ? { password: await passwords.hash(password) } : {}
      return await begin(await tryChange({ ...user, ...mended, signedInAt: now() }), 'password', origin)
    },
    async read(token) {
      const session = await store.findSession(hashToken(token))
      const at = now()
      if (!session || at >= session.endsAt || at >= session.seenAt + SIGN_IN_LIMITS.idleMs) return undefined
      const user = await store.find(session.userId)
      if (!user || user.disabled || user.generation !== session.generation) return undefined
      if (at >= session.seenAt + TOUCH_EVERY_MS) await store.touchSession(session.hash, at)
      return { user, session, csrf: toCsrf(token) }
    },
    async changePassword({ user }, { current, next }, origin) {
      const key = `${origin.from} ${user.name}`
      const waitMs = ofPair.take(key)
      if (waitMs > 0) throw tooManyTries(waitMs)
      if (!(await passwords.verify(current, user.password)).right) throw new AppError('invalid_request', 'current: is not your password.', { param: 'current' })
      ofPair.forgive(key)
      const changed = await store.change({ ...user, password: await passwords.hash(next), generation: createGeneration() }, user.version)
      note('user.changed', changed, origin, { what: 'own password' })
      return await begin(changed, 'password', origin)
    },
    async end(token, origin) {
      const hash = hashToken(token)
      const session = await store.findSession(hash)
      if (!session) return
      await store.endSession(hash)
      note('user.signed_out', await store.find(session.userId), origin)
    },
  }
}

/** Another one than any before: what was begun under those is over. */
export function createGeneration(): string {
  return randomBytes(9).toString('base64url')
}

/**
 * Only who holds the cookie can compute it, and only our own pages are told it: a page of somebody else can
 * make a browser send the cookie, but not say this.
 */
export function toCsrf(token: string): string {
  return createHmac('sha256', token).update('signalbox console csrf').digest('base64url')
}

export function isCsrf(said: string, right: string): boolean {
  const [one, other] = [Buffer.from(said), Buffer.from(right)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function refused(): AppError {
  return new AppError('authentication_failed', 'The name or the password is wrong, or the account is closed.')
}

function tooManyTries(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new AppError('rate_limited', `Too many tries. Wait ${seconds === 1 ? 'a second' : `${seconds} seconds`}, then try again.`, {
    retryAfterMs: waitMs,
    retryable: false,
  })
}
