import type { IncomingMessage, ServerResponse } from 'node:http'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { AppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'

import type { Exchange } from './gateway-env.ts'
import { openAnswerHeaders } from './openai-headers.ts'

/** How long, and how much, of a refused body is still taken and thrown away. */
const LINGER_MS = 1_000
const LINGER_BYTES = 64 * 1_024 * 1_024

/** Whether an error was met while there was more of the body to come. */
export function leavesBodyUnread(c: Exchange, error: AppError): boolean {
  return error.code === 'payload_too_large' && !c.env.incoming.readableEnded
}

/** Refuses a request whose body was not read to its end. */
export function refuseUnread(c: Exchange, error: AppError, headers: Record<string, string> = {}): Response {
  const { incoming, outgoing } = c.env
  const { status, body } = toOpenAIError(error)
  c.get('record').errorCode = error.code
  refuseLargeBody(incoming, outgoing, {
    status,
    headers: { ...openAnswerHeaders(c), ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return RESPONSE_ALREADY_SENT
}

/**
 * Answers before the request's body has been read. The answer leaves at once and whole; the
 * connection is closed a little later: closed at once, with unread bytes in it, it would be reset, and
 * a caller that is still sending would see the reset instead of the answer.
 */
function refuseLargeBody(incoming: IncomingMessage, outgoing: ServerResponse, answer: { status: number; headers: Record<string, string>; body: string }): void {
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body), 'connection': 'close' })
  outgoing.write(answer.body)
  let taken = 0
  const end = (): void => {
    clearTimeout(timer)
    incoming.off('data', onData)
    outgoing.end()
  }
  const onData = (piece: Buffer): void => {
    taken += piece.length
    if (taken > LINGER_BYTES) end()
  }
  const timer = setTimeout(end, LINGER_MS)
  incoming.on('data', onData).once('end', end).once('error', end).once('close', end).resume()
}
