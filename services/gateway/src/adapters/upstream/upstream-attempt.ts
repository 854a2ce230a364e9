import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'
import type { Dispatcher } from 'undici'

/** The call that a try belongs to. */
export interface AttemptOwner {
  /** Whether the connection is being handed over at this moment, having never been used. */
  isConnecting(): boolean
  onReply(attempt: UpstreamAttempt, status: number, headers: IncomingHttpHeaders): void
  onBytes(piece: Buffer): void
  onEnd(): void
  onFailure(attempt: UpstreamAttempt, error: unknown): void
  /** It has its connection no more. */
  onOver(): void
}

/** A connection that was closed for being idle is found out as soon as something is sent on it; later, somebody was at work on what was sent. */
const STALE_WITHIN_MS = 1_000
/** Shared, since nobody reads it. */
const NOT_NEEDED = new AppError('canceled', 'The upstream call is not needed any more.')

/** One try at a call: what undici tells of it. */
export class UpstreamAttempt implements Dispatcher.DispatchHandler {
  readonly #owner: AttemptOwner
  #controller: Dispatcher.DispatchController | undefined
  /** Nobody waits for it any more. */
  #dropped = false
  #over = false
  #reused = false
  #heard = false
  /** When it was sent, on the process's clock. */
  #sentAt = 0

  constructor(owner: AttemptOwner) {
    this.#owner = owner
  }

  get over(): boolean {
    return this.#over
  }

  /**
   * Whether it was sent on a connection that had been used before, which broke at once and with nothing coming back: the
   * other side had closed it for being idle, so nobody saw this request.
   */
  get wasStale(): boolean {
    return !this.#heard && this.#reused && performance.now() - this.#sentAt < STALE_WITHIN_MS
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  /** Closes the connection, now or as soon as there is one; nothing is heard of it any more. */
  drop(): void {
    this.#dropped = true
    if (!this.#over) this.#controller?.abort(NOT_NEEDED)
  }

  /** Takes what still comes, and tells nobody: a short error's connection is good for the next request. */
  ignore(): void {
    this.#dropped = true
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#reused = !this.#owner.isConnecting()
    if (this.#reused) this.#sentAt = performance.now()
    if (this.#dropped) controller.abort(NOT_NEEDED)
  }

  onResponseStarted(): void {
    this.#heard = true
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx: the reply itself is still to come.
    if (status >= 200 && !this.#dropped) this.#owner.onReply(this, status, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (!this.#dropped) this.#owner.onBytes(piece)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#owner.onOver()
    if (!this.#dropped) this.#owner.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#owner.onOver()
    if (!this.#dropped) this.#owner.onFailure(this, error)
  }
}
