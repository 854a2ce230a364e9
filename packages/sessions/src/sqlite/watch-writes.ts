/** Tells followers that a session may have something new. */
export interface WriteWatch {
  /** This process has written to the session: who listens to it wakes at once. */
  announce(id: string): void
  /** Listens until `signal` aborts or the watch is closed. */
  listen(id: string, signal: AbortSignal): Listener
  close(): void
}

export interface Listener extends Disposable {
  /** True once nothing more will be heard. */
  readonly ended: boolean
  /** Settles when something was written since it was last asked, or when nothing more will be heard. Never rejects. */
  next(): Promise<void>
}

export interface WriteWatchOptions {
  /** Changes when another process has written to the file. */
  version: () => number
  pollMs: number
}

/**
 * One look at the file's version, for all followers together and only while there are any, finds the
 * writes of other processes. Invariants:
 *  1. What is written after `listen` is heard: a write between two calls of `next` is remembered.
 *  2. A listener costs a flag, however much is written and however slowly it asks.
 */
export function createWriteWatch({ version, pollMs }: WriteWatchOptions): WriteWatch {
  const listeners = new Map<string, Set<() => void>>()
  const closing = new AbortController()
  let polling: NodeJS.Timeout | undefined
  let seen = 0

  function wakeAll(): void {
    for (const those of listeners.values()) for (const wake of those) wake()
  }

  function poll(): void {
    try {
      const now = version()
      if (now === seen) return
      seen = now
    } catch {
      // They will read, and meet the fault where somebody can act on it.
    }
    wakeAll()
  }

  function add(id: string, wake: () => void): void {
    if (!polling) {
      seen = version()
      polling = setInterval(poll, pollMs)
    }
    const those = listeners.get(id) ?? new Set()
    listeners.set(id, those.add(wake))
  }

  function remove(id: string, wake: () => void): void {
    const those = listeners.get(id)
    those?.delete(wake)
    if (those?.size === 0) listeners.delete(id)
    if (listeners.size > 0) return
    clearInterval(polling)
    polling = undefined
  }

  return {
    announce: (id) => listeners.get(id)?.forEach((wake) => wake()),
    listen(id, signal) {
      const over = AbortSignal.any([signal, closing.signal])
      let written = false
      let waiting: (() => void) | undefined
      const wake = (): void => {
        written = true
        waiting?.()
      }
      add(id, wake)
      over.addEventListener('abort', wake)
      return {
        get ended() {
          return over.aborted
        },
        async next() {
          if (!written && !over.aborted) await new Promise<void>((resolve) => (waiting = resolve))
          waiting = undefined
          written = false
        },
        [Symbol.dispose]() {
          over.removeEventListener('abort', wake)
          remove(id, wake)
        },
      }
    },
    close() {
      closing.abort()
      clearInterval(polling)
    },
  }
}
