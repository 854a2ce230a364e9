import type { IncomingHttpHeaders } from 'node:http'

import type { AppError } from '@signalbox/errors'

import type { ReplyReceiver } from '../../adapters/model-upstream.ts'

/** As much of a reply as is held; a verdict takes a second at most, and models write slower than this. */
export const MOST_HELD_BYTES = 256 * 1_024

/** What came back of a call while it was not known whether it is wanted. */
export class HeldReply {
  #status: number | undefined
  #headers: IncomingHttpHeaders = {}
  #pieces: Buffer[] = []
  #size = 0
  #fault: AppError | undefined
  #ended = false

  /** In bytes. */
  get size(): number {
    return this.#size
  }

  /** Whether all of it is here, well or broken off. */
  get isOver(): boolean {
    return this.#ended || this.#fault !== undefined
  }

  /** Whether the upstream was told to wait. */
  get isPaused(): boolean {
    return this.#size >= MOST_HELD_BYTES
  }

  /** How many events of a stream are here, comments and all. */
  countEvents(): number {
    return this.#pieces.reduce((count, piece) => count + countEventEnds(piece), 0)
  }

  onReply(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  /** False where there is room for no more. */
  onBytes(piece: Buffer): boolean {
    this.#pieces.push(piece)
    this.#size += piece.length
    return !this.isPaused
  }

  onEnd(): void {
    this.#ended = true
  }

  onFailure(fault: AppError): void {
    if (!this.isOver) this.#fault = fault
  }

  /** Tells everything in the order in which it came. */
  tell(receiver: ReplyReceiver): void {
    if (this.#status !== undefined) receiver.onReply(this.#status, this.#headers)
    for (const piece of this.#pieces) receiver.onBytes(piece)
    this.#pieces = []
    if (this.#fault) receiver.onFailure(this.#fault)
    else if (this.#ended) receiver.onEnd()
  }
}

/** An end that falls between two pieces is missed; this is for an estimate. */
function countEventEnds(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf('\n\n'); at !== -1; at = piece.indexOf('\n\n', at + 2)) count++
  return count
}
