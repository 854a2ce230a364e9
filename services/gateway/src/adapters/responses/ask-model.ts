import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ModelUpstream, UpstreamRequest } from '../model-upstream.ts'
import type { UpstreamReply } from './responses-upstream.ts'

/** As much of a reply waits here for whoever reads it, before the endpoint is slowed down. */
const MOST_WAITING_BYTES = 256 * 1_024

/**
 * Sends a request to the model over its usual transport, and answers when the reply's head is there.
 *
 * @throws AppError where no reply came, and from the body where it broke off; `signal`'s own where it was aborted.
 */
export function askModel(upstream: Pick<ModelUpstream, 'send'>, request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
  const head = Promise.withResolvers<UpstreamReply>()
  const pieces: Buffer[] = []
  let waiting = 0
  let end: { error?: AppError } | undefined
  let more = Promise.withResolvers<void>()
  const wake = (): void => {
    more.resolve()
    more = Promise.withResolvers()
  }
  const finish = (how: { error?: AppError }): void => {
    end ??= how
    signal.removeEventListener('abort', onAbort)
    wake()
  }
  const onAbort = (): void => {
    const error = signal.reason instanceof AppError ? signal.reason : new AppError('canceled', 'The caller left before the answer was whole.')
    exchange.stop()
    head.reject(error)
    finish({ error })
  }
  async function* read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const piece = pieces.shift()
        if (piece) {
          waiting -= piece.length
          if (waiting < MOST_WAITING_BYTES) exchange.resume()
          yield piece
        } else if (end) {
          if (end.error) throw end.error
          return
        } else await more.promise
      }
    } finally {
      // Whoever reads no more wants no more.
      if (!end) {
        exchange.stop()
        finish({})
      }
    }
  }

  const exchange = upstream.send(request, {
    onReply: (status: number, headers: IncomingHttpHeaders) => head.resolve({ status, headers, body: read() }),
    onBytes(piece) {
      pieces.push(piece)
      waiting += piece.length
      if (waiting >= MOST_WAITING_BYTES) exchange.pause()
      wake()
    },
    onEnd: () => finish({}),
    onFailure(error) {
      head.reject(error)
      finish({ error })
    },
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return head.promise
}
