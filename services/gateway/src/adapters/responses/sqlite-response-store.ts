import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import { AppError } from '@signalbox/errors'
import { openDatabase } from '@signalbox/sessions/sqlite'

import { MOST_RESPONSES, type ResponseStore, type StoredResponse } from '../../core/responses/response-store.ts'

/** What was released is never changed. Times are milliseconds since the epoch. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE responses (
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    open INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (owner, id)
  ) STRICT;
  CREATE INDEX responses_by_age ON responses (owner, created_at);
  CREATE INDEX responses_by_end ON responses (ends_at);
  CREATE INDEX open_responses ON responses (created_at) WHERE open = 1;
  `,
]

interface Row extends Omit<StoredResponse, 'open'> {
  open: number
}

const SELECT = 'SELECT owner, id, version, created_at AS createdAt, ends_at AS endsAt, open, json FROM responses'

export interface SqliteResponseStoreOptions {
  path: string
  now?: () => number
  mostPerOwner?: number
}

/**
 * Responses in a SQLite file that only this user of the machine can read, safe for several processes.
 *
 * @throws AppError `unavailable` where the file cannot be opened.
 */
export function openSqliteResponseStore({ path, now = Date.now, mostPerOwner = MOST_RESPONSES }: SqliteResponseStoreOptions): ResponseStore {
  makePrivate(path)
  const database = openDatabase({ path, name: 'response store', migrations: MIGRATIONS, synchronous: 'normal' })
  // The port is asynchronous. SQLite answers at once; what it throws must be a rejection all the same.
  return {
    async add({ owner, id, createdAt, endsAt, open, json }) {
      database.transaction(() => {
        database.run('DELETE FROM responses WHERE owner = ? AND id = ? AND ends_at <= ?', owner, id, now())
        if (database.get('SELECT 1 FROM responses WHERE owner = ? AND id = ?', owner, id)) throw alreadyThere()
        const values = [owner, id, createdAt, endsAt, Number(open), json]
        database.run('INSERT INTO responses (owner, id, version, created_at, ends_at, open, json) VALUES (?, ?, 1, ?, ?, ?, ?)', ...values)
        database.run(
          'DELETE FROM responses WHERE owner = ? AND rowid IN (SELECT rowid FROM responses WHERE owner = ? ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?)',
          owner,
          owner,
          mostPerOwner,
        )
      })
    },
    async find(owner, id) {
      const row = database.get<Row>(`${SELECT} WHERE owner = ? AND id = ? AND ends_at > ?`, owner, id, now())
      return row && toStored(row)
    },
    async change({ owner, id, endsAt, open, json }, version) {
      const sql = 'UPDATE responses SET version = version + 1, ends_at = ?, open = ?, json = ? WHERE owner = ? AND id = ? AND version = ?'
      return database.run(sql, endsAt, Number(open), json, owner, id, version) > 0
    },
    async remove(owner, id) {
      return database.run('DELETE FROM responses WHERE owner = ? AND id = ? AND ends_at > ?', owner, id, now()) > 0
    },
    async listOpen(limit) {
      return database.all<Row>(`${SELECT} WHERE open = 1 AND ends_at > ? ORDER BY created_at LIMIT ?`, now(), limit).map(toStored)
    },
    async sweep(time) {
      database.run('DELETE FROM responses WHERE ends_at <= ?', time)
    },
    close: async () => database.close(),
  }
}

export function alreadyThere(): AppError {
  return new AppError('conflict', 'There is a response of this id already.')
}

function toStored(row: Row): StoredResponse {
  return { ...row, open: row.open === 1 }
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
