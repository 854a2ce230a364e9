import { sessionEventSchema, type NewSessionEvent, type SessionDocument, type SessionEvent } from '@signalbox/contracts'

import type { DocumentPacker, PackedDocument } from '../pack-document.ts'
import { movedOn, noSuchSession, staleLease, takenId } from '../session-errors.ts'
import { factsOf } from '../session-facts.ts'
import { subjectOf } from '../session-subject.ts'
import { inboxMessageSchema, type InboxEntry, type Lease, type SessionChange, type StoredSession } from '../session-store.ts'
import type { Database } from './open-database.ts'

/** What a write must know of the session before it writes. */
export interface SessionRow {
  rev: number
  fence: number
  last_seq: number
}

export interface DocumentRow {
  id: string
  json: string
  rev: number
  last_seq: number
}

/** The start of a query for `DocumentRow`s: the document, and what is known beside it. */
export const SELECT_DOCUMENTS = 'SELECT id, documents.json, rev, last_seq FROM sessions JOIN documents ON documents.session = sessions.id'

/** The row of a session that `lease` is the right to drive. */
export function requireFence(database: Database, lease: Lease): SessionRow {
  const row = database.get<SessionRow>('SELECT rev, fence, last_seq FROM sessions WHERE id = ?', lease.id)
  if (!row) throw noSuchSession(lease.id)
  // Equality with the current fence: a newer holder raised it when it acquired, not when it first saved.
  if (row.fence !== lease.fence) throw staleLease(lease.id)
  return row
}

export function requireRevision(row: SessionRow, { rev }: SessionChange): void {
  if (row.rev !== rev) throw movedOn({ rev: row.rev, madeFrom: rev })
}

/** Inside a transaction, and only there: the session's first revision. */
export function insertSession(database: Database, document: SessionDocument, packed: PackedDocument, events: readonly NewSessionEvent[]): StoredSession {
  if (database.get('SELECT 1 FROM sessions WHERE id = ?', document.id)) throw takenId(document.id)
  const saved: SessionDocument = { ...document, last_seq: events.length }
  const facts = factsOf(saved)
  const subject = subjectOf(saved)
  database.run(
    `INSERT INTO sessions (id, owner, status, rev, fence, last_seq, last_position, lease_expires_at, created_at, updated_at, finished_at, wake_at, dead, parent, request_id)
     VALUES (?, ?, ?, 1, 0, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?)`,
    saved.id,
    facts.owner,
    facts.status,
    saved.last_seq,
    facts.createdAt,
    facts.updatedAt,
    facts.finishedAt ?? null,
    facts.wakeAt ?? null,
    Number(facts.dead),
    subject.parent,
    subject.requestId,
  )
  database.run('INSERT INTO goals (session, folded) VALUES (?, ?)', saved.id, subject.goal)
  database.run('INSERT INTO documents (session, json) VALUES (?, ?)', saved.id, packed.json)
  insertParts(database, saved.id, packed)
  insertEvents(database, saved.id, 0, events)
  return { document: saved, rev: 1 }
}

/** Inside a transaction, and only there: document, events and consumed messages together. */
export function writeChange(database: Database, row: SessionRow, packed: PackedDocument, { document, events, consumed = 0 }: SessionChange): StoredSession {
  const saved: SessionDocument = { ...document, last_seq: row.last_seq + events.length }
  const rev = row.rev + 1
  const facts = factsOf(saved)
  database.run(
    'UPDATE sessions SET status = ?, rev = ?, last_seq = ?, updated_at = ?, finished_at = ?, wake_at = ?, dead = ? WHERE id = ?',
    facts.status,
    rev,
    saved.last_seq,
    facts.updatedAt,
    facts.finishedAt ?? null,
    facts.wakeAt ?? null,
    Number(facts.dead),
    saved.id,
  )
  database.run('UPDATE documents SET json = ? WHERE session = ?', packed.json, saved.id)
  insertParts(database, saved.id, packed)
  insertEvents(database, saved.id, row.last_seq, events)
  if (consumed > 0) database.run('DELETE FROM inbox WHERE session = ? AND position <= ?', saved.id, consumed)
  return { document: saved, rev }
}

/** A part is named by what it says, so one that is there already is the same. */
function insertParts(database: Database, id: string, { parts }: PackedDocument): void {
  for (const [key, json] of parts) database.run('INSERT OR IGNORE INTO parts (session, key, json) VALUES (?, ?, ?)', id, key, json)
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
export function readDocument(database: Database, packer: DocumentPacker, row: DocumentRow): StoredSession {
  const unpacked = packer.unpack(row.json)
  return { document: { ...unpacked.complete(readParts(database, row.id, unpacked.keys)), last_seq: row.last_seq }, rev: row.rev }
}

function readParts(database: Database, id: string, keys: readonly string[]): ReadonlyMap<string, string> {
  if (keys.length === 0) return new Map()
  const rows = database.all<{ key: string; json: string }>(
    'SELECT key, json FROM parts WHERE session = ? AND key IN (SELECT value FROM json_each(?))',
    id,
    JSON.stringify(keys),
  )
  return new Map(rows.map(({ key, json }) => [key, json]))
}

/** Messages behind the one at `after`, oldest first, at most `limit`. */
export function readInbox(database: Database, id: string, after: number, limit: number): InboxEntry[] {
  const rows = database.all<{ position: number; json: string }>(
    'SELECT position, json FROM inbox WHERE session = ? AND position > ? ORDER BY position LIMIT ?',
    id,
    after,
    limit,
  )
  return rows.map(({ position, json }) => ({ position, message: inboxMessageSchema.parse(JSON.parse(json)) }))
}
