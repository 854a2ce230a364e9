/**
 * The knowledge's tables. Each entry takes a database one version further; never change one that was
 * released. The same SQL runs on the embedded database and on a real one with pgvector.
 *
 * Vectors carry no dimension in the table: each embedding space has its own, so that a new model, or
 * vectors computed anew, stand beside the old ones until the switch.
 */
export const MIGRATIONS = [
  `
  CREATE EXTENSION IF NOT EXISTS vector;
  CREATE TABLE documents (
    id text PRIMARY KEY,
    source text NOT NULL UNIQUE,
    title text NOT NULL,
    content_hash text NOT NULL,
    length int NOT NULL,
    passages int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE passages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id text NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal int NOT NULL,
    start_offset int NOT NULL,
    end_offset int NOT NULL,
    text text NOT NULL,
    terms tsvector NOT NULL,
    -- How many terms the passage has, counted with repetition: BM25's document length.
    length int NOT NULL,
    UNIQUE (document_id, ordinal)
  );
  CREATE INDEX passages_terms ON passages USING gin (terms);
  CREATE TABLE spaces (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model text NOT NULL,
    dimensions int NOT NULL,
    -- How many passages there were when the space was made; vectors computed from a corpus are made anew when it has doubled.
    passages int NOT NULL,
    fitted bytea,
    active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE UNIQUE INDEX spaces_active ON spaces (active) WHERE active;
  CREATE TABLE passage_embeddings (
    space_id int NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    passage_id bigint NOT NULL REFERENCES passages (id) ON DELETE CASCADE,
    embedding vector NOT NULL,
    PRIMARY KEY (space_id, passage_id)
  );
  CREATE INDEX passage_embeddings_passage ON passage_embeddings (passage_id);
  `,
]
