import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { AppError } from '@signalbox/errors'

/** Each entry takes the file one version further; `user_version` says how many were applied. Never change one that was released. */
const MIGRATIONS = [
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    json TEXT NOT NULL,
    rev INTEGER NOT NULL,
    fence INTEGER NOT NULL DEFAULT 0,
    last_seq INTEGER NOT NULL,
    inbox_seq INTEGER NOT NULL DEFAULT 0,
    lease_holder TEXT,
    lease_expires_at INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_owner ON sessions (owner, created_at DESC, id DESC);
  CREATE INDEX sessions_by_status ON sessions (status, updated_at);
  CREATE TABLE events (session TEXT NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (session, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE inbox (session TEXT NOT NULL, position INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (session, position)) STRICT, WITHOUT ROWID;
  `,
]

/**
 * Opens the file, made where it is missing and brought to the newest shape. WAL, so that readers and
 * the one writer do not wait for each other; a busy timeout, so that two processes on one file take
 * turns.
 */
export function openDatabase(path: string, synchronous: 'normal' | 'full'): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const database = new DatabaseSync(path, { timeout: 5_000 })
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON;`)
    migrate(database)
    return database
  } catch (error) {
    throw new AppError('unavailable', `The session store ${path} cannot be opened: ${(error as Error).message}.`, { cause: error, retryable: false })
  }
}

function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > MIGRATIONS.length) throw new Error(`it was written by a newer version (${version})`)
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
