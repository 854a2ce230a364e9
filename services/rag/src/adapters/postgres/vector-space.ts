import type { Database } from './open-database.ts'

export interface Space {
  id: number
  model: string
  dimensions: number
  /** How many passages there were when it was made. */
  passages: number
}

/** Embedding spaces: one is active; a new one is filled beside it, and takes its place at once. */
export interface VectorSpaces {
  active(): Promise<Space | undefined>
  fitted(id: number): Promise<Buffer | undefined>
  create(space: Omit<Space, 'id'> & { fitted?: Buffer }): Promise<Space>
  activate(id: number): Promise<void>
  /** How many passages have a vector in the space. */
  size(id: number): Promise<number>
  /** Passages that have no vector in the space yet, a batch at a time. */
  missing(id: number, limit: number): Promise<{ id: string; text: string; title: string }[]>
  add(id: number, vectors: readonly { passage: string; vector: Float32Array }[]): Promise<void>
  /** Lets the database plan by what is there now: after a bulk load its plans are for empty tables, and the embedded one never looks by itself. */
  tidy(): Promise<void>
  /** Passage ids by cosine similarity, best first; an exact scan. */
  search(space: Space, vector: Float32Array, limit: number): Promise<Map<string, number>>
}

export function createVectorSpaces(sql: Database): VectorSpaces {
  return {
    async active() {
      const [row] = await sql<Space[]>`SELECT id, model, dimensions, passages FROM spaces WHERE active`
      return row
    },
    async fitted(id) {
      const [row] = await sql<{ fitted: Buffer | null }[]>`SELECT fitted FROM spaces WHERE id = ${id}`
      return row?.fitted ?? undefined
    },
    async create({ model, dimensions, passages, fitted }) {
      const [row] = await sql<
        Space[]
      >`INSERT INTO spaces (model, dimensions, passages, fitted) VALUES (${model}, ${dimensions}, ${passages}, ${fitted ?? null}) RETURNING id, model, dimensions, passages`
      return row as Space
    },
    async activate(id) {
      await sql.begin(async (transaction) => {
        await transaction`UPDATE spaces SET active = false WHERE active AND id <> ${id}`
        await transaction`UPDATE spaces SET active = true WHERE id = ${id}`
        await transaction`DELETE FROM spaces WHERE NOT active`
      })
    },
    async size(id) {
      const [row] = await sql<{ size: number }[]>`SELECT count(*)::int AS size FROM passage_embeddings WHERE space_id = ${id}`
      return row?.size ?? 0
    },
    missing: async (id, limit) =>
      sql<{ id: string; text: string; title: string }[]>`
        SELECT p.id::text AS id, p.text, d.title FROM passages p JOIN documents d ON d.id = p.document_id
        WHERE NOT EXISTS (SELECT 1 FROM passage_embeddings e WHERE e.space_id = ${id} AND e.passage_id = p.id)
        ORDER BY p.id LIMIT ${limit}`,
    async add(id, vectors) {
      const rows = vectors.map(({ passage, vector }) => ({ passage, embedding: toVectorText(vector) }))
      await sql`
        INSERT INTO passage_embeddings (space_id, passage_id, embedding)
        SELECT ${id}, v.passage::bigint, v.embedding::vector FROM jsonb_to_recordset(${sql.json(rows)}) AS v (passage text, embedding text)
        WHERE EXISTS (SELECT 1 FROM passages p WHERE p.id = v.passage::bigint)
        ON CONFLICT (space_id, passage_id) DO UPDATE SET embedding = excluded.embedding`
    },
    async tidy() {
      await sql`VACUUM (ANALYZE) documents, passages, passage_embeddings`
    },
    async search(space, vector, limit) {
      const text = toVectorText(vector)
      const rows = await sql<{ id: string; score: number }[]>`
        SELECT passage_id::text AS id, (1 - (embedding <=> ${text}::vector))::float8 AS score
        FROM passage_embeddings WHERE space_id = ${space.id} ORDER BY embedding <=> ${text}::vector LIMIT ${limit}`
      // A vector of zeros is near nothing.
      return new Map(rows.filter(({ score }) => Number.isFinite(score)).map(({ id, score }) => [id, score]))
    },
  }
}

function toVectorText(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => Number(value.toPrecision(7))).join(',')}]`
}
