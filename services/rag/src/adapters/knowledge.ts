import { createHash } from 'node:crypto'

import type { Passage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Logger } from '@signalbox/telemetry'

import { choosePassages } from '../core/choose-passages.ts'
import { fuse, type Scores } from '../core/fuse.ts'
import { readTitle } from '../core/read-title.ts'
import { DEFAULT_SPLIT, splitPassages, type SplitOptions } from '../core/split-passages.ts'
import type { Embedder } from './embedders/embedder.ts'
import { toDatabaseError } from './postgres/database-error.ts'
import type { DocumentStore } from './postgres/document-store.ts'
import type { LexicalSearch } from './postgres/lexical-search.ts'
import type { Database } from './postgres/open-database.ts'
import { readPassages } from './postgres/passages.ts'
import type { VectorSpaces } from './postgres/vector-space.ts'
import { untilAborted } from './until-aborted.ts'

/** What happened to one document that was offered. */
export interface IngestResult {
  source: string
  status: 'added' | 'updated' | 'unchanged' | 'failed'
  passages: number
  reason?: string
}

export interface IndexReport {
  model: string | null
  embedded: number
  refitted: boolean
}

/** What is known, and how it is found. */
export interface Knowledge {
  /** How much vectors count against words, 0…1. */
  readonly alpha: number
  /** Takes a document in; one that is there with the same text is left as it is. Never throws: a failure is a result with its reason. */
  ingest(document: { source: string; text: string }): Promise<IngestResult>
  /** Gives every passage its vector, in a new space where the old one no longer fits. One at a time. */
  index(signal: AbortSignal): Promise<IndexReport>
  /** The vectors that are searched: whose they are, and how many passages have one. Null while words alone are searched. */
  vectors(): Promise<{ model: string; dimensions: number; passages: number } | null>
  /** What speaks of the query: passage ids with their scores, by words and by vectors. */
  rank(query: string, options: { candidates: number; signal: AbortSignal }): Promise<{ words: Scores; vectors: Scores }>
  /** The best passages by both. */
  search(query: string, options: { topK: number; perDocument: number; signal: AbortSignal }): Promise<Passage[]>
}

/** Raised when passages would be cut otherwise, so that documents are taken in anew. */
const SPLITTER_VERSION = 2
const CANDIDATES = 100
const EMBED_BATCH = 256

export function createKnowledge(tools: {
  sql: Database
  documents: DocumentStore
  lexical: LexicalSearch
  spaces: VectorSpaces
  embedder: Embedder
  log: Logger
  split?: SplitOptions
}): Knowledge {
  const { sql, documents, lexical, spaces, embedder, log, split = DEFAULT_SPLIT } = tools
  let indexing: Promise<IndexReport> = Promise.resolve({ model: null, embedded: 0, refitted: false })

  async function indexNow(signal: AbortSignal): Promise<IndexReport> {
    const active = await spaces.active()
    const { passages } = await documents.count()
    let space = active
    const refitted = embedder.outdated(active, passages)
    if (refitted) {
      const prepared = await embedder.prepare(passages, signal)
      if (prepared) space = await spaces.create({ model: embedder.model, passages, ...prepared })
    }
    if (space?.model !== embedder.model) return { model: null, embedded: 0, refitted: false }
    let embedded = 0
    for (;;) {
      signal.throwIfAborted()
      const batch = await spaces.missing(space.id, EMBED_BATCH)
      if (batch.length === 0) break
      const vectors = await embedder.embedPassages(space.id, batch, signal)
      await spaces.add(
        space.id,
        [...vectors].map(([passage, vector]) => ({ passage, vector })),
      )
      embedded += batch.length
    }
    if (space.id !== active?.id) await spaces.activate(space.id)
    if (embedded * 20 > passages) await spaces.tidy()
    return { model: space.model, embedded, refitted }
  }

  /** Vectors are the help of the words: without them, and when they fail, words alone are searched. */
  async function searchByVector(query: string, candidates: number, signal: AbortSignal): Promise<Map<string, number>> {
    try {
      const space = await spaces.active()
      if (space?.model !== embedder.model) return new Map()
      return await spaces.search(space, await embedder.embedQuery(space.id, query, signal), candidates)
    } catch (error) {
      if (signal.aborted) throw error
      log.warn({ err: error }, 'searching by vector failed: words alone were searched')
      return new Map()
    }
  }

  async function rank(query: string, { candidates, signal }: { candidates: number; signal: AbortSignal }): Promise<{ words: Scores; vectors: Scores }> {
    const [words, vectors] = await Promise.all([lexical.search(query, candidates), searchByVector(query, candidates, signal)])
    return { words, vectors }
  }

  /** Passages that speak of the query, best first. */
  async function findPassages(query: string, signal: AbortSignal): Promise<Passage[]> {
    const { words, vectors } = await rank(query, { candidates: CANDIDATES, signal })
    const ranked = fuse(words, vectors, embedder.alpha)
    const passages = await readPassages(
      sql,
      ranked.map(({ id }) => id),
    )
    return ranked.flatMap(({ id, score }): Passage[] => {
      const passage = passages.get(id)
      return passage ? [{ ...passage, score: Number(score.toFixed(4)) }] : []
    })
  }

  return {
    alpha: embedder.alpha,
    rank,
    async vectors() {
      const space = await spaces.active()
      return space?.model === embedder.model ? { model: space.model, dimensions: space.dimensions, passages: await spaces.size(space.id) } : null
    },
    async ingest({ source, text }) {
      try {
        // What Postgres cannot hold is replaced unit by unit, so that offsets stay true.
        const clean = text.toWellFormed().replaceAll('\u0000', '\uFFFD')
        const contentHash = createHash('sha256')
          .update(`${SPLITTER_VERSION}\n${JSON.stringify(split)}\n${clean}`)
          .digest('hex')
        const known = await documents.hashOf(source)
        if (known === contentHash) return { source, status: 'unchanged', passages: 0 }
        const spans = splitPassages(clean, split)
        if (spans.length === 0) return { source, status: 'failed', passages: 0, reason: 'there is no text in it' }
        await documents.put({ source, title: readTitle(clean, source), text: clean, contentHash, spans })
        return { source, status: known === undefined ? 'added' : 'updated', passages: spans.length }
      } catch (error) {
        log.error({ err: error, source }, 'a document could not be taken in')
        const known = toDatabaseError(error)
        return { source, status: 'failed', passages: 0, reason: known instanceof AppError ? known.message : 'the database refused it; see the log' }
      }
    },
    index(signal) {
      indexing = indexing.then(
        () => indexNow(signal),
        () => indexNow(signal),
      )
      return indexing
    },
    async search(query, { topK, perDocument, signal }) {
      try {
        // The driver cannot be told to stop; the caller need not wait for it.
        return choosePassages(await untilAborted(findPassages(query, signal), signal), { topK, perDocument })
      } catch (error) {
        throw toDatabaseError(error)
      }
    },
  }
}
