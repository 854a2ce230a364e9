import type { UserAuditNote } from '@signalbox/contracts'
import { beforeEach, describe, expect, test } from 'vitest'

import type { AccountStore, SignInSession } from './account-store.ts'
import { createUser } from './manage-users.ts'
import { createPasswords } from './password.ts'
import { createGeneration, createSignIn, SIGN_IN_LIMITS, type SignIn } from './sign-in.ts'
import type { User } from './user.ts'

/** Cheap ones: what they cost is not what is tested here. */
const passwords = createPasswords({ memory: 64, passes: 1, parallelism: 1 })
const HOME = { from: 'home' }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let now: number
let users: Map<string, User>
let sessions: Map<string, SignInSession>
let touched: number
let notes: UserAuditNote[]
let signIn: SignIn

beforeEach(async () => {
  now = 1_000_000
  users = new Map()
  sessions = new Map()
  touched = 0
  notes = []
  signIn = createSignIn({ store: storeInMemory(), passwords, audit: { note: (note) => void notes.push(note) }, now: () => now })
  for (const name of ['ann', 'bob'])
    users.set(`user:${name}`, createUser({ name, role: 'viewer', password: await passwords.hash(`${name}'s password`), at: 0 }))
})

describe('a session', () => {
  test('is over when it was not used for twelve hours', async () => {
    const { token } = await signInAs('ann')
    now += 12 * HOUR - 1
    expect(await signIn.read(token)).toMatchObject({ user: { name: 'ann' } })
    now += 12 * HOUR - 1
    expect(await signIn.read(token)).toBeDefined()
    now += 12 * HOUR
    expect(await signIn.read(token)).toBeUndefined()
  })

  test('is over after seven days, however much it is used', async () => {
    const { token } = await signInAs('ann')
    for (let hours = 0; hours < 7 * 24 - 1; hours++) {
      now += HOUR
      expect(await signIn.read(token)).toBeDefined()
    }
    now += HOUR
    expect(await signIn.read(token)).toBeUndefined()
  })

  test('writes down its use once a minute at most', async () => {
    const { token } = await signInAs('ann')
    for (let seconds = 0; seconds < 120; seconds++) {
      now += 1_000
      await signIn.read(token)
    }
    expect(touched).toBe(2)
  })

  test('is kept by the hash of its token: what is stored signs nobody in', async () => {
    const { token } = await signInAs('ann')
    const [hash = ''] = sessions.keys()
    expect(hash).not.toBe(token)
    expect(JSON.stringify([...sessions.values()])).not.toContain(token)
    expect(await signIn.read(hash)).toBeUndefined()
  })

  test('is over when its user is removed, disabled, or signed out everywhere', async () => {
    const { token } = await signInAs('ann')
    const ann = users.get('user:ann') as User
    users.set(ann.id, { ...ann, disabled: true })
    expect(await signIn.read(token)).toBeUndefined()
    users.set(ann.id, { ...ann, generation: createGeneration() })
    expect(await signIn.read(token)).toBeUndefined()
    users.delete(ann.id)
    expect(await signIn.read(token)).toBeUndefined()
  })

  test('has a CSRF token of its own', async () => {
    const [first, second] = [await signInAs('ann'), await signInAs('ann')]
    expect(first.signedIn.csrf).not.toBe(second.signedIn.csrf)
    expect((await signIn.read(first.token))?.csrf).toBe(first.signedIn.csrf)
  })
})

describe('guessing', () => {
  test('waits twice as long with each try, up to a quarter of an hour', async () => {
    const waits: number[] = []
    for (let tries = 0; tries < 20; tries++) waits.push(await waitAfterGuessing())
    expect(waits.slice(0, 10)).toEqual([0, 0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000])
    expect(Math.max(...waits)).toBe(15 * MINUTE)
  })

  test('many at once are many', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => guess('ann', `guess ${index}`)))
    const codes = tries.map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : 'in'))
    expect(codes.filter((code) => code === 'authentication_failed')).toHaveLength(6)
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(14)
  })

  test('at one account from one place holds up neither another account nor another place', async () => {
    for (let tries = 0; tries < 6; tries++) await guess('ann', 'wrong').catch(() => undefined)
    await expect(signInAs('ann')).rejects.toMatchObject({ code: 'rate_limited' })
    await signInAs('bob')
    await signInAs('ann', { from: 'elsewhere' })
  })

  test('at many accounts from one place is slowed down too', async () => {
    for (let tries = 0; tries < 31; tries++) await guess(`user${tries}`, 'wrong').catch(() => undefined)
    await expect(signInAs('ann')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 })
    now += 1_000
    await signInAs('ann')
  })

  test('a right password is not held against anybody', async () => {
    for (let times = 0; times < 100; times++) await signInAs('ann')
  })
})

