import type { EmbeddingModel } from '@signalbox/llm'

import type { Embedder } from './embedder.ts'

/** Vectors from an OpenAI-compatible endpoint. */
export function createModelEmbedder(model: EmbeddingModel): Embedder {
  return {
    model: model.model,
    alpha: 0.5,
    outdated: (space, passages) => passages > 0 && space?.model !== model.model,
    async prepare(_passages, signal) {
      const { vectors } = await model.embed(['How long is a vector?'], { signal })
      return { dimensions: vectors[0]?.length ?? 0 }
    },
    async embedPassages(_spaceId, passages, signal) {
      const { vectors } = await model.embed(
        passages.map(({ title, text }) => `${title}\n\n${text}`),
        { signal },
      )
      return new Map(passages.map(({ id }, index) => [id, vectors[index] as Float32Array]))
    },
    async embedQuery(_spaceId, query, signal) {
      const { vectors } = await model.embed([query], { signal })
      return vectors[0] as Float32Array
    },
  }
}
