import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'

/** A reply whose head is there. Its body must be read to its end, or its call stopped, or settled. */
export interface UpstreamReply {
  status: number
  headers: IncomingHttpHeaders
  /** @throws AppError what broke it off. */
  body: AsyncIterable<Buffer>
  /**
   * Nothing more of it is wanted, and it is as good as over: what is left is taken and thrown away, so that its connection
   * serves the next. Where that is much, or takes long, the connection is closed. Its caller may go meanwhile.
   */
  settle(): void
}

/** A reply's whole body. @throws AppError for more than `most` bytes. */
export async function readWhole({ body }: UpstreamReply, most: number, host: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > most) throw new AppError('upstream_invalid', `The model endpoint ${host} answered with more than ${most} bytes.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}
