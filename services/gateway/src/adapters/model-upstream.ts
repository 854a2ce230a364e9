import type { Dispatcher } from 'undici'
import { Pool } from 'undici'

export interface ModelUpstreamOptions {
  /** With its `/v1`. */
  baseUrl: string
  apiKey: string | undefined
  connectTimeoutMs: number
  firstByteTimeoutMs: number
  idleTimeoutMs: number
}

/** The model endpoint behind the simple path. */
export interface ModelUpstream {
  /** As a person knows it: `api.openai.com`. */
  readonly host: string
  /** Sends a chat request's bytes; the handler gets what comes back, as it comes. */
  chat(request: { body: Buffer; stream: boolean; requestId: string }, handler: Dispatcher.DispatchHandler): void
  /** Gets a small JSON document of the endpoint's. */
  get(path: string, signal: AbortSignal): Promise<{ status: number; json: unknown }>
  close(): Promise<void>
}

const LARGEST_DOCUMENT = 8 * 1_024 * 1_024

/** Opens sockets as they are needed. The caller's credentials never get here; ours are put on. */
export function openModelUpstream(options: ModelUpstreamOptions): ModelUpstream {
  const { origin, pathname, host } = new URL(options.baseUrl)
  const prefix = pathname.replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    // On one shared connection, one reader that dawdles would be everybody's.
    allowH2: false,
    maxResponseSize: -1,
  })
  const credentials = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }
  return {
    host,
    chat({ body, stream, requestId }, handler) {
      pool.dispatch(
        {
          method: 'POST',
          path: `${prefix}/chat/completions`,
          headers: {
            'content-type': 'application/json',
            'accept': stream ? 'text/event-stream' : 'application/json',
            // What we may have to add to (an error in the middle of a stream) must not be compressed.
            'accept-encoding': 'identity',
            'user-agent': 'signalbox',
            'x-client-request-id': requestId,
            ...credentials,
          },
          body,
        },
        handler,
      )
    },
    async get(path, signal) {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `${prefix}${path}`,
        headers: { 'accept': 'application/json', 'user-agent': 'signalbox', ...credentials },
        signal,
      })
      return { status: statusCode, json: await readSmallJson(body) }
    },
    close: () => pool.destroy(),
  }
}

/** Undefined for what is not JSON. */
async function readSmallJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > LARGEST_DOCUMENT) return undefined
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
