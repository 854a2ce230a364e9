import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'
import type { Dispatcher } from 'undici'

import { toUpstreamFault } from '../upstream-fault.ts'
import type { RetryBudget } from './retry-budget.ts'
import { isBrokenConnection, isNotNow, readSoon, toBackoff, withJitter } from './retry-rules.ts'
import { UpstreamAttempt, type AttemptOwner } from './upstream-attempt.ts'
import type { UpstreamLine, Waiting } from './upstream-line.ts'

/** What comes back of a call: `onReply`, any number of `onBytes`, `onEnd`; or `onFailure` in the place of whatever is still to come. */
export interface ReplyReceiver {
  onReply(status: number, headers: IncomingHttpHeaders): void
  onBytes(piece: Buffer): void
  onEnd(): void
  onFailure(error: AppError): void
}

/** A call under way. */
export interface UpstreamExchange {
  /** Reads no more of the reply until `resume`, so that the endpoint is slowed down. */
  pause(): void
  resume(): void
  /** Closes the connection at once. The receiver hears no more. */
  stop(): void
}

export interface TransportWatch {
  retried(reason: 'stale_connection' | 'connection' | 'status'): void
  hedged(outcome: 'started' | 'won'): void
  refused(reason: 'full' | 'timeout'): void
}

/** What all calls to one endpoint share. */
export interface Endpoint {
  readonly host: string
  readonly dispatcher: Dispatcher
  readonly line: UpstreamLine
  readonly budget: RetryBudget
  readonly watch: TransportWatch
  /** Tries beyond the first. */
  readonly retries: number
  /** After how long without an answer a second call is made; 0 for never. */
  readonly hedgeAfterMs: number
  /** True while a new connection is being handed over. */
  readonly isConnecting: () => boolean
}

export interface CallOptions {
  dispatch: Dispatcher.DispatchOptions
  /** Whether its headers come long before its end, so that a second call is not a second answer. */
  hedge: boolean
  /** The caller's client tries again by itself, and this is such a try. */
  isRetry: boolean
}

/** Connections that were closed for being idle are found out one by one; so many are not counted as tries. */
const STALE_TRIES = 3
/** How long to stay away from an endpoint whose line is full. */
const COME_BACK_MS = 1_000

/**
 * One call to the endpoint, with whatever it takes until a reply has begun.
 *
 * 1. After the first reply that is taken nothing is tried again: bytes may be on their way to the caller.
 * 2. A connection that was idle and turns out to be closed is replaced at once, since nobody saw the request.
 * 3. Connections that fail, and replies that say "not now, but soon", are tried again, a little later each time, as far
 *    as the budget allows; a reply is tried again only for a caller that has not tried again itself.
 * 4. With hedging a second call is made when the first is slow to answer. The first answer wins; the other call's
 *    connection is closed. An answer of "not now" wins only where nobody else can.
 */
export class UpstreamCall implements UpstreamExchange, AttemptOwner, Waiting {
  readonly #endpoint: Endpoint
  readonly #options: CallOptions
  readonly #receiver: ReplyReceiver
  /** What somebody waits for: a try, and with hedging a second one. */
  #first: UpstreamAttempt | undefined
  #second: UpstreamAttempt | undefined
  #taken: UpstreamAttempt | undefined
  /** A reply of "not now" whose rest is still to come. */
  #ignored: UpstreamAttempt | undefined
  /** Until the next try, or until the second call. */
  #timer: NodeJS.Timeout | undefined
  #tries = 0
  #staleTries = 0

  constructor(endpoint: Endpoint, options: CallOptions, receiver: ReplyReceiver) {
    this.#endpoint = endpoint
    this.#options = options
    this.#receiver = receiver
  }

