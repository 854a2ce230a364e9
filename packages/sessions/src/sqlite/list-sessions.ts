import type { SQLInputValue } from 'node:sqlite'

import type { SessionDocument } from '@signalbox/contracts'

import type { DocumentPacker } from '../pack-document.ts'
import { readCursor, toCursor } from '../page-cursor.ts'
import { toWords } from '../session-subject.ts'
import type { SessionQuery } from '../session-store.ts'
import type { Database } from './open-database.ts'
import { readDocument, SELECT_DOCUMENTS, type DocumentRow } from './session-rows.ts'

/** One page, newest first, and how many there are in all. */
export function listSessions(
  database: Database,
  packer: DocumentPacker,
  query: SessionQuery,
): { sessions: SessionDocument[]; nextCursor: string | undefined; total: number } {
  const { limit, cursor } = query
  const wanted = conditionsOf(query)
  const page = cursor === undefined ? wanted : withPage(wanted, cursor)
  const rows = database.all<DocumentRow>(
    `${SELECT_DOCUMENTS} WHERE ${page.sql} ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...page.values,
    // One more than asked for tells whether there is another page.
    limit + 1,
  )
  const sessions = rows.slice(0, limit).map((row) => readDocument(database, packer, row).document)
  const last = sessions.at(-1)
  const total = database.get<{ count: number }>(`SELECT count(*) AS count FROM sessions WHERE ${wanted.sql}`, ...wanted.values)?.count ?? 0
  return { sessions, total, nextCursor: last && rows.length > limit ? toCursor({ createdAt: Date.parse(last.created_at), id: last.id }) : undefined }
}

interface Conditions {
  sql: string
  values: SQLInputValue[]
}

function conditionsOf({ owner, dead, statuses, text, of, roots }: SessionQuery): Conditions {
  const conditions: [sql: string, ...values: SQLInputValue[]][] = [
    ...(owner === undefined ? [] : [['owner = ?', owner] satisfies [string, string]]),
    ...(dead ? [['dead'] satisfies [string]] : []),
    ...(statuses ? [['status IN (SELECT value FROM json_each(?))', JSON.stringify(statuses)] satisfies [string, string]] : []),
    // Said twice, so that the index of those that have a parent is taken.
    ...(of === undefined ? [] : [["parent = ? AND parent <> ''", of] satisfies [string, string]]),
    ...(roots ? [["parent = ''"] satisfies [string]] : []),
    ...(text ? [[TEXT, text, text, JSON.stringify(toWords(text))] satisfies [string, string, string, string]] : []),
  ]
  return { sql: ['TRUE', ...conditions.map(([sql]) => sql)].join(' AND '), values: conditions.flatMap(([_sql, ...values]) => values) }
}

/** An id, or words that all stand in the goal. */
const TEXT = `(sessions.id = ? OR request_id = ? OR EXISTS (
  SELECT 1 FROM goals WHERE session = sessions.id AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE instr(goals.folded, value) = 0)
))`

function withPage({ sql, values }: Conditions, cursor: string): Conditions {
  const { createdAt, id } = readCursor(cursor)
  return { sql: `${sql} AND (created_at, id) < (?, ?)`, values: [...values, createdAt, id] }
}
