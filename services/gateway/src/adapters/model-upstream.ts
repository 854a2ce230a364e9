import { buildConnector, Pool, type Dispatcher } from 'undici'

import { RetryBudget } from './upstream/retry-budget.ts'
import { UpstreamCall, type Endpoint, type ReplyReceiver, type TransportWatch, type UpstreamExchange } from './upstream/upstream-call.ts'
import { UpstreamLine } from './upstream/upstream-line.ts'

export type { ReplyReceiver, TransportWatch, UpstreamExchange }

export interface ModelUpstreamOptions {
  /** With its `/v1`. */
  baseUrl: string
  apiKey: string | undefined
  connectTimeoutMs: number
  firstByteTimeoutMs: number
  idleTimeoutMs: number
  /** How many calls are under way at a time, each on a connection of its own. */
  connections: number
  /** How many more wait for a connection, and for how long. */
  queue: number
  queueTimeoutMs: number
  /** Tries beyond the first, before a reply has begun. */
  retries: number
  /** After how long without an answer a second call is made; 0 for never. */
  hedgeAfterMs: number
  watch: TransportWatch
}

export type ModelPath = '/chat/completions' | '/completions' | '/embeddings' | '/responses' | `/responses/${string}`

export interface UpstreamRequest {
  /** `POST` where nothing else is said. */
  method?: 'GET' | 'DELETE' | undefined
  path: ModelPath
  /** Empty where nothing is sent. */
  body: Buffer
  stream: boolean
  requestId: string
  /** The caller's client has tried this before. */
  isRetry: boolean
  /** Where a second call would be a second answer that goes on by itself. Else streams and embeddings may have one. */
  hedge?: false | undefined
}

/** The model endpoint behind the simple path. */
export interface ModelUpstream {
  /** As a person knows it: `api.openai.com`. */
  readonly host: string
  /** Sends a request's bytes; the receiver gets what comes back, as it comes. */
  send(request: UpstreamRequest, receiver: ReplyReceiver): UpstreamExchange
  /** Gets a small JSON document of the endpoint's. */
  get(path: string, signal: AbortSignal): Promise<{ status: number; json: unknown }>
  /** How many calls are under way, and how many wait for a connection. */
  load(): { used: number; waiting: number }
  close(): Promise<void>
}

const LARGEST_DOCUMENT = 8 * 1_024 * 1_024
/** Shorter than what servers and what stands before them keep an idle connection for; where they say for how long, that is kept to. */
const KEEP_ALIVE_MS = 4_000
const LONGEST_KEEP_ALIVE_MS = 60_000
/** So much before the end that they say, lest a request meets the closing half way. */
const KEEP_ALIVE_MARGIN_MS = 2_000

/** Opens sockets as they are needed. The caller's credentials never get here; ours are put on. */
export function openModelUpstream(options: ModelUpstreamOptions): ModelUpstream {
  const { origin, pathname, host } = new URL(options.baseUrl)
  const prefix = pathname.replace(/\/+$/, '')
  const connector = createConnector(options.connectTimeoutMs)
  const pool = new Pool(origin, {
    connect: connector.connect,
    // One more than there are places: the list of models is read beside them.
    connections: options.connections + 1,
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: LONGEST_KEEP_ALIVE_MS,
    keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
    // On one shared connection, one reader that dawdles would be everybody's.
    allowH2: false,
    maxResponseSize: -1,
  })
  const line = new UpstreamLine({ places: options.connections, longest: options.queue, timeoutMs: options.queueTimeoutMs })
  const endpoint: Endpoint = {
    host,
    dispatcher: pool,
    line,
    budget: new RetryBudget(),
    watch: options.watch,
    retries: options.retries,
    hedgeAfterMs: options.hedgeAfterMs,
    isConnecting: connector.isConnecting,
  }
  const credentials = options.apiKey === undefined ? [] : ['authorization', `Bearer ${options.apiKey}`]
  // What we may have to add to (an error in the middle of a stream) must not be compressed.
  const fixed = ['accept-encoding', 'identity', 'user-agent', 'signalbox', 'content-type', 'application/json', ...credentials]
  const fixedWhole = [...fixed, 'accept', 'application/json', 'x-client-request-id']
  const fixedStream = [...fixed, 'accept', 'text/event-stream', 'x-client-request-id']
  return {
    host,
    send({ method = 'POST', path, body, stream, requestId, isRetry, hedge }, receiver) {
      const dispatch: Dispatcher.DispatchOptions = {
        method,
        path: prefix + path,
        headers: [...(stream ? fixedStream : fixedWhole), requestId],
        body: body.length > 0 ? body : null,
      }
      const call = new UpstreamCall(endpoint, { dispatch, hedge: hedge ?? (stream || path === '/embeddings'), isRetry }, receiver)
      call.start()
      return call
    },
    async get(path, signal) {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `${prefix}${path}`,
        headers: ['accept', 'application/json', 'user-agent', 'signalbox', ...credentials],
        signal,
      })
      return { status: statusCode, json: await readSmallJson(body) }
    },
    load: () => ({ used: line.used, waiting: line.waiting }),
    close: () => pool.destroy(),
  }
}

/** Makes connections, and knows when one is being handed over: what is sent at that moment is the first thing sent on it. */
function createConnector(timeoutMs: number): { connect: buildConnector.connector; isConnecting: () => boolean } {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  let connecting = false
  return {
    isConnecting: () => connecting,
    connect: (options, callback) =>
      connect(options, (...result) => {
        connecting = true
        try {
          callback(...result)
        } finally {
          connecting = false
        }
      }),
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
