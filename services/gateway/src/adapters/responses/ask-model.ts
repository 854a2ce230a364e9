import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ModelUpstream, UpstreamRequest } from '../model-upstream.ts'
import type { UpstreamReply } from './upstream-reply.ts'

/** As much of a reply waits here for whoever reads it, before the endpoint is slowed down. */
const MOST_WAITING_BYTES = 256 * 1_024
/** What comes behind a reply's last word: an end, and maybe what it has cost. */
const MOST_LEFT_BYTES = 64 * 1_024
const LONGEST_LEFT_MS = 2_000

/** A request that is on its way to the model. */
export interface AskedModel {
  /** There as soon as the reply's head is. Rejects with an AppError where none came; with `signal`'s own where it was aborted. */
  readonly reply: Promise<UpstreamReply>
  /** What of the body has come and was not read yet. */
  readonly waiting: readonly Buffer[]
}

/**
 * Sends a request to the model over its usual transport, and holds what comes back for whoever reads it.
 *
 * A body that broke off throws an AppError where it did, and `signal`'s own where that was aborted.
 */
export function askModel(upstream: Pick<ModelUpstream, 'send'>, request: UpstreamRequest, signal: AbortSignal): AskedModel {
  const head = Promise.withResolvers<UpstreamReply>()
  // Where nobody has come for the reply yet, its failure is nobody's.
  head.promise.catch(() => undefined)
  const pieces: Buffer[] = []
  let waiting = 0
  let end: { error?: AppError } | undefined
  /** What may still come of a reply that is settled, in bytes. */
  let left: number | undefined
  let leaving: NodeJS.Timeout | undefined
  let more = Promise.withResolvers<void>()
  const wake = (): void => {
    more.resolve()
    more = Promise.withResolvers()
  }
  const finish = (how: { error?: AppError }): void => {
    end ??= how
    clearTimeout(leaving)
    signal.removeEventListener('abort', onAbort)
    wake()
  }
  const stop = (): void => {
    exchange.stop()
    finish({})
  }
  const onAbort = (): void => {
    const error = signal.reason instanceof AppError ? signal.reason : new AppError('canceled', 'The caller left before the answer was whole.')
    exchange.stop()
    head.reject(error)
    finish({ error })
  }
  const settle = (): void => {
    if (end || left !== undefined) return
    signal.removeEventListener('abort', onAbort)
    left = MOST_LEFT_BYTES
    pieces.length = 0
    waiting = 0
    leaving = setTimeout(stop, LONGEST_LEFT_MS)
    leaving.unref()
    exchange.resume()
    wake()
  }
  async function* read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const piece = pieces.shift()
        if (piece) {
          waiting -= piece.length
          if (waiting < MOST_WAITING_BYTES) exchange.resume()
          yield piece
        } else if (end || left !== undefined) {
          if (end?.error) throw end.error
          return
        } else await more.promise
      }
    } finally {
      // Whoever reads no more wants no more.
      if (!end && left === undefined) stop()
    }
  }

  const exchange = upstream.send(request, {
    onReply: (status: number, headers: IncomingHttpHeaders) => head.resolve({ status, headers, body: read(), settle }),
    onBytes(piece) {
      if (left !== undefined) {
        left -= piece.length
        if (left < 0) stop()
        return
      }
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
  return { reply: head.promise, waiting: pieces }
}
