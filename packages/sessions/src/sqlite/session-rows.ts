import {
  sessionDocumentSchema,
  sessionEventSchema,
  TERMINAL_STATUSES,
  type NewSessionEvent,
  type SessionDocument,
  type SessionEvent,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { Lease, SessionChange, StoredSession } from '../session-store.ts'
import type { Database } from './open-database.ts'

/** What a write must know of the session before it writes. */
export interface SessionRow {
  rev: number
  fence: number
  last_seq: number
}

export interface DocumentRow {
  json: string
  rev: number
  last_seq: number
}

/** The start of a query for `DocumentRow`s: the document, and what is known beside it. */
export const SELECT_DOCUMENTS = 'SELECT documents.json, rev, last_seq FROM sessions JOIN documents ON documents.session = sessions.id'

/** The row of a session that `lease` is the right to drive. */
export function requireFence(database: Database, lease: Lease): SessionRow {
  const row = database.get<SessionRow>('SELECT rev, fence, last_seq FROM sessions WHERE id = ?', lease.id)
  if (!row) throw noSuchSession(lease.id)
  // Equality with the current fence: a newer holder raised it when it acquired, not when it first saved.
  if (row.fence !== lease.fence) throw new AppError('stale_lease', `The lease on session ${lease.id} was released, or somebody else holds the session by now.`)
  return row
}

export function requireRevision(row: SessionRow, { rev }: SessionChange): void {
  if (row.rev !== rev) throw new AppError('conflict', `The session has moved on: it is at revision ${row.rev}, and the change was made from ${rev}.`)
}

/** Inside a transaction, and only there: the session's first revision. */
export function insertSession(database: Database, document: SessionDocument, events: readonly NewSessionEvent[]): StoredSession {
  if (database.get('SELECT 1 FROM sessions WHERE id = ?', document.id)) throw new AppError('conflict', `Session ${document.id} is there already.`)
  const saved: SessionDocument = { ...document, last_seq: events.length }
  database.run(
    `INSERT INTO sessions (id, owner, status, rev, fence, last_seq, last_position, lease_expires_at, created_at, updated_at, finished_at)
     VALUES (?, ?, ?, 1, 0, ?, 0, 0, ?, ?, ?)`,
    saved.id,
    saved.owner,
    saved.status,
    saved.last_seq,
    Date.parse(saved.created_at),
    Date.parse(saved.updated_at),
    finishedAt(saved),
  )
  database.run('INSERT INTO documents (session, json) VALUES (?, ?)', saved.id, JSON.stringify(saved))
  insertEvents(database, saved.id, 0, events)
  return { document: saved, rev: 1 }
}

/** Inside a transaction, and only there: document, events and consumed messages together. */
export function writeChange(database: Database, row: SessionRow, id: string, { document, events, consumed = 0 }: SessionChange): StoredSession {
  const saved: SessionDocument = { ...document, last_seq: row.last_seq + events.length }
  const rev = row.rev + 1
  database.run(
    'UPDATE sessions SET status = ?, rev = ?, last_seq = ?, updated_at = ?, finished_at = ? WHERE id = ?',
    saved.status,
    rev,
    saved.last_seq,
    Date.parse(saved.updated_at),
    finishedAt(saved),
    id,
  )
  database.run('UPDATE documents SET json = ? WHERE session = ?', JSON.stringify(saved), id)
  insertEvents(database, id, row.last_seq, events)
  if (consumed > 0) database.run('DELETE FROM inbox WHERE session = ? AND position <= ?', id, consumed)
  return { document: saved, rev }
}

export function insertEvents(database: Database, id: string, after: number, events: readonly NewSessionEvent[]): SessionEvent[] {
  return events.map((event, index) => {
    const numbered: SessionEvent = { ...event, seq: after + index + 1 }
    database.run('INSERT INTO events (session, seq, json) VALUES (?, ?, ?)', id, numbered.seq, JSON.stringify(numbered))
    return numbered
  })
}

export function readEvents(database: Database, id: string, after: number, limit: number): SessionEvent[] {
  const rows = database.all<{ json: string }>('SELECT json FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?', id, after, limit)
  return rows.map(({ json }) => sessionEventSchema.parse(JSON.parse(json)))
}

/** The document as it is now: events appended since its last save have moved the counter on. */
export function readDocument(row: DocumentRow): StoredSession {
  return { document: { ...sessionDocumentSchema.parse(JSON.parse(row.json)), last_seq: row.last_seq }, rev: row.rev }
}

export function noSuchSession(id: string): AppError {
  return new AppError('not_found', `There is no session ${id}.`)
}

function finishedAt({ status, finished_at, updated_at }: SessionDocument): number | null {
  return TERMINAL_STATUSES.has(status) ? Date.parse(finished_at ?? updated_at) : null
}