  start(): void {
    const { budget, hedgeAfterMs } = this.#endpoint
    budget.earn()
    if (this.#options.hedge && hedgeAfterMs > 0) this.#timer = setTimeout(() => this.#hedge(), hedgeAfterMs)
    this.#begin()
  }

  pause(): void {
    this.#taken?.pause()
  }

  resume(): void {
    this.#taken?.resume()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#endpoint.line.forget(this)
    this.#ignored?.drop()
    this.#second?.drop()
    this.#first?.drop()
    // After a hedge it is neither of them.
    this.#taken?.drop()
  }

  isConnecting(): boolean {
    return this.#endpoint.isConnecting()
  }

  enter(): void {
    this.#first = this.#dispatch()
  }

  giveUp(): void {
    this.#refuse('timeout')
  }

  onReply(attempt: UpstreamAttempt, status: number, headers: IncomingHttpHeaders): void {
    if (isNotNow(status) && this.#putOff(attempt, headers)) return
    clearTimeout(this.#timer)
    this.#taken = attempt
    if (this.#second !== undefined) {
      if (attempt === this.#second) this.#endpoint.watch.hedged('won')
      this.#withdraw(attempt)?.drop()
    }
    this.#receiver.onReply(status, headers)
  }

  onBytes(piece: Buffer): void {
    this.#receiver.onBytes(piece)
  }

  onEnd(): void {
    this.#receiver.onEnd()
  }

  onOver(): void {
    this.#endpoint.line.leave()
  }

  onFailure(attempt: UpstreamAttempt, error: unknown): void {
    if (this.#taken === undefined) {
      if (this.#withdraw(attempt) !== undefined) return
      if (isBrokenConnection(error) && this.#tryAnew(attempt)) return
    }
    clearTimeout(this.#timer)
    this.#receiver.onFailure(toUpstreamFault(error, this.#endpoint.host))
  }

  #begin(): void {
    this.#ignored?.drop()
    switch (this.#endpoint.line.join(this)) {
      case 'entered':
        return this.enter()
      case 'waiting':
        return
      case 'full':
        return this.#refuse('full')
    }
  }

  #dispatch(): UpstreamAttempt {
    const attempt = new UpstreamAttempt(this)
    this.#endpoint.dispatcher.dispatch(this.#options.dispatch, attempt)
    return attempt
  }

  #refuse(reason: 'full' | 'timeout'): void {
    clearTimeout(this.#timer)
    this.#endpoint.watch.refused(reason)
    const { host } = this.#endpoint
    this.#receiver.onFailure(new AppError('unavailable', `Too many requests wait for the model endpoint ${host}.`, { retryAfterMs: COME_BACK_MS }))
  }

  /** Of two that are waited for: lets go of all but the other, which it answers. */
  #withdraw(attempt: UpstreamAttempt): UpstreamAttempt | undefined {
    const other = attempt === this.#second ? this.#first : this.#second
    this.#first = other
    this.#second = undefined
    return other
  }

  /** Whether a reply of "not now" need not be the answer. */
  #putOff(attempt: UpstreamAttempt, headers: IncomingHttpHeaders): boolean {
    if (this.#second === undefined) {
      const wait = this.#options.isRetry ? undefined : readSoon(headers)
      if (wait === undefined || !this.#mayTry()) return false
      this.#tryIn(withJitter(wait), 'status')
    } else this.#withdraw(attempt)
    attempt.ignore()
    this.#ignored = attempt
    return true
  }

  #tryAnew(attempt: UpstreamAttempt): boolean {
    if (attempt.wasStale && this.#staleTries < STALE_TRIES) {
      this.#staleTries++
      this.#tryIn(0, 'stale_connection')
      return true
    }
    if (!this.#mayTry()) return false
    this.#tryIn(toBackoff(this.#tries), 'connection')
    return true
  }

  #mayTry(): boolean {
    if (this.#tries >= this.#endpoint.retries || !this.#endpoint.budget.spend()) return false
    this.#tries++
    return true
  }

  #tryIn(milliseconds: number, reason: Parameters<TransportWatch['retried']>[0]): void {
    this.#endpoint.watch.retried(reason)
    clearTimeout(this.#timer)
    this.#first = undefined
    this.#timer = setTimeout(() => this.#begin(), milliseconds)
  }

  #hedge(): void {
    const { line, budget, watch } = this.#endpoint
    // Whoever still waits for a connection would only wait for two.
    if (this.#first === undefined || !line.hasRoom || !budget.spend()) return
    line.join(this)
    watch.hedged('started')
    this.#second = this.#dispatch()
  }
}
