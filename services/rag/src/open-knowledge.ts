import { join, resolve } from 'node:path'

import { openEmbeddingModel } from '@signalbox/llm'
import type { Telemetry } from '@signalbox/telemetry'

import { createLsaEmbedder } from './adapters/embedders/lsa-embedder.ts'
import { createModelEmbedder } from './adapters/embedders/model-embedder.ts'
import { startEmbeddedPostgres } from './adapters/embedded/embedded-postgres.ts'
import { createKnowledge, type Knowledge } from './adapters/knowledge.ts'
import { createDocumentStore, type DocumentStore } from './adapters/postgres/document-store.ts'
import { createLexicalSearch } from './adapters/postgres/lexical-search.ts'
import { openDatabase, type Database } from './adapters/postgres/open-database.ts'
import { createVectorSpaces } from './adapters/postgres/vector-space.ts'
import type { RagConfig } from './config.ts'
import type { SplitOptions } from './core/split-passages.ts'

export interface OpenKnowledge {
  knowledge: Knowledge
  documents: DocumentStore
  sql: Database
  /** The database's URL, with its password. */
  url: string
  close(): Promise<void>
}

export type KnowledgeConfig = Pick<
  RagConfig,
  'DATA_DIR' | 'DATABASE_URL' | 'DATABASE_CONNECTIONS' | 'EMBEDDING_BASE_URL' | 'EMBEDDING_API_KEY' | 'EMBEDDING_MODEL'
>

/** Opens the knowledge on the configured Postgres, or on an embedded one that is started for it. From there on the code is the same. */
export async function openKnowledge(config: KnowledgeConfig, telemetry: Telemetry, options: { split?: SplitOptions } = {}): Promise<OpenKnowledge> {
  const { log } = telemetry
  const { url, close } = await openServer(config, log)
  try {
    const sql = await openDatabase(url, { connections: config.DATABASE_CONNECTIONS })
    const documents = createDocumentStore(sql)
    const spaces = createVectorSpaces(sql)
    const model =
      config.EMBEDDING_BASE_URL === undefined
        ? undefined
        : openEmbeddingModel({
            baseUrl: config.EMBEDDING_BASE_URL,
            model: config.EMBEDDING_MODEL,
            telemetry,
            ...(config.EMBEDDING_API_KEY !== undefined && { apiKey: config.EMBEDDING_API_KEY }),
          })
    const embedder = model ? createModelEmbedder(model) : createLsaEmbedder(sql, spaces)
    return {
      knowledge: createKnowledge({ sql, documents, lexical: createLexicalSearch(sql, documents), spaces, embedder, log, ...options }),
      documents,
      sql,
      url,
      async close() {
        await sql.end({ timeout: 5 })
        await model?.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The Postgres that is used; an embedded one is ours to close. */
async function openServer({ DATABASE_URL, DATA_DIR }: KnowledgeConfig, log: Telemetry['log']): Promise<{ url: string; close(): Promise<void> }> {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, close: async () => undefined }
  return startEmbeddedPostgres({
    folder: join(resolve(DATA_DIR), 'knowledge'),
    onRestart: (reason) => log.warn({ reason }, 'the embedded database is started again'),
  })
}
