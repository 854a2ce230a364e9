import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { embedTerms, type LsaModel } from '../../core/lsa.ts'
import type { Database } from '../postgres/open-database.ts'
import { analyze, readCorpus, readTermsOf } from '../postgres/passages.ts'
import type { VectorSpaces } from '../postgres/vector-space.ts'
import type { Embedder } from './embedder.ts'
import { fromBytes } from './lsa-model-file.ts'

const MODEL = 'lsa-256'
/** Below so many passages there is too little to compute a space from; words alone are searched. */
const FEWEST = 40
const SAMPLE = 20_000

/** Vectors computed from the corpus itself, made anew when it has doubled. */
export function createLsaEmbedder(sql: Database, spaces: VectorSpaces): Embedder {
  let loaded: { spaceId: number; model: LsaModel } | undefined

  async function modelOf(spaceId: number): Promise<LsaModel> {
    if (loaded?.spaceId !== spaceId) {
      const bytes = await spaces.fitted(spaceId)
      if (!bytes) throw new Error(`space ${spaceId} has no fitted model`)
      loaded = { spaceId, model: fromBytes(bytes) }
    }
    return loaded.model
  }

  return {
    model: MODEL,
    alpha: 0.3,
    outdated: (space, passages) => passages >= FEWEST && (space?.model !== MODEL || passages >= space.passages * 2),
    async prepare(passages, signal) {
      if (passages < FEWEST) return undefined
      const fitted = await fit(await readCorpus(sql, SAMPLE), signal)
      return { dimensions: fromBytes(fitted).dimensions, fitted }
    },
    async embedPassages(spaceId, passages) {
      const model = await modelOf(spaceId)
      const terms = await readTermsOf(
        sql,
        passages.map(({ id }) => id),
      )
      return new Map(passages.map(({ id }) => [id, embedTerms(model, terms.get(id) ?? new Map())]))
    },
    embedQuery: async (spaceId, query) => embedTerms(await modelOf(spaceId), await analyze(sql, query)),
  }
}

async function fit(corpus: readonly ReadonlyMap<string, number>[], signal: AbortSignal): Promise<Buffer> {
  const worker = new Worker(new URL('fit-worker.ts', import.meta.url), { workerData: corpus.map((terms) => [...terms]) })
  try {
    const [bytes] = (await once(worker, 'message', { signal })) as [Uint8Array]
    return Buffer.from(bytes)
  } finally {
    await worker.terminate()
  }
}
