import { afterEach, expect, test, vi } from 'vitest'

import { toEventStream, type SseFrame } from './event-stream.ts'

afterEach(() => vi.useRealTimers())

test('a comment is sent in each silence, and none while events come', async () => {
  vi.useFakeTimers()
  const frames = new PushSource()
  frames.push({ data: { n: 1 }, id: undefined })
  const response = await toEventStream(frames, { left: new AbortController(), toErrorFrame, heartbeatMs: 1_000 })
  const read = readerOf(response)
  expect(await read()).toBe('data: {"n":1}\n\n')
  const silent = read()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await silent).toBe(': hb\n\n')
  const next = read()
  await vi.advanceTimersByTimeAsync(900)
  frames.push({ data: { n: 2 }, id: 7 })
  expect(await next).toBe('id: 7\ndata: {"n":2}\n\n')
  const after = read()
  await vi.advanceTimersByTimeAsync(900)
  frames.end()
  expect(await after).toBeUndefined()
})

test('a failure before the first frame rejects', async () => {
  await expect(toEventStream(failing(), { left: new AbortController(), toErrorFrame })).rejects.toThrow('at once')
  async function* failing(): AsyncGenerator<SseFrame> {
    throw new Error('at once')
  }
})

test('what produces the frames is not asked for more than is taken', async () => {
  let asked = 0
  async function* counting(): AsyncGenerator<SseFrame> {
    for (;;) yield { data: { n: (asked += 1) }, id: undefined }
  }
  const response = await toEventStream(counting(), { left: new AbortController(), toErrorFrame })
  const read = readerOf(response)
  await read()
  await read()
  await Promise.resolve()
  expect(asked).toBeLessThanOrEqual(4)
})

test('a client that leaves is told to the producer by its signal, and what it still says is dropped', async () => {
  const left = new AbortController()
  const frames = new PushSource()
  frames.push({ data: {}, id: undefined })
  const response = await toEventStream(frames, { left, toErrorFrame })
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(left.signal.aborted).toBe(true)
  frames.push({ data: { late: true }, id: undefined })
  await Promise.resolve()
})

function toErrorFrame(error: unknown): SseFrame {
  return { data: { error: String(error) }, id: undefined }
}

function readerOf(response: Response): () => Promise<string | undefined> {
  const reader = response.body?.getReader()
  return async () => {
    const next = await reader?.read()
    return next?.value && new TextDecoder().decode(next.value as Uint8Array)
  }
}

/** Frames as a test wants them to come. */
class PushSource implements AsyncIterable<SseFrame> {
  readonly #waiting: IteratorResult<SseFrame>[] = []
  #wake: (() => void) | undefined

  push(value: SseFrame): void {
    this.#waiting.push({ done: false, value })
    this.#wake?.()
  }

  end(): void {
    this.#waiting.push({ done: true, value: undefined })
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SseFrame> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next?.done) return
      if (next) yield next.value
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
