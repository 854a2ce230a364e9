import { AsyncLocalStorage } from 'node:async_hooks'

import { SSE_HEADERS } from '@a2a-js/sdk'

export interface SseFrame {
  data: object
  id: number | undefined
  /** `error` for a failure that came after the first event. */
  event?: 'error'
}

export interface EventStreamOptions {
  /** Aborted when the client has left. */
  left: AbortController
  toErrorFrame: (error: unknown) => SseFrame
  heartbeatMs?: number
}

const HEARTBEAT_MS = 15_000

/**
 * Answers with server-sent events.
 *
 * 1. The first frame is awaited before anything is sent: a failure before it rejects, and becomes a plain error.
 * 2. A frame is asked for only when the client has taken what is there.
 * 3. A comment is sent after each 15 s of silence, so that nobody between takes it for a dead connection.
 * 4. A client that leaves ends the reading, never what is read: the producer is told by its signal.
 */
export async function toEventStream(
  frames: AsyncIterable<SseFrame>,
  { left, toErrorFrame, heartbeatMs = HEARTBEAT_MS }: EventStreamOptions,
): Promise<Response> {
  const iterator = frames[Symbol.asyncIterator]()
  // Each pull comes from wherever the client's socket was ready; the frames belong to the request.
  const inContext = AsyncLocalStorage.snapshot()
  const first = await iterator.next()
  let upcoming: Promise<IteratorResult<SseFrame>> | undefined = Promise.resolve(first)
  let heartbeat: NodeJS.Timeout | undefined

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(HEARTBEAT)
      }, heartbeatMs).unref()
    },
    async pull(controller) {
      try {
        const next = await (upcoming ?? inContext(() => iterator.next()))
        upcoming = undefined
        if (left.signal.aborted) return
        if (!next.done) {
          heartbeat?.refresh()
          return controller.enqueue(encode(next.value))
        }
      } catch (error) {
        if (left.signal.aborted) return
        controller.enqueue(encode(toErrorFrame(error)))
      }
      clearInterval(heartbeat)
      controller.close()
    },
    cancel() {
      clearInterval(heartbeat)
      left.abort(new DOMException('The client left.', 'AbortError'))
      void inContext(() => iterator.return?.())?.catch(() => undefined)
    },
  })
  return new Response(body, { headers: HEADERS })
}

/** Naming the encoding tells the Node server to send each frame as it comes; it would wait a tick of a timer to see whether the body ends at once. */
const HEADERS = { ...SSE_HEADERS, 'Transfer-Encoding': 'chunked' }

const encoder = new TextEncoder()
const HEARTBEAT = encoder.encode(': hb\n\n')

function encode({ data, id, event }: SseFrame): Uint8Array {
  return encoder.encode(`${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
}
