import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

import { createId, SERVICE_HEADERS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { withLogFields, type Telemetry } from '@signalbox/telemetry'
import type { HttpBindings } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'

import { readServiceMetrics } from './workers/worker-link.ts'

export interface Health {
  ready: boolean
  /** Each thing that the service stands on, and whether it is there: `{orchestrator: 'ok', upstream: 'unreachable'}`. */
  checks: Record<string, string>
}

export interface HttpAppOptions {
  telemetry: Telemetry
  /** Asked at every `/readyz`; must answer within seconds. */
  health?: () => Promise<Health>
  /** Renders what escaped a handler, in the words of the service's wire. */
  renderError: (error: unknown) => Response | Promise<Response>
}

/** What a handler of ours finds in its context. */
export interface ServiceEnv {
  Variables: { requestId: string }
  /** Node's own request and response, for handlers that write bytes past Hono. */
  Bindings: HttpBindings
}

export type HttpApp = Hono<ServiceEnv>

/** As much of a path as is repeated. */
const LONGEST_PATH = 200

/** A Hono app with what every service has: request ids, `/healthz`, `/readyz`, `/metrics`, and one place where errors are rendered. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const app: HttpApp = new Hono<ServiceEnv>({ strict: false })
  app.use(requestId())
  app.get('/healthz', (c) => c.json({ status: 'ok', service: options.telemetry.service }))
  app.get('/readyz', async (c) => {
    const health = (await options.health?.()) ?? { ready: true, checks: {} }
    return c.json({ status: health.ready ? 'ready' : 'not ready', service: options.telemetry.service, checks: health.checks }, health.ready ? 200 : 503)
  })
  app.get('/metrics', async (c) => c.text(await readServiceMetrics(options.telemetry), 200, { 'content-type': 'text/plain; version=0.0.4' }))
  app.onError((error) => options.renderError(error))
  app.notFound((c) => options.renderError(new AppError('not_found', `There is nothing at ${c.req.method} ${c.req.path.slice(0, LONGEST_PATH)}.`)))
  return app
}

/** Takes the caller's request id where it is sane, else makes one; answers it and puts it on every log line. */
function requestId(): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const id = toRequestId(c.req.header(SERVICE_HEADERS.requestId))
    c.set('requestId', id)
    await withLogFields({ request_id: id }, next)
    // Set last, so that answers which an error handler rendered carry it too. What is on its way already said it itself.
    if ((c.env as Partial<HttpBindings> | undefined)?.outgoing?.headersSent !== true) c.header(SERVICE_HEADERS.requestId, id)
  }
}

/** The id of a request: its caller's where that is sane, else a new one. */
export function readRequestId({ headers }: IncomingMessage): string {
  const given = headers[SERVICE_HEADERS.requestId]
  return toRequestId(Array.isArray(given) ? given[0] : given)
}

function toRequestId(given: string | undefined): string {
  return given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : createId('req')
}

/** Refuses every call that does not carry the service token. Compared in constant time. */
export function requireServiceToken(token: string | undefined): MiddlewareHandler {
  if (token === undefined) return (_c, next) => next()
  const expected = digest(`Bearer ${token}`)
  return async (c, next) => {
    if (!timingSafeEqual(expected, digest(c.req.header('authorization') ?? ''))) {
      throw new AppError('authentication_failed', 'This service takes calls with a service token only.')
    }
    await next()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
