/**
 * Each entry takes the file one version further; `user_version` says how many were applied. One that
 * was released is never changed: what it wrote is out there.
 *
 * The document lies apart from its session's row, because SQLite writes whole rows: a heartbeat or an
 * answer token must not rewrite a document of any size. Its large values lie apart from the document
 * for the same reason. Times are milliseconds since the epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    rev INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    lease_holder TEXT,
    lease_expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    wake_at INTEGER,
    dead INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_owner ON sessions (owner, created_at DESC, id DESC);
  CREATE INDEX sessions_dead ON sessions (owner, created_at DESC, id DESC) WHERE dead;
  CREATE INDEX sessions_unfinished ON sessions (created_at) WHERE finished_at IS NULL;
  CREATE INDEX sessions_finished ON sessions (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE documents (
    session TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE parts (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (session, key)
  ) STRICT;

  CREATE TABLE events (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE inbox (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (session, position)
  ) STRICT, WITHOUT ROWID;
  `,
]
