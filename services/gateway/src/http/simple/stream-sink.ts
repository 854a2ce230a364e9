import type { ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'
import { formatSseData, toOpenAIError } from '@signalbox/openai-wire'

import { gatherWrites } from './gather-writes.ts'
import type { ReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'

const NEWLINE = 0x0a
/** The first letters of `data`, `event`, `id`, `retry`; a comment's colon; line ends; a byte order mark. */
const FIRST_BYTES: ReadonlySet<number | undefined> = new Set([0x64, 0x65, 0x69, 0x72, 0x3a, 0x0a, 0x0d, 0xef])
/** A line longer than this is sent on in pieces. */
const LONGEST_HELD_LINE = 1_024 * 1_024
/** How far back an answer's end is looked for; the usage chunk stands behind it. */
const TAIL_BYTES = 16 * 1_024

/**
 * A stream of events, sent on byte for byte.
 *
 * 1. Headers leave with the first bytes, so that until then a failure is a status.
 * 2. Only whole lines leave: when the upstream breaks off inside one, that line is dropped, and the
 *    error that follows can be read.
 * 3. A stream that breaks off, or ends without having said that it is done, ends with an error event
 *    and without `[DONE]`.
 */
export function createStreamSink(outgoing: ServerResponse, reply: { headers: ReplyHeaders; host: string }): ReplySink {
  const tail = createTail()
  const writes = gatherWrites(outgoing)
  let held: Buffer | undefined
  let sent = false

  const send = (bytes: Buffer): boolean => {
    if (!sent) {
      if (!FIRST_BYTES.has(bytes[0]))
        throw new AppError('upstream_invalid', `The model endpoint ${reply.host} promised a stream of events and sent something else.`)
      outgoing.writeHead(200, { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...reply.headers })
      sent = true
    }
    tail.add(bytes)
    return writes.write(bytes)
  }
  const sendError = (error: AppError): void => {
    writes.end(`${tail.toBlankLine()}${formatSseData(toOpenAIError(error).body)}`)
  }

  return {
    write(piece) {
      const bytes = held ? Buffer.concat([held, piece]) : piece
      const end = bytes[bytes.length - 1] === NEWLINE ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1
      if (end === 0 && bytes.length < LONGEST_HELD_LINE) {
        held = bytes
        return true
      }
      const whole = end === 0 ? bytes.length : end
      held = whole === bytes.length ? undefined : bytes.subarray(whole)
      return send(whole === bytes.length ? bytes : bytes.subarray(0, whole))
    },
    end() {
      const rest = held
      held = undefined
      // A last line may lack its end. Half of one is dropped, like every line that breaks off.
      if (rest && (isWholeLine(rest) || !FIRST_BYTES.has(rest[0]))) {
        try {
          send(rest)
        } catch (error) {
          return error as AppError
        }
      }
      if (sent && tail.saysDone()) {
        writes.end()
        return undefined
      }
      const error = new AppError('upstream_failed', `The model endpoint ${reply.host} ended its stream before its answer was whole.`)
      if (!sent) return error
      sendError(error)
      return undefined
    },
    cut(error) {
      if (!sent) return false
      sendError(error)
      return true
    },
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

/** The last bytes of what was sent, kept as they came. */
function createTail() {
  const pieces: Buffer[] = []
  let size = 0
  return {
    add(piece: Buffer): void {
      pieces.push(piece)
      size += piece.length
      while (size - (pieces[0] as Buffer).length >= TAIL_BYTES) size -= (pieces.shift() as Buffer).length
    },
    /** The line ends that are missing to a blank line: without it, what follows would be a part of the last event. */
    toBlankLine(): string {
      const last = Buffer.concat(pieces.slice(-4)).subarray(-4).toString('latin1')
      if (/(?:^|\n)\r?\n$/.test(last)) return ''
      return last.endsWith('\n') ? '\n' : '\n\n'
    },
    /** `[DONE]`, a finish reason, or an error of the upstream's own. Inside of content their quotes would be escaped. */
    saysDone(): boolean {
      // The usual end, found at a glance.
      if (pieces.at(-1)?.subarray(-16).includes('data: [DONE]') === true) return true
      return /^data: ?\[DONE\]|"finish_reason"\s*:\s*"|"error"\s*:\s*[{"]/m.test(Buffer.concat(pieces).toString('latin1'))
    },
  }
}
