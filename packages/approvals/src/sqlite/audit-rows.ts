import { auditEntrySchema, type AuditEntry, type AuditNote, type AuditPage, type AuditQuery } from '@signalbox/contracts'
import type { Database } from '@signalbox/sessions/sqlite'

import { aboutOf } from '../audit-about.ts'
import { EMPTY_CHAIN, toEntries, type ChainHead, type FoundEntry } from '../chain.ts'
import { readCursor, toCursor } from '../page-cursor.ts'
import { countRows, createConditions, type Conditions } from './conditions.ts'

export function readHead(database: Database): ChainHead {
  return database.get<ChainHead>('SELECT seq, hash FROM audit_head') ?? EMPTY_CHAIN
}

/** Inside a transaction, and only there: the chain's next links. */
export function insertNotes(database: Database, notes: readonly AuditNote[]): AuditEntry[] {
  if (notes.length === 0) return []
  const { entries, head } = toEntries(notes, readHead(database))
  for (const entry of entries) {
    database.run('INSERT INTO audit (seq, kind, json) VALUES (?, ?, ?)', entry.seq, entry.kind, JSON.stringify(entry))
    for (const about of aboutOf(entry)) database.run('INSERT INTO audit_about (about, seq) VALUES (?, ?)', about, entry.seq)
  }
  database.run(
    'INSERT INTO audit_head (only, seq, hash) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash',
    head.seq,
    head.hash,
  )
  return entries
}

export function readEntries(database: Database, after: number, limit: number): AuditEntry[] {
  return database.all<{ json: string }>('SELECT json FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', after, limit).map(readEntry)
}

/** One page, newest first. */
export function pageAudit(database: Database, query: AuditQuery): AuditPage {
  const { limit, cursor } = query
  const page = conditionsOf(query)
  if (cursor !== undefined) page.add('seq < ?', readCursor('audit', cursor).at)
  const rows = database.all<{ json: string }>(`SELECT json FROM audit WHERE ${page.sql()} ORDER BY seq DESC LIMIT ?`, ...page.values, limit + 1)
  const data = rows.slice(0, limit).map(readEntry)
  const last = data.at(-1)
  return {
    object: 'list',
    data,
    total: countRows(database, 'audit', conditionsOf(query)),
    next_cursor: last && rows.length > limit ? toCursor('audit', { at: last.seq, id: '' }) : null,
  }
}

function conditionsOf({ kind, about }: AuditQuery): Conditions {
  const conditions = createConditions()
  if (kind !== undefined) conditions.add('kind = ?', kind)
  if (about !== undefined) conditions.add('seq IN (SELECT seq FROM audit_about WHERE about = ?)', about)
  return conditions
}

export function findEntries(database: Database, after: number | undefined, limit: number): FoundEntry[] {
  // Nothing belongs before the first, so that what is there must be found.
  return database.all<FoundEntry>('SELECT seq AS place, json FROM audit WHERE seq > ? ORDER BY seq LIMIT ?', after ?? Number.MIN_SAFE_INTEGER, limit)
}

function readEntry({ json }: { json: string }): AuditEntry {
  return auditEntrySchema.parse(JSON.parse(json))
}
