import type { IncomingMessage } from 'node:http'

import { context, SpanKind, type Attributes, type Context } from '@opentelemetry/api'
import { toAppError } from '@signalbox/errors'
import { ATTRIBUTES, createEventLog, failSpan, METRICS, readTraceHeaders, withSpanAndLogFields, type Series, type Telemetry } from '@signalbox/telemetry'
import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv, RequestRecord } from './gateway-env.ts'
import { hideKeys, toLoggedPath } from './logged-path.ts'
import { createTally } from './tally.ts'
import { oneValue } from './to-routing-facts.ts'

const SECOND_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export interface ObservedRequest {
  incoming: IncomingMessage
  method: string
  path: string
  /** The path without what callers put into it. */
  route: string
  requestId: string
  owner: string
  /** Filled while the request is answered. */
  record: RequestRecord
}

/** How a request ended. */
export interface RequestOutcome {
  status: number
  /** What escaped its handler. */
  error?: Error | undefined
}

export interface Observer {
  /** Observes one request from now until `work` has come to its outcome. */
  observe(request: ObservedRequest, work: () => Promise<RequestOutcome>): Promise<void>
}

/**
 * One span, one line and one measurement for each request, made when it has ended, with all that
 * became known of it. Stands behind the key check, so that only those with a key can name a trace.
 */
export function createObserver(telemetry: Telemetry): Observer {
  const recordDuration = createDurations(telemetry)
  const routed = createRouteCount(telemetry)
  const disconnects = telemetry.meter.createCounter(METRICS.clientDisconnects)
  const logRequest = createEventLog(telemetry.log, 'request')
  return {
    observe({ incoming, method, path, route, requestId, owner, record }, work) {
      const startedAt = performance.now()
      const parent = readParent(incoming)
      const span = telemetry.tracer.startSpan(`${method} ${route}`, SERVER_SPAN, parent)
      const observed = async (): Promise<void> => {
        const { status, error } = await work()
        if (error) record.errorCode ??= toAppError(error).code
        const milliseconds = performance.now() - startedAt
        if (record.model !== undefined) record.model = hideKeys(record.model)
        recordDuration({ method, route, status }, milliseconds / 1_000)
        if (record.route !== undefined) routed(record)
        if (record.disconnected === true) disconnects.add(1)
        if (span.isRecording()) {
          span.setAttributes({
            ...toLabels({ method, route, status }),
            [ATTRIBUTES.requestId]: requestId,
            [ATTRIBUTES.apiKeyId]: owner,
            ...toAttributes(record),
          })
          if (status >= 500 && error) failSpan(span, error)
        }
        logRequest({ method, path: toLoggedPath(path, route), status, ms: Math.round(milliseconds * 10) / 10, key: owner, ...record })
        span.end()
      }
      return withSpanAndLogFields({ span, parent }, { request_id: requestId }, observed)
    },
  }
}

const SERVER_SPAN = { kind: SpanKind.SERVER }

function readParent({ headers: { traceparent, tracestate } }: IncomingMessage): Context {
  return traceparent === undefined ? context.active() : readTraceHeaders({ traceparent: oneValue(traceparent), tracestate: oneValue(tracestate) })
}

interface Answered {
  method: string
  route: string
  status: number
}

/** Methods, routes and statuses are few: each set of them finds its series at once. */
function createDurations({ histograms }: Telemetry): (answered: Answered, seconds: number) => void {
  const durations = histograms.open(METRICS.httpDuration, { unit: 's', bounds: SECOND_BOUNDS })
  const known: (Answered & { series: Series })[] = []
  return (answered, seconds) => {
    const { method, route, status } = answered
    let found = known.find((one) => one.status === status && one.route === route && one.method === method)
    if (!found) known.push((found = { ...answered, series: durations.series(toLabels(answered)) }))
    found.series.record(seconds)
  }
}

/** A key that is put together anew for each request is also hashed anew: the few that there are, are kept. */
function createRouteCount({ meter }: Telemetry): (record: RequestRecord) => void {
  const tally = createTally(meter, METRICS.routed)
  const keys = { simple: new Map<string, string>(), complex: new Map<string, string>() }
  return ({ route = 'simple', routeSource: source = '' }) => {
    let key = keys[route].get(source)
    if (key === undefined) keys[route].set(source, (key = `${route} ${source}`))
    tally.add(key, () => ({ route, source }))
  }
}

function toLabels({ method, route, status }: Answered): Attributes {
  return { [ATTRIBUTES.httpMethod]: method, [ATTRIBUTES.httpRoute]: route, [ATTRIBUTES.httpStatus]: status }
}

/** The same for what is mounted in Hono. */
export function observeRequests(telemetry: Telemetry): MiddlewareHandler<GatewayEnv> {
  const observer = createObserver(telemetry)
  return (c, next) => {
    const record: RequestRecord = {}
    c.set('record', record)
    const { incoming, outgoing } = c.env
    const { method, path } = c.req
    return observer.observe({ incoming, method, path, route: toRouteLabel(path), requestId: c.get('requestId'), owner: c.get('owner'), record }, async () => {
      await next()
      return { status: outgoing.headersSent ? outgoing.statusCode : c.res.status, error: c.error }
    })
  }
}

function toAttributes(record: RequestRecord): Attributes {
  return {
    ...(record.route !== undefined && { [ATTRIBUTES.routeComplex]: record.route === 'complex', [ATTRIBUTES.routeSource]: record.routeSource }),
    ...(record.routeMs !== undefined && { [ATTRIBUTES.routeMs]: record.routeMs }),
    ...(record.routeConfidence !== undefined && { [ATTRIBUTES.routeConfidence]: record.routeConfidence }),
    ...(record.explained === true && { [ATTRIBUTES.routeExplained]: true }),
    ...(record.model !== undefined && { [ATTRIBUTES.requestModel]: record.model }),
    ...(record.stream !== undefined && { [ATTRIBUTES.stream]: record.stream }),
    ...(record.session_id !== undefined && { [ATTRIBUTES.sessionId]: record.session_id }),
    ...(record.errorCode !== undefined && { [ATTRIBUTES.errorType]: record.errorCode }),
  }
}

/** The same resources under both roots: by key, and at the console. */
const COLLECTIONS =
  /^\/(?:v1|console\/api)\/(?:chat\/completions|completions|embeddings|responses|conversations|route|models|sessions|dead-letters|agents|approvals(?:\/decisions)?|audit(?:\/verify)?|channels|deliveries|events)\/?$/
const MEMBERS =
  /^\/(v1|console\/api)\/(models|responses|conversations|sessions|dead-letters|approvals|channels)\/[^/]+(\/(?:events|input_items|cancel|pause|resume|input|redrive|decision|extend|test))?\/?$/
const CONVERSATION_ITEMS = /^\/v1\/conversations\/[^/]+\/items((?:\/[^/]+)?)\/?$/

/** The route without what callers put into it: their number must stay small. */
function toRouteLabel(path: string): string {
  if (COLLECTIONS.test(path)) return path.replace(/\/$/, '')
  const [, root, of, rest = ''] = MEMBERS.exec(path) ?? []
  if (of !== undefined) return `/${root}/${of}/{id}${rest}`
  const [, item] = CONVERSATION_ITEMS.exec(path) ?? []
  return item === undefined ? 'other' : `/v1/conversations/{id}/items${item === '' ? '' : '/{item}'}`
}
