import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

import { RequestError } from '@hono/node-server'

/** How long what a refused caller still sends is taken and thrown away, so that it hears why. */
const LINGER_MS = 1_000

type Refusal = readonly [status: number, phrase: string, code: string, message: string]

const UNREADABLE: Refusal = [400, 'Bad Request', 'invalid_http', 'The request is not HTTP as it should be.']
const REFUSALS: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'headers_too_large', 'The URL and the headers together are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large', 'payload_too_large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'request_timeout', 'The request did not arrive in time.'],
}

/**
 * Answers what never becomes a request: bytes that are not HTTP, headers too large, requests that take too long to
 * arrive. Node would say the status alone; clients show their users the words in the body.
 */
export function refuseUnreadable(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Past the first byte of an answer, whatever is added would be read as a part of it.
    if (!socket.writable || hasBegunAnswer(socket) || error.code === 'ECONNRESET') return void socket.destroy()
    const [status, phrase, code, message] = REFUSALS[error.code ?? ''] ?? UNREADABLE
    const body = toFaultBody(code, message)
    socket.end(
      `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
    // With unread bytes in it a connection is reset as it is closed, and the caller sees that instead of the answer.
    socket.resume()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
  })
}

/** A name or an address, and a port that there can be. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i
const LAST_PORT = 65_535

/** What can be read and still is no request: RFC 9112, 3.2 wants exactly one Host, and one that is one. Answers whether it was refused. */
export function refuseWithoutOneHost(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  const { rawHeaders } = incoming
  let hosts = 0
  let host = ''
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue
    hosts++
    host = rawHeaders[index + 1] as string
  }
  if (hosts === 1 && isHost(host)) return false
  const why = ['The Host header is missing.', 'The URL or the Host header cannot be read.'][hosts] ?? 'The Host header is there more than once.'
  const body = toFaultBody('invalid_http', why)
  outgoing.writeHead(400, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'connection': 'close' }).end(body)
  return true
}

/** Nearly every request names the host that the one before it named. */
let lastHost: string | undefined

function isHost(host: string): boolean {
  if (host === lastHost) return true
  const found = HOST.exec(host)
  if (found === null || Number(found[1] ?? 0) > LAST_PORT) return false
  lastHost = host
  return true
}

/** A URL or a host that means nothing; and what escaped even the place where errors are rendered, in no words at all. */
export function answerUnreadable(error: unknown): Response {
  if (!(error instanceof RequestError)) return new Response(null, { status: 500 })
  const [status, , code] = UNREADABLE
  return new Response(toFaultBody(code, 'The URL or the Host header cannot be read.'), {
    status,
    headers: { 'content-type': 'application/json', 'connection': 'close' },
  })
}

/** In the shape of OpenAI's errors, which is also what every other client looks for first. */
function toFaultBody(code: string, message: string): string {
  return JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code } })
}

/** Node keeps the answer under way of a connection there, and looks at it in the same place. */
function hasBegunAnswer(socket: Duplex): boolean {
  return (socket as Duplex & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true
}
