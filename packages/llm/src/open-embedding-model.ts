import { SpanKind } from '@opentelemetry/api'
import { addUsage, NO_USAGE } from '@signalbox/contracts'
import { SPANS, withSpan } from '@signalbox/telemetry'

import { openConnection, type Connection, type ModelOptions } from './connection.ts'
import { createDeadline } from './deadline.ts'
import type { EmbeddingModel } from './embedding-model.ts'
import { createCallMeter, type CallOutcome } from './meter.ts'
import { attempt } from './open-chat-model.ts'
import { toInvalidAnswer } from './upstream-errors.ts'
import { toUsage } from './usage.ts'
import { wireEmbeddingsSchema } from './wire-answers.ts'

export interface EmbeddingModelOptions extends ModelOptions {
  /** Asked of the model, for those that can shorten their vectors. */
  dimensions?: number | undefined
  /** Texts in one request. */
  batchSize?: number | undefined
}

const DEFAULT_BATCH_SIZE = 64

interface Batch extends CallOutcome {
  vectors: Float32Array[]
}

/** An embedding model at an OpenAI-compatible endpoint. Long lists go in batches, one after the other. */
export function openEmbeddingModel(options: EmbeddingModelOptions): EmbeddingModel & { close(): Promise<void> } {
  const connection = openConnection(options)
  const span = { kind: SpanKind.CLIENT, attributes: connection.attributes('embeddings') }
  const meter = createCallMeter(options.telemetry, span.attributes)
  const batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE

  const embedBatch = (texts: readonly string[], signal: AbortSignal): Promise<Batch> =>
    withSpan(options.telemetry.tracer, `${SPANS.embeddings} ${options.model}`, span, async (active) => {
      const call = meter.begin(active)
      try {
        const batch = await embedOnce(connection, { model: options.model, texts, dimensions: options.dimensions }, signal)
        call.succeeded(batch)
        return batch
      } catch (error) {
        call.failed(error)
        throw error
      }
    })

  return {
    model: options.model,
    ...(options.dimensions !== undefined && { dimensions: options.dimensions }),
    async embed(texts, { signal }) {
      const vectors: Float32Array[] = []
      let usage = NO_USAGE
      for (let start = 0; start < texts.length; start += batchSize) {
        const batch = await embedBatch(texts.slice(start, start + batchSize), signal)
        vectors.push(...batch.vectors)
        usage = addUsage(usage, batch.usage)
      }
      return { vectors, usage }
    },
    close: connection.close,
  }
}

async function embedOnce(
  connection: Connection,
  request: { model: string; texts: readonly string[]; dimensions: number | undefined },
  signal: AbortSignal,
): Promise<Batch> {
  const { client, host, timeoutMs, prices } = connection
  using deadline = createDeadline(signal)
  deadline.within(timeoutMs, `The model endpoint ${host} did not answer within ${timeoutMs / 1_000} s.`)
  const body = {
    model: request.model,
    input: [...request.texts],
    encoding_format: 'float' as const,
    ...(request.dimensions !== undefined && { dimensions: request.dimensions }),
  }
  const answer: unknown = await attempt(connection, deadline, () => client.embeddings.create(body, { signal: deadline.signal }))

  const parsed = wireEmbeddingsSchema.safeParse(answer)
  if (!parsed.success) throw toInvalidAnswer(host, 'something that is not a list of embeddings')
  const model = parsed.data.model || request.model
  return { vectors: inOrder(parsed.data.data, request.texts.length, host), usage: toUsage(parsed.data.usage, model, prices), model }
}

/** Providers may answer in any order; the index says which text a vector is of. */
function inOrder(items: readonly { index: number; embedding: number[] }[], count: number, host: string): Float32Array[] {
  const byIndex = new Map(items.map(({ index, embedding }) => [index, Float32Array.from(embedding)]))
  const width = byIndex.get(0)?.length
  return Array.from({ length: count }, (_, index) => {
    const vector = byIndex.get(index)
    if (vector === undefined || vector.length !== width)
      throw toInvalidAnswer(host, `${items.length} embeddings for ${count} texts, or with vectors of different lengths`)
    return vector
  })
}
