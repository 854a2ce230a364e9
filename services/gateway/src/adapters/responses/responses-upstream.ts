import type { IncomingHttpHeaders } from 'node:http'

import { AppError } from '@signalbox/errors'
import { Pool } from 'undici'

import { toUpstreamFault } from '../upstream-fault.ts'

export interface ResponsesUpstreamOptions {
  /** With its `/v1`. */
  baseUrl: string
  apiKey: string | undefined
  connectTimeoutMs: number
  firstByteTimeoutMs: number
  idleTimeoutMs: number
}

export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below the endpoint's `/v1`: `/responses/resp_1?stream=true`. */
  path: string
  body?: Buffer
  stream: boolean
  requestId: string
}

/** A reply whose head is there. Its body must be read to its end, or its signal aborted. */
export interface UpstreamReply {
  status: number
  headers: IncomingHttpHeaders
  /** @throws AppError what broke it off. */
  body: AsyncIterable<Buffer>
}

/** The model endpoint, for responses that it makes itself and for those that are made of its chat. */
export interface ResponsesUpstream {
  /** As a person knows it: `api.openai.com`. */
  readonly host: string
  readonly isOpenAI: boolean
  /** @throws AppError where no reply came; `canceled` when the signal was aborted. */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply>
  close(): Promise<void>
}

/** Opens sockets as they are needed. The caller's credentials never get here; ours are put on. */
export function openResponsesUpstream(options: ResponsesUpstreamOptions): ResponsesUpstream {
  const { origin, pathname, host, hostname } = new URL(options.baseUrl)
  const prefix = pathname.replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    allowH2: false,
    maxResponseSize: -1,
  })
  const credentials = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }
  const toFault = (error: unknown, signal: AbortSignal): AppError =>
    signal.aborted
      ? signal.reason instanceof AppError
        ? signal.reason
        : new AppError('canceled', 'The caller left before the answer was whole.')
      : toUpstreamFault(error, host)

  return {
    host,
    isOpenAI: hostname === 'api.openai.com',
    async send({ method, path, body, stream, requestId }, signal) {
      try {
        const reply = await pool.request({
          method,
          path: `${prefix}${path}`,
          headers: {
            'accept': stream ? 'text/event-stream' : 'application/json',
            // What we may have to read, or add to, must not be compressed.
            'accept-encoding': 'identity',
            'user-agent': 'signalbox',
            'x-client-request-id': requestId,
            ...(body && { 'content-type': 'application/json' }),
            ...credentials,
          },
          ...(body && { body }),
          signal,
        })
        return { status: reply.statusCode, headers: reply.headers, body: readBody(reply.body, (error) => toFault(error, signal)) }
      } catch (error) {
        throw toFault(error, signal)
      }
    },
    close: () => pool.destroy(),
  }
}

async function* readBody(body: AsyncIterable<Buffer>, toFault: (error: unknown) => AppError): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    throw toFault(error)
  }
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
