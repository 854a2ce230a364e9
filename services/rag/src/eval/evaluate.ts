import { performance } from 'node:perf_hooks'

import { readPassages } from '../adapters/postgres/passages.ts'
import { fuse, type Scores } from '../core/fuse.ts'
import { ndcg, quantile, recall } from '../core/ranking-measures.ts'
import type { OpenKnowledge } from '../open-knowledge.ts'
import type { RetrievalSet } from './retrieval-set.ts'

export interface Measured {
  system: 'BM25' | 'vectors' | 'both'
  ndcg10: number
  recall10: number
  recall100: number
}

export interface Evaluation {
  documents: number
  passages: number
  queries: number
  measured: Measured[]
  ingestSeconds: number
  indexSeconds: number
  /** One search, milliseconds. */
  latency: { p50: number; p95: number }
}

export interface EvaluateOptions {
  /** Passages taken from each ranking; more where several passages make one document. */
  candidates: number
  onProgress: (text: string) => void
  signal: AbortSignal
}

/** Lays a set's documents into an empty knowledge the way any are, asks its questions, and measures the rankings. A document stands where its best passage does. */
export async function evaluate(opened: OpenKnowledge, set: RetrievalSet, options: EvaluateOptions): Promise<Evaluation> {
  const { knowledge, sql, documents } = opened
  const began = performance.now()
  for (const [index, document] of set.documents.entries()) {
    options.signal.throwIfAborted()
    const { status, reason } = await knowledge.ingest({ source: document.id, text: toText(document) })
    // A document without a text can be part of a set; it is found by nobody.
    if (status === 'failed' && document.text.trim() !== '') throw new Error(`document ${document.id}: ${reason}`)
    if (index % 250 === 0) options.onProgress(`${set.name}: ${index} of ${set.documents.length} documents`)
  }
  const ingested = performance.now()
  options.onProgress(`${set.name}: computing vectors`)
  await knowledge.index(options.signal)
  const indexed = performance.now()

  const rankings: Record<Measured['system'], string[][]> = { BM25: [], vectors: [], both: [] }
  const times: number[] = []
  for (const query of set.queries) {
    const asked = performance.now()
    const { words, vectors } = await knowledge.rank(query.text, { candidates: options.candidates, signal: options.signal })
    times.push(performance.now() - asked)
    const passages = await readPassages(sql, [...new Set([...words.keys(), ...vectors.keys()])])
    const none: Scores = new Map()
    const toDocuments = (ranked: { id: string }[]): string[] => [...new Set(ranked.map(({ id }) => passages.get(id)?.source ?? ''))]
    rankings.BM25.push(toDocuments(fuse(words, none, 0)))
    rankings.vectors.push(toDocuments(fuse(none, vectors, 1)))
    rankings.both.push(toDocuments(fuse(words, vectors, knowledge.alpha)))
  }
  const mean = (system: Measured['system'], measure: typeof ndcg, depth: number): number =>
    rankings[system].reduce((sum, ranking, index) => sum + measure(ranking, set.queries[index]?.judgements ?? new Map(), depth), 0) / set.queries.length
  return {
    ...(await documents.count()),
    queries: set.queries.length,
    measured: (['BM25', 'vectors', 'both'] as const).map((system) => ({
      system,
      ndcg10: mean(system, ndcg, 10),
      recall10: mean(system, recall, 10),
      recall100: mean(system, recall, 100),
    })),
    ingestSeconds: (ingested - began) / 1_000,
    indexSeconds: (indexed - ingested) / 1_000,
    latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
  }
}

/** The title as front matter: known to the search, and counted once. */
function toText({ title, text }: RetrievalSet['documents'][number]): string {
  return `---\ntitle: ${title.replaceAll(/\s+/g, ' ')}\n---\n${text}`
}
