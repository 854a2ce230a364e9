import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'

import { FAULT_HEADER, type Fault } from './fault.ts'

/** The words of what OpenAI answers with these statuses. */
const STATUS_WORDS: Record<number, { type: string; code: string }> = {
  400: { type: 'invalid_request_error', code: 'invalid_value' },
  401: { type: 'authentication_error', code: 'invalid_api_key' },
  403: { type: 'permission_error', code: 'permission_denied' },
  404: { type: 'invalid_request_error', code: 'model_not_found' },
  429: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  500: { type: 'server_error', code: 'internal_error' },
  503: { type: 'server_error', code: 'unavailable' },
}

/** Whose request it is that suffers. */
export interface Sufferer {
  signal: AbortSignal
  /** Node's own response, for the fault that no well-behaved framework can make. */
  outgoing: ServerResponse
}

/**
 * Puts a fault around an answer. What goes wrong inside an answer (`no-finish`,
 * `malformed-structured`) is the maker's part; the rest is done here, to the bytes.
 *
 * @throws the signal's reason when the caller has gone, or the service stops, while it waits.
 */
export async function suffer(fault: Fault | undefined, { signal, outgoing }: Sufferer, answer: () => Promise<Response>): Promise<Response> {
  if (!fault) return answer()
  if (fault.delayMs > 0) await pause(fault.delayMs, undefined, { signal })
  const { wrong } = fault
  switch (wrong?.type) {
    case undefined:
    case 'no-finish':
    case 'malformed-structured':
      return answer()
    case 'status':
      return renderStatus(wrong.status, wrong.retryAfterS)
    case 'hang':
      return hang(signal)
    case 'garbage':
      return new Response('<!doctype html><title>Welcome</title><h1>It works!</h1>', {
        headers: { 'content-type': 'text/html' },
      })
    case 'invalid-json':
      return spoil(await answer())
    case 'cut':
      return cut(await answer(), wrong.bytes, outgoing)
  }
}

function renderStatus(status: number, retryAfterS: number | undefined): Response {
  const words = STATUS_WORDS[status] ?? (status < 500 ? STATUS_WORDS[400] : STATUS_WORDS[500])
  const body = {
    error: { message: `A fault that ${FAULT_HEADER} asked for.`, param: null, ...words },
  }
  return Response.json(body, {
    status,
    headers: retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) },
  })
}

async function hang(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
  throw new AppError('internal', 'A hanging request came to an end.')
}

/** Breaks the JSON off in its middle: the body's in an answer, the first chunk's in a stream. */
async function spoil(answer: Response): Promise<Response> {
  const text = await answer.text()
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
  const end = isStream ? text.indexOf('\n\n') : text.length
  return new Response(`${text.slice(0, Math.floor(end / 2))}${isStream ? '\n\n' : ''}`, {
    status: answer.status,
    headers: withoutLength(answer.headers),
  })
}

/**
 * Sends so many bytes and then ends the connection, as a proxy does that dies. The body has no
 * declared length and no end mark, so the reader can tell that it was cut.
 */
async function cut(answer: Response, bytes: number, outgoing: ServerResponse): Promise<Response> {
  outgoing.writeHead(answer.status, Object.fromEntries(withoutLength(answer.headers)))
  outgoing.flushHeaders()
  let left = bytes
  for await (const piece of answer.body ?? []) {
    if (left <= 0 || outgoing.destroyed) break
    outgoing.write(piece.subarray(0, left))
    left -= piece.byteLength
  }
  outgoing.socket?.end()
  // The word by which Hono's server knows that the response was written past it.
  return new Response(null, { headers: { 'x-hono-already-sent': 'true' } })
}

function withoutLength(from: Headers): Headers {
  const headers = new Headers(from)
  headers.delete('content-length')
  return headers
}
