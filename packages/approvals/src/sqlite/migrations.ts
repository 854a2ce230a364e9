/**
 * Each entry takes the file one version further; `user_version` says how many were applied. One that
 * was released is never changed: what it wrote is out there.
 *
 * What lists and filters go by lies beside the approval's JSON, which comes last because it may be long.
 * Times are milliseconds since the epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    session_id TEXT NOT NULL,
    root_session_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    risk TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    due_at INTEGER,
    decided_at INTEGER,
    undelivered_at INTEGER,
    search TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX approvals_pending ON approvals (expires_at, id) WHERE decided_at IS NULL;
  CREATE INDEX approvals_decided ON approvals (decided_at DESC, id DESC) WHERE decided_at IS NOT NULL;
  CREATE INDEX approvals_all ON approvals (created_at DESC, id DESC);
  CREATE INDEX approvals_by_requester ON approvals (requested_by);
  CREATE INDEX approvals_by_session ON approvals (session_id);
  CREATE INDEX approvals_by_root_session ON approvals (root_session_id);
  CREATE INDEX approvals_due ON approvals (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX approvals_undelivered ON approvals (undelivered_at, id) WHERE undelivered_at IS NOT NULL;

  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_kind ON audit (kind, seq);
  CREATE TABLE audit_about (
    about TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (about, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE audit_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
  CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never removed'); END;

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    approval_id TEXT,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    finished_at INTEGER,
    holder TEXT,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_all ON deliveries (created_at DESC, id DESC);
  CREATE INDEX deliveries_by_channel ON deliveries (channel, created_at DESC, id DESC);
  CREATE INDEX deliveries_by_approval ON deliveries (approval_id, created_at DESC, id DESC);
  CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE due_at IS NOT NULL;
  CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE used (
    token TEXT PRIMARY KEY,
    kept_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX used_until ON used (kept_until);
  `,
]
