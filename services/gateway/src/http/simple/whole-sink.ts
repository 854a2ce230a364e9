import type { ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'

export interface WholeReply {
  status: number
  headers: ReplyHeaders
  /** Its bytes are compressed, so that nothing can be seen in them. */
  isEncoded: boolean
  contentLength: string | undefined
  host: string
}

/** As much as is held back until the reply is whole, so that most broken ones can still become a 502. */
const HELD_BYTES = 64 * 1_024

const QUOTE = 0x22
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** A reply in one piece: held while it is small, sent on as it comes when it is not. It is never parsed. */
export function createWholeSink(outgoing: ServerResponse, reply: WholeReply): ReplySink {
  return new WholeSink(outgoing, reply)
}

class WholeSink implements ReplySink {
  readonly #outgoing: ServerResponse
  readonly #reply: WholeReply
  #held: Buffer[] = []
  #size = 0
  #begun = false

  constructor(outgoing: ServerResponse, reply: WholeReply) {
    this.#outgoing = outgoing
    this.#reply = reply
  }

  write(piece: Buffer): boolean {
    if (this.#begun) return this.#outgoing.write(piece)
    this.#held.push(piece)
    this.#size += piece.length
    if (this.#size <= HELD_BYTES) return true
    this.#begin(this.#reply.contentLength)
    return this.#outgoing.write(this.#take())
  }

  end(): AppError | undefined {
    if (this.#begun) {
      this.#outgoing.end()
      return undefined
    }
    const all = this.#take()
    const { status, isEncoded, contentLength, host } = this.#reply
    if (status === 200 && !isEncoded) {
      if (!isBraced(all)) return new AppError('upstream_invalid', `The model endpoint ${host} answered with something that is not a JSON object.`)
      // Where a length was promised, it was kept to.
      if (contentLength === undefined && !isBalanced(all)) {
        return new AppError('upstream_failed', `The model endpoint ${host} ended its reply before it was whole.`)
      }
    }
    this.#begin(String(all.length))
    // A text of one byte a character goes out with the headers in one piece.
    this.#outgoing.end(all.toString('latin1'), 'latin1')
    return undefined
  }

  cut(): boolean {
    if (!this.#begun) return false
    // Half an answer must not look like a whole one; where a length or chunks were promised, this shows.
    this.#outgoing.destroy()
    return true
  }

  #begin(contentLength: string | undefined): void {
    this.#begun = true
    const { status, headers } = this.#reply
    // The headers are this reply's own, and nobody else's any more.
    if (contentLength !== undefined) headers.push('content-length', contentLength)
    this.#outgoing.writeHead(status, headers)
  }

  #take(): Buffer {
    const all = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#size)
    this.#held = []
    return all
  }
}

/** Begins with `{` and ends with `}`, blanks aside: as much of a look as costs nothing. */
function isBraced(bytes: Buffer): boolean {
  let first = 0
  let last = bytes.length - 1
  while (first < last && (bytes[first] as number) <= 0x20) first++
  while (last > first && (bytes[last] as number) <= 0x20) last--
  return first < last && bytes[first] === OPEN_BRACE && bytes[last] === CLOSE_BRACE
}

/** Whether every brace and bracket is closed, strings aside: half a reply that happens to end with a brace is found out. */
function isBalanced(bytes: Buffer): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--
        break
    }
  }
  return depth === 0
}

function endOfString(bytes: Buffer, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}
