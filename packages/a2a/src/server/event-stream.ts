import { SSE_HEADERS } from '@a2a-js/sdk'

const HEARTBEAT_MS = 15_000

/**
 * Answers a stream of events. The first is pulled before anything is committed, so that a fault
 * before it is still a plain error. The producer is asked for more only when the client has taken
 * what is there. A client that leaves aborts `leave`; the task behind goes on.
 */
export async function toEventStream(events: AsyncIterable<unknown>, options: { leave: AbortController; renderError: (error: unknown) => unknown }): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]()
  const first = await iterator.next()
  const encoder = new TextEncoder()
  let pending: IteratorResult<unknown> | undefined = first
  let heartbeat: NodeJS.Timeout | undefined

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': hb\n\n'))
      }, HEARTBEAT_MS).unref()
    },
    async pull(controller) {
      try {
        const next: IteratorResult<unknown> = pending ?? (await iterator.next())
        pending = undefined
        if (next.done) {
          clearInterval(heartbeat)
          controller.close()
        } else {
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(next.value)}\n\n`))
        }
      } catch (error) {
        clearInterval(heartbeat)
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(options.renderError(error))}\n\n`))
        controller.close()
      }
    },
    cancel() {
      clearInterval(heartbeat)
      options.leave.abort()
    },
  })
  return new Response(body, { headers: { ...SSE_HEADERS, 'x-accel-buffering': 'no' } })
}
