import type { SessionDocument } from '@signalbox/contracts'

import type { DocumentPacker } from '../pack-document.ts'
import { readCursor, toCursor } from '../page-cursor.ts'
import type { SessionQuery } from '../session-store.ts'
import type { Database } from './open-database.ts'
import { readDocument, SELECT_DOCUMENTS, type DocumentRow } from './session-rows.ts'

/** One page, newest first, and how many there are in all. */
export function listSessions(
  database: Database,
  packer: DocumentPacker,
  query: SessionQuery,
): { sessions: SessionDocument[]; nextCursor: string | undefined; total: number } {
  const { owner, limit } = query
  const statuses = query.statuses ? JSON.stringify(query.statuses) : null
  const wanted = `owner = ? AND (? IS NULL OR status IN (SELECT value FROM json_each(?)))${query.dead ? ' AND dead' : ''}`
  const behind = query.cursor === undefined ? { createdAt: Number.MAX_SAFE_INTEGER, id: '' } : readCursor(query.cursor)
  const rows = database.all<DocumentRow>(
    `${SELECT_DOCUMENTS} WHERE ${wanted} AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
    owner,
    statuses,
    statuses,
    behind.createdAt,
    behind.id,
    // One more than asked for tells whether there is another page.
    limit + 1,
  )
  const sessions = rows.slice(0, limit).map((row) => readDocument(database, packer, row).document)
  const last = sessions.at(-1)
  const total = database.get<{ count: number }>(`SELECT count(*) AS count FROM sessions WHERE ${wanted}`, owner, statuses, statuses)?.count ?? 0
  return { sessions, total, nextCursor: last && rows.length > limit ? toCursor({ createdAt: Date.parse(last.created_at), id: last.id }) : undefined }
}
