import { AsyncLocalStorage } from 'node:async_hooks'

import type { Doorbell } from './doorbell.ts'

export interface InProcessDoorbellOptions {
  /** Hears of drives that threw. They are over; the next ring is answered all the same. */
  onError?: (error: unknown, sessionId: string) => void
}

/** What a timer takes at most; a later ring comes early, which a ring may. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/**
 * The doorbell of a single process. Timers and queue are memory alone: after a restart the sweeper
 * rings for every session that wants driving. Invariants:
 *  1. A session that waits is in the queue once, however often it was rung for.
 *  2. A ring during a drive leads to one more drive afterwards: what it told of may have come too late for this one.
 *  3. First rung, first driven, as far as 2. lets it.
 */
export function createInProcessDoorbell(options: InProcessDoorbellOptions = {}): Doorbell {
  const waiting = new Set<string>()
  const driving = new Map<string, Promise<void>>()
  const timers = new Set<NodeJS.Timeout>()
  const stopping = new AbortController()
  // Nothing travels with a ring, so a drive does not run inside the trace of whoever happened to ring.
  const outside = AsyncLocalStorage.snapshot()
  let drive: ((sessionId: string, signal: AbortSignal) => Promise<void>) | undefined
  let concurrency = 0

  function ringNow(id: string): void {
    if (stopping.signal.aborted) return
    waiting.add(id)
    answerWaiting()
  }

  function answerWaiting(): void {
    if (!drive || stopping.signal.aborted) return
    for (const id of waiting) {
      if (driving.size >= concurrency) return
      if (driving.has(id)) continue
      waiting.delete(id)
      driving.set(id, outside(answerOne, id, drive))
    }
  }

  async function answerOne(id: string, answer: NonNullable<typeof drive>): Promise<void> {
    try {
      // Not in the caller's breath: nobody who rings is held up, or sees the drive's faults.
      await Promise.resolve()
      await answer(id, stopping.signal)
    } catch (error) {
      options.onError?.(error, id)
    } finally {
      driving.delete(id)
      answerWaiting()
    }
  }

  return {
    async ring(sessionId, delayMs = 0) {
      if (delayMs <= 0) return ringNow(sessionId)
      if (stopping.signal.aborted) return
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          ringNow(sessionId)
        },
        Math.min(delayMs, LONGEST_DELAY_MS),
      )
      timers.add(timer)
    },
    answer(how, { concurrency: limit }) {
      drive = how
      concurrency = limit
      answerWaiting()
    },
    async close(signal) {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      waiting.clear()
      const cut = Promise.withResolvers<void>()
      const cutShort = (): void => cut.resolve()
      signal.addEventListener('abort', cutShort, { once: true })
      if (!signal.aborted) await Promise.race([Promise.all(driving.values()), cut.promise])
      signal.removeEventListener('abort', cutShort)
    },
  }
}
