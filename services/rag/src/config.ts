import { httpUrl, wholeNumber } from '@signalbox/config'
import { llmFields } from '@signalbox/llm'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

export const ragConfigSchema = z.object({
  ...serviceFields({ port: 8004 }),
  ...llmFields,
  /** Where others reach this service, as its Agent Card says it; its own address when absent. */
  PUBLIC_URL: httpUrl().optional(),
  DATA_DIR: z.string().default('.signalbox'),
  /** A Postgres with pgvector; an embedded one under DATA_DIR when absent. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'is not a postgres:// URL' }).optional(),
  DATABASE_CONNECTIONS: wholeNumber({ min: 1, max: 100, fallback: 4 }),
  /** An OpenAI-compatible embeddings endpoint; vectors are computed from the documents themselves when absent. */
  EMBEDDING_BASE_URL: httpUrl().optional(),
  EMBEDDING_API_KEY: z.string().optional(),
  EMBEDDING_MODEL: z.string().max(256).default('text-embedding-3-small'),
  /** How many passages an answer is given, and how many of them at most from one document. */
  RETRIEVE_TOP_K: wholeNumber({ min: 1, max: 50, fallback: 8 }),
  RETRIEVE_PER_DOCUMENT: wholeNumber({ min: 1, max: 50, fallback: 4 }),
  /** Largest batch of documents taken in one call, bytes. */
  INGEST_MAX_BYTES: wholeNumber({ min: 1_024, max: 268_435_456, fallback: 16 * 1_024 * 1_024 }),
})

export type RagConfig = z.infer<typeof ragConfigSchema>
