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
  return new Presence(outgoing)
}

class Presence implements CallerPresence {
  #left = false
  #controller: AbortController | undefined
  #listeners: (() => void)[] = []

  constructor(outgoing: ServerResponse) {
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) this.#leave()
    })
  }

  get left(): boolean {
    return this.#left
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#left) this.#controller.abort()
    return this.#controller.signal
  }

  onLeave(listener: () => void): () => void {
    this.#listeners.push(listener)
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  #leave(): void {
    this.#left = true
    this.#controller?.abort()
    for (const listener of this.#listeners) listener()
  }
}
