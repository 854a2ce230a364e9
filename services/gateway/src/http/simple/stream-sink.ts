import type { ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'
import { formatSseData, toOpenAIError } from '@signalbox/openai-wire'

import { gatherWrites, type GatheredWrites } from './gather-writes.ts'
import type { ReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'
import { StreamTail } from './stream-tail.ts'

const NEWLINE = 0x0a
/** The first letters of `data`, `event`, `id`, `retry`; a comment's colon; line ends; a byte order mark. */
const FIRST_BYTES: ReadonlySet<number | undefined> = new Set([0x64, 0x65, 0x69, 0x72, 0x3a, 0x0a, 0x0d, 0xef])
/** A line longer than this is sent on in pieces. */
const LONGEST_HELD_LINE = 1_024 * 1_024

export interface StreamReply {
  headers: ReplyHeaders
  host: string
}

/**
 * A stream of events, sent on byte for byte.
 *
 * 1. Headers leave with the first bytes, so that until then a failure is a status.
 * 2. Only whole lines leave: when the upstream breaks off inside one, that line is dropped, and the
 *    error that follows can be read.
 * 3. A stream that breaks off, or ends without having said that it is done, ends with an error event
 *    and without `[DONE]`.
 */
export function createStreamSink(outgoing: ServerResponse, reply: StreamReply): ReplySink {
  return new StreamSink(outgoing, reply)
}

class StreamSink implements ReplySink {
  readonly #outgoing: ServerResponse
  readonly #headers: ReplyHeaders
  readonly #host: string
  readonly #writes: GatheredWrites
  readonly #tail = new StreamTail()
  /** The beginning of a line, in the pieces in which it came. */
  #held: Buffer[] = []
  #heldBytes = 0
  #begun = false

  constructor(outgoing: ServerResponse, { headers, host }: StreamReply) {
    this.#outgoing = outgoing
    this.#writes = gatherWrites(outgoing)
    this.#headers = headers
    this.#host = host
  }

  write(piece: Buffer): boolean {
    const end = piece[piece.length - 1] === NEWLINE ? piece.length : piece.lastIndexOf(NEWLINE) + 1
    if (end === 0 && this.#heldBytes + piece.length < LONGEST_HELD_LINE) {
      this.#hold(piece)
      return true
    }
    const whole = end === 0 ? piece.length : end
    const lines = whole === piece.length ? piece : piece.subarray(0, whole)
    const goesOn = this.#send(this.#heldBytes === 0 ? lines : this.#takeHeld(lines))
    if (whole < piece.length) this.#hold(piece.subarray(whole))
    return goesOn
  }

  end(): AppError | undefined {
    // A last line may lack its end. Half of one is dropped, like every line that breaks off.
    if (this.#heldBytes > 0) {
      const rest = this.#takeHeld()
      if (isWholeLine(rest) || !FIRST_BYTES.has(rest[0])) {
        try {
          this.#send(rest)
        } catch (error) {
          return error as AppError
        }
      }
    }
    if (this.#begun && this.#tail.saysDone()) {
      this.#writes.end()
      return undefined
    }
    const error = new AppError('upstream_failed', `The model endpoint ${this.#host} ended its stream before its answer was whole.`)
    return this.cut(error) ? undefined : error
  }

  cut(error: AppError): boolean {
    if (!this.#begun) return false
    this.#writes.end(`${this.#tail.toBlankLine()}${formatSseData(toOpenAIError(error).body)}`)
    return true
  }

  #hold(piece: Buffer): void {
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }

  #takeHeld(...more: Buffer[]): Buffer {
    const bytes = Buffer.concat([...this.#held, ...more])
    this.#held = []
    this.#heldBytes = 0
    return bytes
  }

  #send(bytes: Buffer): boolean {
    if (!this.#begun) this.#begin(bytes)
    this.#tail.add(bytes)
    return this.#writes.write(bytes)
  }

  #begin(bytes: Buffer): void {
    if (!FIRST_BYTES.has(bytes[0])) {
      throw new AppError('upstream_invalid', `The model endpoint ${this.#host} promised a stream of events and sent something else.`)
    }
    this.#outgoing.writeHead(200, this.#headers)
    this.#begun = true
  }
}

/** Whether a line that came without its end says all that it was to say. */
function isWholeLine(line: Buffer): boolean {
  const [, data] = /^data: ?(.*)$/s.exec(line.toString('utf8')) ?? []
  if (data === undefined || data.trim() === '[DONE]') return data !== undefined
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
