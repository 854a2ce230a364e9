/** Makes vectors for passages and queries. Its spaces carry its name; vectors of two names are never compared. */
export interface Embedder {
  readonly model: string
  /** How much the vectors count against the words when both are fused, 0…1. */
  readonly alpha: number
  /** Whether the vectors must be made anew, given the space they were made in and how many passages there are now. */
  outdated(space: { model: string; passages: number } | undefined, passages: number): boolean
  /** What a new space needs beside its vectors; undefined where there are too few passages to make one. */
  prepare(passages: number, signal: AbortSignal): Promise<{ dimensions: number; fitted?: Buffer } | undefined>
  embedPassages(spaceId: number, passages: readonly { id: string; text: string; title: string }[], signal: AbortSignal): Promise<Map<string, Float32Array>>
  embedQuery(spaceId: number, query: string, signal: AbortSignal): Promise<Float32Array>
}
