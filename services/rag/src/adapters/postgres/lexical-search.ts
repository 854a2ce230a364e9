import type { Database } from './open-database.ts'

export interface LexicalSearch {
  /** Passage ids with their BM25 scores, best first. */
  search(query: string, limit: number): Promise<Map<string, number>>
}

export interface LexicalSearchOptions {
  /** Counts up with every change of the passages that this process makes. */
  changes: () => number
}

const K1 = 1.2
const B = 0.75

/**
 * Frequent terms decide little and cost most: the rarest are taken until so many rows would be read.
 * On five thousand documents nothing is lost by it; at 3,000 one point of nDCG was.
 */
const MAX_ROWS = 10_000

/** What other processes change is seen after so long. */
const STATISTICS_MS = 30_000

/** More of the same word in one passage changes nothing any more. */
const MOST_OCCURRENCES = 64

interface Statistics {
  changes: number
  readAt: number
  total: number
  mean: number
  frequencies: Map<string, number>
}

/**
 * BM25 in SQL that every Postgres runs. (`ts_rank` as a ranking knows nothing of how rare a term is,
 * and ranks far worse.)
 *
 * How often a term stands in a passage is the one thing that SQL can only learn by taking the whole
 * `tsvector` apart, which costs five times the rest. But for a single term `ts_rank` grows with how
 * often it stands there, and with nothing else; so the server is asked once what it says for 1, 2, 3…
 * occurrences, and from then on its rank tells the number.
 */
export function createLexicalSearch(sql: Database, { changes }: LexicalSearchOptions): LexicalSearch {
  let scale: Promise<number[]> | undefined
  let statistics: Statistics | undefined

  async function currentStatistics(): Promise<Statistics> {
    if (statistics?.changes !== changes() || Date.now() - statistics.readAt > STATISTICS_MS) {
      const read = { changes: changes(), readAt: Date.now(), frequencies: new Map<string, number>() }
      const [row] = await sql<{ total: number; mean: number }[]>`SELECT count(*)::int AS total, greatest(avg(length), 1)::float8 AS mean FROM passages`
      statistics = { ...read, total: row?.total ?? 0, mean: row?.mean ?? 1 }
    }
    return statistics
  }

  function currentScale(): Promise<number[]> {
    scale ??= readScale(sql).catch((error: unknown) => {
      scale = undefined
      throw error
    })
    return scale
  }

  return {
    async search(query, limit) {
      const current = await currentStatistics()
      const terms = await readTerms(sql, query, current)
      if (terms.length === 0) return new Map()
      const rows = await sql<{ id: string; score: number }[]>`
        SELECT p.id::text AS id, sum(q.weight * f.times * ${K1 + 1}::float8 / (f.times + ${K1}::float8 * (1 - ${B}::float8 + ${B}::float8 * p.length / ${current.mean}::float8)))::float8 AS score
        FROM (SELECT quote_literal(t.lexeme)::tsquery AS term, t.weight FROM jsonb_to_recordset(${sql.json(terms)}) AS t (lexeme text, weight float8)) AS q
        JOIN passages p ON p.terms @@ q.term
        CROSS JOIN LATERAL (
          SELECT width_bucket(ts_rank(p.terms, q.term)::float8, (SELECT array_agg(s::float8 ORDER BY s::float8) FROM jsonb_array_elements_text(${sql.json(await currentScale())}) AS s))::float8 AS times
        ) AS f
        GROUP BY p.id
        ORDER BY score DESC, p.id
        LIMIT ${limit}`
      return new Map(rows.map(({ id, score }) => [id, score]))
    },
  }
}

/** The query's terms that are worth looking for, rarest first, with BM25's weight for how rare they are. */
async function readTerms(sql: Database, query: string, { total, frequencies }: Statistics): Promise<{ lexeme: string; weight: number }[]> {
  const asked = await sql<{ lexeme: string; times: number }[]>`SELECT lexeme, cardinality(positions) AS times FROM unnest(to_tsvector('english', ${query}))`
  const unknown = asked.map(({ lexeme }) => lexeme).filter((lexeme) => !frequencies.has(lexeme))
  if (unknown.length > 0) {
    const counted = await sql<{ lexeme: string; frequency: number }[]>`
      SELECT lexeme, (SELECT count(*)::int FROM passages p WHERE p.terms @@ quote_literal(lexeme)::tsquery) AS frequency
      FROM jsonb_array_elements_text(${sql.json(unknown)}) AS lexeme`
    for (const { lexeme, frequency } of counted) frequencies.set(lexeme, frequency)
  }
  let read = 0
  return asked
    .map(({ lexeme, times }) => ({ lexeme, times, frequency: frequencies.get(lexeme) ?? 0 }))
    .filter(({ frequency }) => frequency > 0)
    .toSorted((a, b) => a.frequency - b.frequency)
    .filter(({ frequency }, index) => (read += frequency) <= MAX_ROWS || index === 0)
    .map(({ lexeme, times, frequency }) => ({ lexeme, weight: times * Math.log(1 + (total - frequency + 0.5) / (frequency + 0.5)) }))
}

/** Where one more occurrence begins, in what this server's `ts_rank` says: halfway between what it says for n - 1 and for n. */
async function readScale(sql: Database): Promise<number[]> {
  const rows = await sql<{ rank: number }[]>`
    SELECT ts_rank(to_tsvector('simple', repeat('x ', n)), 'x'::tsquery)::float8 AS rank FROM generate_series(1, ${MOST_OCCURRENCES}::int) AS n ORDER BY n`
  return rows.map(({ rank }, index) => (rank + (rows[index - 1]?.rank ?? 0)) / 2)
}
