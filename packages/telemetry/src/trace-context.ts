import { context, trace, type Context } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'

const propagator = new W3CTraceContextPropagator()

/** The active trace as W3C headers (`traceparent`, `tracestate`); empty outside a trace. */
export function traceHeaders(from: Context = context.active()): Record<string, string> {
  const headers: Record<string, string> = {}
  propagator.inject(from, headers, { set: (carrier, key, value) => void (carrier[key] = value) })
  return headers
}

/**
 * The trace that a caller's headers name, to go on with. Only for callers that have shown who they
 * are: anybody else could write into somebody's trace.
 */
export function readTraceHeaders(headers: { traceparent?: string | undefined; tracestate?: string | undefined }): Context {
  return propagator.extract(context.active(), headers, {
    get: (carrier, key) => carrier[key as 'traceparent' | 'tracestate'],
    keys: (carrier) => Object.keys(carrier),
  })
}

export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId
}