describe('the audit', () => {
  test('says who signed in, from where, and how it ended', async () => {
    const { token } = await signInAs('ann')
    await signIn.end(token, HOME)
    expect(notes).toMatchObject([
      { kind: 'user.signed_in', by: { id: 'user:ann', name: 'ann', via: 'console', from: 'home' }, subject: 'user:ann', facts: { how: 'password' } },
      { kind: 'user.signed_out', by: { id: 'user:ann' } },
    ])
  })

  test('says that somebody was refused; a name that is nobody’s may be a password, and is not put down', async () => {
    await guess('ann', 'wrong').catch(() => undefined)
    await guess('hunter2', 'wrong').catch(() => undefined)
    expect(notes).toMatchObject([
      { kind: 'user.refused', subject: 'user:ann', facts: { why: 'wrong password' } },
      { kind: 'user.refused', subject: 'user:?', facts: { why: 'unknown user' } },
    ])
    expect(JSON.stringify(notes)).not.toContain('hunter2')
  })
})

test('a password that was hashed with other parameters is hashed anew when its owner signs in', async () => {
  const old = await createPasswords({ memory: 32, passes: 1, parallelism: 1 }).hash('ann’s old one')
  users.set('user:ann', { ...(users.get('user:ann') as User), password: old })
  await signIn.withPassword({ user: 'ann', password: 'ann’s old one' }, HOME)
  expect(users.get('user:ann')?.password).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  await signIn.withPassword({ user: 'ann', password: 'ann’s old one' }, HOME)
})

test('limits are as documented', () => {
  expect(SIGN_IN_LIMITS).toEqual({ idleMs: 12 * HOUR, wholeMs: 7 * 24 * HOUR })
})

function signInAs(name: string, origin = HOME): ReturnType<SignIn['withPassword']> {
  return signIn.withPassword({ user: name, password: `${name}'s password` }, origin)
}

function guess(user: string, password: string): ReturnType<SignIn['withPassword']> {
  return signIn.withPassword({ user, password }, HOME)
}

/** Guesses as soon as it is let, and answers how long it had to wait before. */
async function waitAfterGuessing(): Promise<number> {
  const code = async (): Promise<{ code: string; retryAfterMs?: number }> =>
    guess('ann', 'wrong').then(
      () => ({ code: 'in' }),
      (error: unknown) => error as { code: string; retryAfterMs?: number },
    )
  const first = await code()
  if (first.code !== 'rate_limited') return 0
  now += first.retryAfterMs ?? 0
  expect((await code()).code).toBe('authentication_failed')
  return first.retryAfterMs ?? 0
}

function storeInMemory(): AccountStore {
  return {
    add: async (user) => void users.set(user.id, user),
    find: async (id) => users.get(id),
    findSubject: async (subject) => [...users.values()].find((user) => user.subject === subject),
    list: async () => [...users.values()],
    async change(user, version) {
      const changed = { ...user, version: version + 1 }
      users.set(user.id, changed)
      return changed
    },
    remove: async (id) => void users.delete(id),
    beginSession: async (session) => void sessions.set(session.hash, session),
    findSession: async (hash) => sessions.get(hash),
    async touchSession(hash, seenAt) {
      touched++
      const session = sessions.get(hash)
      if (session) sessions.set(hash, { ...session, seenAt })
    },
    endSession: async (hash) => void sessions.delete(hash),
    sweepSessions: async () => undefined,
    close: async () => undefined,
  }
}
