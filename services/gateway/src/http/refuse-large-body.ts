import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long, and how much, of a refused body is still taken and thrown away. */
const LINGER_MS = 1_000
const LINGER_BYTES = 64 * 1_024 * 1_024

/**
 * Answers before the request's body has been read. The answer leaves at once and whole; the
 * connection is closed a little later: closed at once, with unread bytes in it, it would be reset, and
 * a caller that is still sending would see the reset instead of the answer.
 */
export function refuseLargeBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: { status: number; headers: Record<string, string>; body: string },
): void {
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
