import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import { openDatabase } from '@signalbox/sessions/sqlite'

import type { AccountStore, SignInSession } from '../../core/console/account-store.ts'
import { SIGN_IN_LIMITS } from '../../core/console/sign-in.ts'
import { storedUserSchema, type User } from '../../core/console/user.ts'
import { changedMeanwhile, isAdmin, lastAdmin, nameTaken, noSuchUser } from './account-faults.ts'

/** What was released is never changed. Times are milliseconds since the epoch. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    subject TEXT UNIQUE,
    admin INTEGER NOT NULL,
    version INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    generation TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE former_users (
    id TEXT PRIMARY KEY,
    subject TEXT
  ) STRICT, WITHOUT ROWID;
  `,
]

const SELECT_SESSION = 'SELECT hash, user_id AS userId, generation, created_at AS createdAt, seen_at AS seenAt, ends_at AS endsAt FROM sessions'

interface Row {
  json: string
}

/**
 * Accounts in a SQLite file that only this user of the machine can read, safe for several processes.
 *
 * @throws AppError `unavailable` where the file cannot be opened.
 */
export function openSqliteAccountStore(path: string): AccountStore {
  makePrivate(path)
  // A password that was changed must stay changed, whatever happens to the machine.
  const database = openDatabase({ path, name: 'account store', migrations: MIGRATIONS, synchronous: 'full' })

  const find = (id: string): User | undefined => readUser(database.get<Row>('SELECT json FROM users WHERE id = ?', id))
  const findSubject = (subject: string): User | undefined => readUser(database.get<Row>('SELECT json FROM users WHERE subject = ?', subject))
  const wasSomebodyElse = ({ id, subject }: User): boolean => {
    const former = database.get<{ subject: string | null }>('SELECT subject FROM former_users WHERE id = ?', id)
    return former !== undefined && former.subject !== subject
  }
  const requireAdminAfter = (before: User): void => {
    if (isAdmin(before) && !database.get('SELECT 1 FROM users WHERE admin = 1 LIMIT 1')) throw lastAdmin()
  }

  // The port is asynchronous. SQLite answers at once; what it throws must be a rejection all the same.
  return {
    async add(user) {
      database.transaction(() => {
        if (find(user.id) || (user.subject !== null && (findSubject(user.subject) || wasSomebodyElse(user)))) throw nameTaken(user.name)
        const values = [user.id, user.subject, Number(isAdmin(user)), user.version, JSON.stringify(user)]
        database.run('INSERT INTO users (id, subject, admin, version, json) VALUES (?, ?, ?, ?, ?)', ...values)
      })
    },
    find: async (id) => find(id),
    findSubject: async (subject) => findSubject(subject),
    list: async () => database.all<Row>('SELECT json FROM users ORDER BY id').flatMap((row) => readUser(row) ?? []),
    change: async (user, version) =>
      database.transaction(() => {
        const before = find(user.id)
        if (!before) throw noSuchUser()
        if (before.version !== version) throw changedMeanwhile()
        const changed = { ...user, name: before.name, subject: before.subject, version: version + 1 }
        const values = [Number(isAdmin(changed)), changed.version, JSON.stringify(changed), user.id]
        database.run('UPDATE users SET admin = ?, version = ?, json = ? WHERE id = ?', ...values)
        requireAdminAfter(before)
        return changed
      }),
    async remove(id) {
      database.transaction(() => {
        const before = find(id)
        if (!before) throw noSuchUser()
        database.run('DELETE FROM users WHERE id = ?', id)
        database.run('DELETE FROM sessions WHERE user_id = ?', id)
        database.run('INSERT OR REPLACE INTO former_users (id, subject) VALUES (?, ?)', id, before.subject)
        requireAdminAfter(before)
      })
    },
    async beginSession({ hash, userId, generation, createdAt, seenAt, endsAt }) {
      const values = [hash, userId, generation, createdAt, seenAt, endsAt]
      database.run('INSERT INTO sessions (hash, user_id, generation, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)', ...values)
    },
    findSession: async (hash) => database.get<SignInSession>(`${SELECT_SESSION} WHERE hash = ?`, hash),
    async touchSession(hash, seenAt) {
      database.run('UPDATE sessions SET seen_at = max(seen_at, ?) WHERE hash = ?', seenAt, hash)
    },
    async endSession(hash) {
      database.run('DELETE FROM sessions WHERE hash = ?', hash)
    },
    async sweepSessions(now) {
      database.run('DELETE FROM sessions WHERE ends_at <= ? OR seen_at <= ?', now, now - SIGN_IN_LIMITS.idleMs)
    },
    close: async () => database.close(),
  }
}

/** Before SQLite opens it: the files that it puts beside it have the same mode. What cannot be made here is found out, and said, by who opens it. */
function makePrivate(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch {
    // As above.
  }
}

function readUser(row: Row | undefined): User | undefined {
  return row && storedUserSchema.parse(JSON.parse(row.json))
}
