import { context, SpanKind, trace, type Attributes } from '@opentelemetry/api'
import { toAppError } from '@signalbox/errors'
import { ATTRIBUTES, failSpan, METRICS, readTraceHeaders, type Telemetry } from '@signalbox/telemetry'
import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv, RequestRecord } from './gateway-env.ts'
import { createTally } from './tally.ts'
import { oneValue } from './to-routing-facts.ts'

const SECOND_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/**
 * One span, one line and one measurement for each request, made when it has ended, with all that
 * became known of it. Stands behind the key check, so that only those with a key can name a trace.
 */
export function observeRequests(telemetry: Telemetry): MiddlewareHandler<GatewayEnv> {
  const duration = telemetry.meter.createHistogram(METRICS.httpDuration, { unit: 's', advice: { explicitBucketBoundaries: SECOND_BOUNDS } })
  const routed = createTally(telemetry.meter, METRICS.routed)
  // The line's fields are ours, one by one: looking for secrets below each of them would double its cost.
  const log = telemetry.log.child({}, { redact: [] })
  const disconnects = telemetry.meter.createCounter(METRICS.clientDisconnects)
  return async (c, next) => {
    const startedAt = performance.now()
    const record: RequestRecord = {}
    c.set('record', record)
    const { incoming, outgoing } = c.env
    const { traceparent, tracestate } = incoming.headers
    const parent = traceparent === undefined ? context.active() : readTraceHeaders({ traceparent: oneValue(traceparent), tracestate: oneValue(tracestate) })
    const route = toRouteLabel(c.req.path)
    const span = telemetry.tracer.startSpan(`${c.req.method} ${route}`, { kind: SpanKind.SERVER }, parent)
    await context.with(trace.setSpan(parent, span), async () => {
      await next()
      if (c.error) record.errorCode ??= toAppError(c.error).code
      const milliseconds = performance.now() - startedAt
      const status = outgoing.headersSent ? outgoing.statusCode : c.res.status
      const labels = { [ATTRIBUTES.httpMethod]: c.req.method, [ATTRIBUTES.httpRoute]: route, [ATTRIBUTES.httpStatus]: status }
      duration.record(milliseconds / 1_000, labels)
      if (record.route !== undefined) routed.add(`${record.route} ${record.routeSource}`, () => ({ route: record.route, source: record.routeSource }))
      if (record.disconnected === true) disconnects.add(1)
      span.setAttributes({ ...labels, [ATTRIBUTES.requestId]: c.get('requestId'), [ATTRIBUTES.apiKeyId]: c.get('owner'), ...toAttributes(record) })
      if (status >= 500 && c.error) failSpan(span, c.error)
      log.info({ method: c.req.method, path: c.req.path, status, ms: Math.round(milliseconds * 10) / 10, key: c.get('owner'), ...record }, 'request')
      span.end()
    })
  }
}

function toAttributes(record: RequestRecord): Attributes {
  return {
    ...(record.route !== undefined && { [ATTRIBUTES.routeComplex]: record.route === 'complex', [ATTRIBUTES.routeSource]: record.routeSource }),
    ...(record.model !== undefined && { [ATTRIBUTES.requestModel]: record.model }),
    ...(record.stream !== undefined && { [ATTRIBUTES.stream]: record.stream }),
    ...(record.session_id !== undefined && { [ATTRIBUTES.sessionId]: record.session_id }),
    ...(record.errorCode !== undefined && { [ATTRIBUTES.errorType]: record.errorCode }),
  }
}

/** The same resources under both roots: by key, and at the console. */
const COLLECTIONS =
  /^\/(?:v1|console\/api)\/(?:chat\/completions|completions|embeddings|responses|route|models|sessions|dead-letters|agents|approvals(?:\/decisions)?|audit(?:\/verify)?|channels|deliveries|events)\/?$/
const MEMBERS =
  /^\/(v1|console\/api)\/(models|responses|sessions|dead-letters|approvals|channels)\/[^/]+(\/(?:events|input_items|cancel|pause|resume|input|redrive|decision|extend|test))?\/?$/

/** The route without what callers put into it: their number must stay small. */
function toRouteLabel(path: string): string {
  if (COLLECTIONS.test(path)) return path.replace(/\/$/, '')
  const [, root, of, rest = ''] = MEMBERS.exec(path) ?? []
  return of === undefined ? 'other' : `/${root}/${of}/{id}${rest}`
}
