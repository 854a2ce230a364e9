import type { ServerOptions } from 'node:http'

/** What one caller can take of a server by being slow, or many, before it has asked anything. */
export interface ServerLimits {
  /** How long a request's headers may take; also how long a connection may say nothing at all, milliseconds. */
  headersMs: number
  /** How long a whole request may take to arrive, headers and body, milliseconds. */
  requestMs: number
  /** More than this are closed as they are opened. */
  maxConnections: number
  /** After so many requests a connection is closed, so that none stays with one replica for ever. */
  requestsPerConnection: number
  /**
   * How long a connection with a request under way may carry nothing at all, either way, milliseconds; 0 for ever. It is
   * what ends a caller that asks and does not take its answer, so it must be longer than any silence of ours.
   */
  idleMs: number
}

export const DEFAULT_LIMITS: ServerLimits = { headersMs: 20_000, requestMs: 30_000, maxConnections: 10_000, requestsPerConnection: 100_000, idleMs: 0 }

/** Past this a request is a 431: its line, with the URL, and its headers together. */
const MAX_HEADER_BYTES = 32_768
/** How often connections are looked at that take too long, at most. */
const CHECKED_EVERY_MS = 5_000

export function toServerOptions({ headersMs, requestMs }: ServerLimits): ServerOptions {
  return {
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    // Time is up only when somebody looks: with Node's own half a minute every limit would be that much longer.
    connectionsCheckingInterval: Math.min(CHECKED_EVERY_MS, Math.max(10, Math.round(headersMs / 4))),
    keepAliveTimeout: 65_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Ours says so with a body.
    requireHostHeader: false,
  }
}
