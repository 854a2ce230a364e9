import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

import { AppError } from '@signalbox/errors'
import { openDatabase } from '@signalbox/sessions/sqlite'

import { RESPONSE_BOUNDS, type NewResponse, type ResponseBounds, type ResponseStore, type StoredResponse } from '../../core/responses/response-store.ts'

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
  `
  ALTER TABLE responses ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE responses SET bytes = length(CAST(json AS BLOB));
  CREATE TABLE response_totals (owner TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO response_totals SELECT owner, count(*), sum(bytes) FROM responses GROUP BY owner;
  CREATE TABLE response_names (name TEXT NOT NULL, owner TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (name, owner, id)) STRICT, WITHOUT ROWID;
  CREATE INDEX response_names_by_response ON response_names (owner, id);
  CREATE INDEX closed_responses ON responses (owner, created_at) WHERE open = 0;
  CREATE TRIGGER response_comes AFTER INSERT ON responses BEGIN
    INSERT INTO response_totals VALUES (NEW.owner, 1, NEW.bytes)
      ON CONFLICT (owner) DO UPDATE SET entries = entries + 1, bytes = bytes + NEW.bytes;
  END;
  CREATE TRIGGER response_grows AFTER UPDATE OF bytes ON responses BEGIN
    UPDATE response_totals SET bytes = bytes + NEW.bytes - OLD.bytes WHERE owner = NEW.owner;
  END;
  CREATE TRIGGER response_goes AFTER DELETE ON responses BEGIN
    UPDATE response_totals SET entries = entries - 1, bytes = bytes - OLD.bytes WHERE owner = OLD.owner;
    DELETE FROM response_totals WHERE owner = OLD.owner AND entries = 0;
    DELETE FROM response_names WHERE owner = OLD.owner AND id = OLD.id;
  END;
  `,
]

interface Row extends Omit<StoredResponse, 'open'> {
  open: number
}

const SELECT = 'SELECT owner, id, version, created_at AS createdAt, ends_at AS endsAt, open, json FROM responses'

export interface SqliteResponseStoreOptions extends Partial<ResponseBounds> {
  path: string
  now?: () => number
}

/**
 * Responses in a SQLite file that only this user of the machine can read, safe for several processes.
 *
 * @throws AppError `unavailable` where the file cannot be opened.
 */
export function openSqliteResponseStore({ path, now = Date.now, ...bounds }: SqliteResponseStoreOptions): ResponseStore {
  makePrivate(path)
  const database = openDatabase({ path, name: 'response store', migrations: MIGRATIONS, synchronous: 'normal' })
  const { mostPerOwner, mostBytesPerOwner } = { ...RESPONSE_BOUNDS, ...bounds }

  const name = ({ owner, id, names = [] }: NewResponse): void => {
    for (const one of names) database.run('INSERT OR IGNORE INTO response_names (name, owner, id) VALUES (?, ?, ?)', one, owner, id)
  }
  /** Takes the oldest that are over until what is left is within bounds. What was just written stays. */
  const bound = ({ owner, id }: NewResponse): void => {
    for (;;) {
      const total = database.get<{ entries: number; bytes: number }>('SELECT entries, bytes FROM response_totals WHERE owner = ?', owner)
      if (!total || (total.entries <= mostPerOwner && total.bytes <= mostBytesPerOwner)) return
      const oldest = 'SELECT rowid FROM responses WHERE owner = ? AND open = 0 AND id <> ? ORDER BY created_at, rowid LIMIT 1'
      if (database.run(`DELETE FROM responses WHERE rowid = (${oldest})`, owner, id) === 0) return
    }
  }

  // The port is asynchronous. SQLite answers at once; what it throws must be a rejection all the same.
  return {
    async add(entry) {
      const { owner, id, createdAt, endsAt, open, json } = entry
      database.transaction(() => {
        database.run('DELETE FROM responses WHERE owner = ? AND id = ? AND ends_at <= ?', owner, id, now())
        if (database.get('SELECT 1 FROM responses WHERE owner = ? AND id = ?', owner, id)) throw alreadyThere()
        const values = [owner, id, createdAt, endsAt, Number(open), json, Buffer.byteLength(json)]
        database.run('INSERT INTO responses (owner, id, version, created_at, ends_at, open, json, bytes) VALUES (?, ?, 1, ?, ?, ?, ?, ?)', ...values)
        name(entry)
        bound(entry)
      })
    },
    async find(owner, id) {
      const row = database.get<Row>(`${SELECT} WHERE owner = ? AND id = ? AND ends_at > ?`, owner, id, now())
      return row && toStored(row)
    },
    async change(entry, version) {
      const { owner, id, createdAt, endsAt, open, json } = entry
      return database.transaction(() => {
        const sql =
          'UPDATE responses SET version = version + 1, created_at = ?, ends_at = ?, open = ?, json = ?, bytes = ? WHERE owner = ? AND id = ? AND version = ?'
        if (database.run(sql, createdAt, endsAt, Number(open), json, Buffer.byteLength(json), owner, id, version) === 0) return false
        name(entry)
        bound(entry)
        return true
      })
    },
    async findForeign(owner, names) {
      const sql = 'SELECT max(owner = ?) AS own FROM response_names WHERE name = ?'
      return names.filter((one) => database.get<{ own: number | null }>(sql, owner, one)?.own === 0)
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
