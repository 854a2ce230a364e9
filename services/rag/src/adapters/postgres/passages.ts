import type { Passage } from '@signalbox/contracts'

import type { Terms } from '../../core/lsa.ts'
import type { Database } from './open-database.ts'

interface PassageRow {
  id: string
  document_id: string
  source: string
  title: string
  start_offset: number
  end_offset: number
  text: string
}

/** The passages with these ids, in no order. */
export async function readPassages(sql: Database, ids: readonly string[]): Promise<Map<string, Omit<Passage, 'score'>>> {
  const rows = await sql<PassageRow[]>`
    SELECT p.id::text AS id, p.document_id, d.source, d.title, p.start_offset, p.end_offset, p.text
    FROM passages p JOIN documents d ON d.id = p.document_id WHERE p.id IN (SELECT value::bigint FROM jsonb_array_elements_text(${sql.json([...ids])}))`
  return new Map(rows.map(({ start_offset: start, end_offset: end, ...row }) => [row.id, { ...row, start, end }]))
}

/** Passages as their terms, as the database's own analyser sees them: the same for search and for vectors. Sampled evenly where there are more than `limit`. */
export async function readCorpus(sql: Database, limit: number): Promise<Terms[]> {
  const rows = await sql<{ lexemes: string[]; counts: number[] }[]>`
    SELECT json_agg(t.lexeme) AS lexemes, json_agg(cardinality(t.positions)) AS counts
    FROM (SELECT id, terms, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS total FROM passages) AS p
    CROSS JOIN LATERAL unnest(p.terms) AS t
    WHERE p.total <= ${limit} OR p.number % (p.total / ${limit} + 1) = 0
    GROUP BY p.id ORDER BY p.id`
  return rows.map(toTerms)
}

export async function readTermsOf(sql: Database, ids: readonly string[]): Promise<Map<string, Terms>> {
  const rows = await sql<{ id: string; lexemes: string[]; counts: number[] }[]>`
    SELECT p.id::text AS id, json_agg(t.lexeme) AS lexemes, json_agg(cardinality(t.positions)) AS counts
    FROM passages p CROSS JOIN LATERAL unnest(p.terms) AS t WHERE p.id IN (SELECT value::bigint FROM jsonb_array_elements_text(${sql.json([...ids])})) GROUP BY p.id`
  return new Map(rows.map((row) => [row.id, toTerms(row)]))
}

export async function analyze(sql: Database, text: string): Promise<Terms> {
  const [row] = await sql<{ lexemes: string[] | null; counts: number[] | null }[]>`
    SELECT json_agg(t.lexeme) AS lexemes, json_agg(cardinality(t.positions)) AS counts FROM unnest(to_tsvector('english', ${text})) AS t`
  return row?.lexemes && row.counts ? toTerms({ lexemes: row.lexemes, counts: row.counts }) : new Map()
}

function toTerms({ lexemes, counts }: { lexemes: string[]; counts: number[] }): Terms {
  return new Map(lexemes.map((lexeme, index) => [lexeme, counts[index] as number]))
}
