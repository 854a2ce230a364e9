import type { ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'

import type { ReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'

export interface WholeReply {
  status: number
  headers: ReplyHeaders
  contentLength: string | undefined
  host: string
}

/** As much as is held back until the reply is whole, so that most broken ones can still become a 502. */
const HELD_BYTES = 64 * 1_024

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** A reply in one piece: held while it is small, sent on as it comes when it is not. It is never parsed. */
export function createWholeSink(outgoing: ServerResponse, reply: WholeReply): ReplySink {
  let held: Buffer[] | undefined = []
  let size = 0
  return {
    write(piece) {
      if (!held) return outgoing.write(piece)
      held.push(piece)
      size += piece.length
      if (size <= HELD_BYTES) return true
      outgoing.writeHead(reply.status, { ...reply.headers, ...(reply.contentLength !== undefined && { 'content-length': reply.contentLength }) })
      const all = Buffer.concat(held, size)
      held = undefined
      return outgoing.write(all)
    },
    end() {
      if (!held) {
        outgoing.end()
        return undefined
      }
      const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held, size)
      if (reply.status === 200 && !isBraced(all) && reply.headers['content-encoding'] === undefined) {
        return new AppError('upstream_invalid', `The model endpoint ${reply.host} answered with something that is not a JSON object.`)
      }
      outgoing.writeHead(reply.status, { ...reply.headers, 'content-length': all.length })
      outgoing.end(all)
      return undefined
    },
    cut() {
      if (held) return false
      // Half an answer must not look like a whole one; where a length or chunks were promised, this shows.
      outgoing.destroy()
      return true
    },
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
