import type { IncomingMessage, ServerResponse } from 'node:http'

import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv } from './gateway-env.ts'

/** By hand, on Node's own response: it then holds for answers that pass Hono by too, and costs next to nothing. */
export function allowOrigins(setHeaders: SetCorsHeaders): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    setHeaders(c.env.incoming, c.env.outgoing)
    return next()
  }
}

export type SetCorsHeaders = (incoming: IncomingMessage, outgoing: ServerResponse) => void

export function createCorsHeaders(origins: readonly string[]): SetCorsHeaders {
  const any = origins.includes('*')
  return (incoming, outgoing) => {
    const { origin } = incoming.headers
    if (origin !== undefined && (any || origins.includes(origin))) {
      // No credentials mode: keys travel in a header that the page itself must set.
      outgoing.setHeader('access-control-allow-origin', any ? '*' : origin)
      outgoing.setHeader('access-control-expose-headers', EXPOSED)
      if (incoming.method === 'OPTIONS') {
        outgoing.setHeader('access-control-allow-methods', 'GET, POST, DELETE')
        outgoing.setHeader('access-control-allow-headers', incoming.headers['access-control-request-headers'] ?? 'authorization, content-type')
        outgoing.setHeader('access-control-max-age', '600')
      }
    }
    if (!any) outgoing.setHeader('vary', 'origin')
  }
}

const EXPOSED =
  'x-request-id, openai-version, openai-processing-ms, x-session-id, x-signalbox-route, x-signalbox-route-reason, x-signalbox-status, x-signalbox-deduplicated, retry-after, x-should-retry, etag'
