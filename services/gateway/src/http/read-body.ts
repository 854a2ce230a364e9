import type { IncomingMessage } from 'node:http'

import { AppError } from '@signalbox/errors'

import { CollectedBytes } from './collect-bytes.ts'

/**
 * Reads a JSON body's bytes, up to a limit. A body that says it is larger is refused before a byte of
 * it is read; one that does not say, as soon as it is. What is left of a refused body stays unread.
 *
 * @throws AppError unsupported_media_type, payload_too_large, or canceled when the caller leaves.
 */
export function readJsonBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    requireJson(incoming)
    if (Number(incoming.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
    const body = new CollectedBytes()
    const onData = (piece: Buffer): void => {
      body.add(piece)
      if (body.size <= limit) return
      incoming.pause().off('data', onData)
      reject(tooLarge(limit))
    }
    // Each is told of once.
    incoming.on('data', onData)
    incoming.on('end', () => resolve(body.whole()))
    incoming.on('close', () => {
      if (!incoming.readableEnded) reject(new AppError('canceled', 'The caller left before the request was whole.'))
    })
  })
}

/** Whether the request brings a body at all. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i

function requireJson({ headers }: IncomingMessage): void {
  const type = headers['content-type']
  if (type !== 'application/json' && (type === undefined || !JSON_TYPE.test(type))) {
    throw new AppError('unsupported_media_type', 'The request must be JSON: send Content-Type: application/json.', { param: 'Content-Type' })
  }
  // Node takes the chunks apart and leaves what is under them as it is.
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw new AppError('unsupported_media_type', 'The request body must not be coded beyond its chunks.', { param: 'Transfer-Encoding' })
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'The request body must not be compressed.', { param: 'Content-Encoding' })
  }
}

function tooLarge(limit: number): AppError {
  return new AppError('payload_too_large', `The request body is larger than ${limit} bytes.`)
}
