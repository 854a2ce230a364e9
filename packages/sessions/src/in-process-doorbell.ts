import type { Doorbell } from './doorbell.ts'

/**
 * The doorbell of a single process. Timers and queue are memory alone: after a restart the sweeper
 * rings for every session that wants driving.
 */
export function createInProcessDoorbell(options: { onError?: (error: unknown, sessionId: string) => void } = {}): Doorbell {
  const waiting = new Set<string>()
  const driving = new Map<string, Promise<void>>()
  const timers = new Set<NodeJS.Timeout>()
  const stopping = new AbortController()
  let drive: ((sessionId: string, signal: AbortSignal) => Promise<void>) | undefined
  let concurrency = 0

  function next(): void {
    if (!drive || stopping.signal.aborted) return
    for (const id of waiting) {
      if (driving.size >= concurrency) return
      // A ring for a session that is being driven waits for that drive's end, and then leads to one more.
      if (driving.has(id)) continue
      waiting.delete(id)
      driving.set(id, answerOne(id, drive))
    }
  }

  async function answerOne(id: string, answer: NonNullable<typeof drive>): Promise<void> {
    try {
      await answer(id, stopping.signal)
    } catch (error) {
      options.onError?.(error, id)
    } finally {
      driving.delete(id)
      next()
    }
  }

  return {
    async ring(sessionId, delayMs = 0) {
      if (stopping.signal.aborted) return
      if (delayMs > 0) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          waiting.add(sessionId)
          next()
        }, delayMs)
        timers.add(timer)
        return
      }
      waiting.add(sessionId)
      next()
    },
    answer(how, { concurrency: limit }) {
      drive = how
      concurrency = limit
      next()
    },
    async close(signal) {
      stopping.abort()
      for (const timer of timers) clearTimeout(timer)
      waiting.clear()
      const left = Promise.allSettled(driving.values())
      const cut = new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
      await Promise.race([left, cut])
    },
  }
}
