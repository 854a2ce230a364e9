import type { ServerResponse } from 'node:http'

/** Whether the caller is still there. */
export interface CallerPresence {
  /** True once the caller has left before its answer was whole. */
  readonly left: boolean
  /** The same as a signal, made when somebody asks for it: most requests never need one. */
  readonly signal: AbortSignal
  /** Answers how to take it back. Nobody is called for what has already happened: ask `left`. */
  onLeave(listener: () => void): () => void
}

/** Watches the response and not the request, whose `close` comes when its body has been read. */
export function watchCaller(outgoing: ServerResponse): CallerPresence {
  const listeners = new Set<() => void>()
  let left = false
  let controller: AbortController | undefined
  outgoing.once('close', () => {
    if (outgoing.writableFinished) return
    left = true
    controller?.abort()
    for (const listener of listeners) listener()
  })
  return {
    get left() {
      return left
    },
    get signal() {
      controller ??= new AbortController()
      if (left) controller.abort()
      return controller.signal
    },
    onLeave(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
