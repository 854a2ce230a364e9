import { openTelemetry } from '@signalbox/telemetry'
import { sayError, sayJson, startModelUpstream, type UpstreamAnswer } from '@signalbox/testing'
import { expect, onTestFinished, test } from 'vitest'

import { openEmbeddingModel, type EmbeddingModelOptions } from './open-embedding-model.ts'

const WELL = { signal: AbortSignal.timeout(60_000) }

test('gives one vector for each text, in their order, whatever order the endpoint answers in', async () => {
  const { model, upstream } = await modelThat(lengthsBackwards)
  const { vectors, usage } = await model.embed(['a', 'bbb', 'cc'], WELL)
  expect(vectors.map((vector) => [...vector])).toEqual([[1], [3], [2]])
  expect(usage).toEqual({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3, cost_usd: 3e-6 })
  expect(upstream.calls[0]?.body).toEqual({ model: 'test-embedder', input: ['a', 'bbb', 'cc'], encoding_format: 'float' })
})

test('sends long lists in batches and adds up what they cost', async () => {
  const { model, upstream } = await modelThat(lengthsBackwards, { batchSize: 2 })
  const { vectors, usage } = await model.embed(['a', 'bb', 'ccc', 'dddd', 'eeeee'], WELL)
  expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 3, 4, 5])
  expect(upstream.calls.map(({ body }) => body['input'])).toEqual([['a', 'bb'], ['ccc', 'dddd'], ['eeeee']])
  expect(usage.total_tokens).toBe(5)
})

test('asks nobody about nothing', async () => {
  const { model, upstream } = await modelThat(lengthsBackwards)
  expect((await model.embed([], WELL)).vectors).toEqual([])
  expect(upstream.calls).toHaveLength(0)
})

test('asks for vectors of a length where one was named', async () => {
  const { model, upstream } = await modelThat(lengthsBackwards, { dimensions: 256 })
  await model.embed(['a'], WELL)
  expect(upstream.calls[0]?.body['dimensions']).toBe(256)
  expect(model.dimensions).toBe(256)
})

test('tries again after a failure that can pass', async () => {
  const { model } = await modelThat((response, call, index) => (index === 0 ? sayError(response, 500) : lengthsBackwards(response, call, index)))
  expect((await model.embed(['a'], WELL)).vectors).toHaveLength(1)
})

test.each([
  ['too few vectors', { data: [{ index: 0, embedding: [1] }] }],
  [
    'vectors of different lengths',
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
    },
  ],
  ['something else', { data: 'many' }],
])('is upstream_invalid when the endpoint sends %s', async (_name, body) => {
  const { model } = await modelThat((response) => sayJson(response, 200, body))
  await expect(model.embed(['a', 'b'], WELL)).rejects.toMatchObject({ code: 'upstream_invalid' })
})

const lengthsBackwards: UpstreamAnswer = (response, call) => {
  const texts = call.body['input'] as string[]
  const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: [text.length] })).toReversed()
  sayJson(response, 200, { object: 'list', data, model: 'test-embedder', usage: { prompt_tokens: texts.length, total_tokens: texts.length } })
}

async function modelThat(answer: UpstreamAnswer, options: Partial<EmbeddingModelOptions> = {}) {
  const upstream = await startModelUpstream(answer)
  const telemetry = openTelemetry({ service: 'test', level: 'silent' })
  const prices = new Map([['test-embedder', { input: 1, output: 0 }]])
  const model = openEmbeddingModel({ baseUrl: upstream.baseUrl, model: 'test-embedder', telemetry, timeoutMs: 5_000, retryBaseMs: 1, prices, ...options })
  onTestFinished(async () => {
    await model.close()
    await upstream[Symbol.asyncDispose]()
  })
  return { model, upstream }
}
