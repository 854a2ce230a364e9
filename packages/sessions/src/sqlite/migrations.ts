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
  // What is searched lies apart from the session's row for the same reason. A document that is none any more keeps nothing from being opened.
  `
  ALTER TABLE sessions ADD COLUMN parent TEXT NOT NULL DEFAULT '';
  ALTER TABLE sessions ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
  CREATE TABLE goals (
    session TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    folded TEXT NOT NULL
  ) STRICT;

  UPDATE sessions SET (parent, request_id) = (
    SELECT coalesce(CAST(json_extract(json, '$.lineage[#-1]') AS TEXT), ''), coalesce(CAST(json_extract(json, '$.request_id') AS TEXT), '')
    FROM documents WHERE session = id
  ) WHERE EXISTS (SELECT 1 FROM documents WHERE session = id AND json_valid(json));
  INSERT INTO goals (session, folded)
    SELECT session, fold(coalesce(CAST(json_extract(json, '$.goal') AS TEXT), '')) FROM documents WHERE json_valid(json);

  CREATE INDEX sessions_by_time ON sessions (created_at DESC, id DESC);
  CREATE INDEX sessions_roots ON sessions (created_at DESC, id DESC) WHERE parent = '';
  CREATE INDEX sessions_by_parent ON sessions (parent, created_at DESC, id DESC) WHERE parent <> '';
  CREATE INDEX sessions_all_dead ON sessions (created_at DESC, id DESC) WHERE dead;
  `,
]
