import type { Usage } from '@signalbox/contracts'

import type { CallOptions } from './chat-model.ts'

/** A model that turns texts into vectors. Throws as {@link ChatModel} does. */
export interface EmbeddingModel {
  readonly model: string
  /** How long its vectors are, where that was asked for. */
  readonly dimensions?: number
  /** One vector for each text, in the texts' order. */
  embed(texts: readonly string[], options: CallOptions): Promise<{ vectors: Float32Array[]; usage: Usage }>
}
