import { createHash } from 'node:crypto'

import type { Database } from './open-database.ts'
import type { Span } from '../../core/split-passages.ts'

export interface NewDocument {
  source: string
  title: string
  text: string
  contentHash: string
  spans: readonly Span[]
}

export interface StoredDocument {
  id: string
  source: string
  title: string
  length: number
  passages: number
  updated_at: string
}

/** The documents and their passages. A document is known by its source; its id follows from it, and stays when its text changes. */
export interface DocumentStore {
  hashOf(source: string): Promise<string | undefined>
  /** Adds the document, or puts it in the place of the one of the same source, passages and all, at once. */
  put(document: NewDocument): Promise<void>
  list(options: { limit: number; after: string }): Promise<StoredDocument[]>
  remove(id: string): Promise<boolean>
  count(): Promise<{ documents: number; passages: number }>
  /** Counts up with every change that is made through this store. */
  changes(): number
}

/** Rows in one statement: larger ones were no faster. */
const BATCH = 500

export function createDocumentStore(sql: Database): DocumentStore {
  let changes = 0
  return {
    changes: () => changes,
    async hashOf(source) {
      const [row] = await sql<{ content_hash: string }[]>`SELECT content_hash FROM documents WHERE source = ${source}`
      return row?.content_hash
    },
    async put({ source, title, text, contentHash, spans }) {
      const id = toDocumentId(source)
      await sql.begin(async (transaction) => {
        await transaction`
          INSERT INTO documents (id, source, title, content_hash, length, passages) VALUES (${id}, ${source}, ${title}, ${contentHash}, ${text.length}, ${spans.length})
          ON CONFLICT (id) DO UPDATE SET title = excluded.title, content_hash = excluded.content_hash, length = excluded.length, passages = excluded.passages, updated_at = now()`
        await transaction`DELETE FROM passages WHERE document_id = ${id}`
        for (let from = 0; from < spans.length; from += BATCH) {
          const rows = spans
            .slice(from, from + BATCH)
            .map(({ start, end }, index) => ({ ordinal: from + index, start_offset: start, end_offset: end, text: text.slice(start, end) }))
          // The title counts as part of each passage for searching: a passage seldom says what its document is about.
          await transaction`
            INSERT INTO passages (document_id, ordinal, start_offset, end_offset, text, terms, length)
            SELECT ${id}, p.ordinal, p.start_offset, p.end_offset, p.text, v.terms, (SELECT coalesce(sum(cardinality(u.positions)), 0) FROM unnest(v.terms) AS u)
            FROM jsonb_to_recordset(${sql.json(rows)}) AS p (ordinal int, start_offset int, end_offset int, text text)
            CROSS JOIN LATERAL (SELECT to_tsvector('english', ${title}::text || ' ' || p.text) AS terms) AS v`
        }
      })
      changes += 1
    },
    list: async ({ limit, after }) =>
      sql<
        StoredDocument[]
      >`SELECT id, source, title, length, passages, updated_at::text AS updated_at FROM documents WHERE source > ${after} ORDER BY source LIMIT ${limit}`,
    async remove(id) {
      const { count } = await sql`DELETE FROM documents WHERE id = ${id}`
      changes += 1
      return count > 0
    },
    async count() {
      const [row] = await sql<
        { documents: number; passages: number }[]
      >`SELECT (SELECT count(*)::int FROM documents) AS documents, (SELECT count(*)::int FROM passages) AS passages`
      return row ?? { documents: 0, passages: 0 }
    },
  }
}

function toDocumentId(source: string): string {
  return `doc_${createHash('sha256').update(source).digest('hex').slice(0, 24)}`
}
