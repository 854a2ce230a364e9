import {
  eventually,
  openStream,
  readOpenAIStream,
  sayError,
  sayWhole,
  startModelUpstream,
  streamLines,
  temporaryFolder,
  type ModelUpstream,
  type UpstreamAnswer,
} from '@signalbox/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSignalbox, type SignalboxProcess } from './signalbox-process.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let upstream: ModelUpstream
let signalbox: SignalboxProcess
/** How the model behaves now; planning is refused, so that the safe plan of our own is what meets it. */
let answering: UpstreamAnswer

beforeAll(async () => {
  folder = await temporaryFolder()
  upstream = await startModelUpstream((response, call, index) => {
    if (call.path.endsWith('/models')) return sayWhole(response, 'ok')
    if (call.body['response_format'] !== undefined) return sayError(response, 503)
    return answering(response, call, index)
  })
  signalbox = await startSignalbox({
    dataDir: folder.path,
    environment: {
      LLM_BASE_URL: upstream.baseUrl,
      LLM_MODEL: 'test-model',
      LLM_TIMEOUT_MS: '1000',
      LLM_IDLE_MS: '1000',
      LLM_RETRIES: '0',
      NODE_RETRY_BASE_MS: '1',
      NODE_RETRIES: '1',
      UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '1000',
      UPSTREAM_IDLE_TIMEOUT_MS: '1000',
    },
  })
})

afterAll(async () => {
  await signalbox?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const FAULTS: [string, UpstreamAnswer][] = [
  ['is down', (response) => response.destroy()],
  ['is overloaded', (response) => sayError(response, 503)],
  ['takes the request and says nothing', () => undefined],
  ['talks nonsense', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')],
  [
    'is cut in the middle of its answer',
    (response) => openStream(response).write(streamLines(['Half an ', 'answer'], { finishReason: null, usage: null, done: false }), () => response.destroy()),
  ],
  [
    'falls silent in the middle of its answer',
    (response) => openStream(response).write(streamLines(['Half an ', 'answer'], { finishReason: null, usage: null, done: false })),
  ],
]

for (const model of ['signalbox-orchestrated', 'signalbox-simple']) {
  test.each(FAULTS)(`${model}: a model that %s is a clear error, in time, and never half an answer with a stop`, async (_name, fault) => {
    answering = fault
    const response = await fetch(`${signalbox.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'authorization': `Bearer ${signalbox.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Tell me about the war.' }] }),
      signal: AbortSignal.timeout(20_000),
    })
    if (response.status === 200) {
      const { chunks, done } = await readOpenAIStream<{
        error?: { message: string; type: string; code: string }
        choices?: { finish_reason: string | null }[]
      }>(response)
      expect(chunks.at(-1)?.error).toMatchObject({ message: expect.any(String), type: 'server_error', code: expect.any(String) })
      expect(chunks.flatMap(({ choices }) => choices ?? []).filter(({ finish_reason: reason }) => reason !== null)).toEqual([])
      expect(done).toBe(false)
    } else {
      expect([502, 503, 504]).toContain(response.status)
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String), type: 'server_error' } })
    }
  })
}

test('after all that it answers again, as soon as the agent that failed is asked again', async () => {
  answering = (response) => openStream(response).end(streamLines(['All ', 'is well.']))
  const answer = await eventually(
    'its rest is over',
    async () => {
      const response = await fetch(`${signalbox.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { 'authorization': `Bearer ${signalbox.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'signalbox-orchestrated', messages: [{ role: 'user', content: 'Tell me about the war.' }] }),
      })
      expect([200, 503]).toContain(response.status)
      return response.status === 200 ? response.json() : undefined
    },
    60_000,
  )
  expect(answer).toMatchObject({ choices: [{ finish_reason: 'stop', message: { content: 'All is well.' } }] })
})
