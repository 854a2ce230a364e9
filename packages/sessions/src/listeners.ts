/** Those who wait for something new in a session. */
export interface Listeners {
  /** Wakes those who listen to the session; without an id, all. */
  wake(id?: string): void
  /** Listens until `signal` aborts or the listeners are closed. */
  listen(id: string, signal: AbortSignal): Listener
  close(): void
}

export interface Listener extends Disposable {
  /** True once nothing more will be heard. */
  readonly ended: boolean
  /** Aborts once nothing more will be heard. */
  readonly signal: AbortSignal
  /** Settles when it was woken since it was last asked, or when nothing more will be heard. Never rejects. */
  next(): Promise<void>
}

export interface ListenersOptions {
  /** The first listener to a session has come. */
  onFirst?: (id: string) => void
  /** The last listener to a session has gone. */
  onLast?: (id: string) => void
  /** Called every `pollMs` while anybody listens, for what is not told by waking. */
  poll: () => void
  pollMs: number
}

/**
 * Invariants:
 *  1. What happens after `listen` is heard: a wake between two calls of `next` is remembered.
 *  2. A listener costs a flag, however often it is woken and however slowly it asks.
 *  3. Nothing is done while nobody listens.
 */
export function createListeners(options: ListenersOptions): Listeners {
  const listeners = new Map<string, Set<() => void>>()
  const closing = new AbortController()
  let polling: NodeJS.Timeout | undefined

  function add(id: string, wake: () => void): void {
    polling ??= setInterval(options.poll, options.pollMs)
    const those = listeners.get(id)
    if (those) those.add(wake)
    else {
      listeners.set(id, new Set([wake]))
      options.onFirst?.(id)
    }
  }

  function remove(id: string, wake: () => void): void {
    const those = listeners.get(id)
    if (!those?.delete(wake) || those.size > 0) return
    listeners.delete(id)
    options.onLast?.(id)
    if (listeners.size > 0) return
    clearInterval(polling)
    polling = undefined
  }

  return {
    wake(id) {
      if (id === undefined) for (const those of listeners.values()) those.forEach((wake) => wake())
      else listeners.get(id)?.forEach((wake) => wake())
    },
    listen(id, signal) {
      const over = AbortSignal.any([signal, closing.signal])
      let woken = false
      let waiting: (() => void) | undefined
      const wake = (): void => {
        woken = true
        waiting?.()
      }
      add(id, wake)
      over.addEventListener('abort', wake)
      return {
        get ended() {
          return over.aborted
        },
        signal: over,
        async next() {
          if (!woken && !over.aborted) await new Promise<void>((resolve) => (waiting = resolve))
          waiting = undefined
          woken = false
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
