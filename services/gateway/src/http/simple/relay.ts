import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ModelUpstream, ReplyReceiver, UpstreamExchange, UpstreamRequest } from '../../adapters/model-upstream.ts'
import { toUpstreamFault } from '../../adapters/upstream-fault.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { CallerPresence } from '../caller-presence.ts'
import type { OurHeaders } from '../openai-headers.ts'
import { HeldReply } from './held-reply.ts'
import { openReply } from './open-reply.ts'
import type { ReplySink } from './reply-sink.ts'

export interface Caller {
  outgoing: ServerResponse
  presence: CallerPresence
  stopBell: StopBell
  /** What we say beside the upstream's headers. Read when the reply's are sent. */
  says: OurHeaders
}

export interface RelayOutcome {
  bytes: number
  upstreamRequestId: string | undefined
  /** What broke the answer off after its first byte. */
  fault?: AppError
}

/** How long a caller may take no bytes at all while there are some for it. */
const STALL_MS = 60_000

/**
 * The simple path: sends a request upstream and the reply's bytes to the caller, as they come.
 *
 * 1. When the caller leaves, the upstream's connection is closed at once.
 * 2. A caller that reads slowly slows the upstream down; nothing piles up here.
 * 3. Every ending settles the promise exactly once.
 *
 * @throws AppError where the caller is still to be told; `canceled` when it has left.
 */
export function relay(upstream: ModelUpstream, request: UpstreamRequest, caller: Caller): Promise<RelayOutcome> {
  const relayed = new Relay(upstream, request.stream, caller)
  const outcome = relayed.outcome()
  relayed.start(request)
  return outcome
}

/**
 * The same, with the reply held back: the caller gets nothing, and nothing is lost, until it is known whether the reply
 * is wanted. What is held is bounded; a reply that is longer waits at the upstream.
 */
export function relayHeld(upstream: ModelUpstream, request: UpstreamRequest, caller: Caller): HeldRelay {
  const held = new HeldReply()
  const relayed = new Relay(upstream, request.stream, caller, held)
  relayed.start(request)
  return {
    reply: held,
    release() {
      const outcome = relayed.outcome()
      relayed.release(held)
      return outcome
    },
    drop: () => relayed.drop(),
  }
}

export interface HeldRelay {
  readonly reply: HeldReply
  /** Lets the reply through, with what came so far, as if nothing had been between. @throws as `relay` does. */
  release(): Promise<RelayOutcome>
  /** Stops the upstream call. */
  drop(): void
}

function leftEarly(): AppError {
  return new AppError('canceled', 'The caller left before the answer was whole.')
}

class Relay implements ReplyReceiver {
  readonly #upstream: ModelUpstream
  readonly #stream: boolean
  readonly #caller: Caller
  readonly #offLeave: () => void
  readonly #offStop: () => void
  #held: HeldReply | undefined
  #exchange: UpstreamExchange | undefined
  #sink: ReplySink | undefined
  #upstreamRequestId: string | undefined
  #bytes = 0
  #settled = false
  /** Runs while the caller takes no bytes. */
  #stalled: NodeJS.Timeout | undefined
  #resolve: (outcome: RelayOutcome) => void = () => undefined
  #reject: (error: AppError) => void = () => undefined

  constructor(upstream: ModelUpstream, stream: boolean, caller: Caller, held?: HeldReply) {
    this.#upstream = upstream
    this.#stream = stream
    this.#caller = caller
    this.#held = held
    this.#offLeave = caller.presence.onLeave(() => this.#leave())
    this.#offStop = caller.stopBell.onStop((error) => this.#breakOff(error))
  }

  /** Asked for once, before anything can be told. */
  outcome(): Promise<RelayOutcome> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      // Of a held reply the caller may have left before anybody asked.
      if (this.#settled) reject(leftEarly())
    })
  }

  start(request: UpstreamRequest): void {
    if (this.#caller.presence.left) return this.#leave()
    const exchange = this.#upstream.send(request, this)
    this.#exchange = exchange
    if (this.#settled) exchange.stop()
  }

  release(held: HeldReply): void {
    this.#held = undefined
    if (this.#caller.presence.left) return this.#leave()
    held.tell(this)
    if (held.isPaused && this.#stalled === undefined && !this.#settled) this.#exchange?.resume()
  }

  drop(): void {
    this.#settle()
    this.#exchange?.stop()
  }

  onReply(status: number, headers: IncomingHttpHeaders): void {
    if (this.#settled) return
    if (this.#held) return this.#held.onReply(status, headers)
    const id = headers['x-request-id']
    this.#upstreamRequestId = Array.isArray(id) ? id[0] : id
    const { outgoing, says } = this.#caller
    const answer = openReply({ status, headers }, { outgoing, stream: this.#stream, host: this.#upstream.host, says })
    if (answer === 'told') {
      this.#finish()
      // The rest is not needed.
      this.#exchange?.stop()
    } else if (answer instanceof AppError) this.#breakOff(answer)
    else this.#sink = answer
  }

  onBytes(piece: Buffer): void {
    if (this.#settled) return
    if (this.#held) {
      if (!this.#held.onBytes(piece)) this.#exchange?.pause()
      return
    }
    this.#bytes += piece.length
    try {
      if (this.#sink?.write(piece) === false) this.#waitForCaller()
    } catch (error) {
      this.#breakOff(toUpstreamFault(error, this.#upstream.host))
    }
  }

  onEnd(): void {
    if (this.#settled) return
    if (this.#held) return this.#held.onEnd()
    const fault = this.#sink?.end()
    if (fault) this.#breakOff(fault)
    else this.#finish()
  }

  onFailure(error: AppError): void {
    this.#breakOff(error)
  }

  #breakOff(error: AppError): void {
    if (this.#settled) return
    this.#exchange?.stop()
    // Of a reply that nobody may want this is no more than that: it is told with the rest, or never.
    if (this.#held) return this.#held.onFailure(error)
    const told = this.#sink?.cut(error) ?? false
    this.#settle()
    if (told) this.#resolve({ bytes: this.#bytes, upstreamRequestId: this.#upstreamRequestId, fault: error })
    else this.#reject(error)
  }

  #leave(): void {
    if (this.#settled) return
    this.drop()
    this.#reject(leftEarly())
  }

  #finish(): void {
    this.#settle()
    this.#resolve({ bytes: this.#bytes, upstreamRequestId: this.#upstreamRequestId })
  }

  #settle(): void {
    this.#settled = true
    clearTimeout(this.#stalled)
    this.#offLeave()
    this.#offStop()
  }

  #waitForCaller(): void {
    if (this.#stalled !== undefined) return
    const { outgoing } = this.#caller
    this.#exchange?.pause()
    this.#stalled = setTimeout(() => outgoing.destroy(), STALL_MS)
    outgoing.once('drain', () => {
      clearTimeout(this.#stalled)
      this.#stalled = undefined
      this.#exchange?.resume()
    })
  }
}
