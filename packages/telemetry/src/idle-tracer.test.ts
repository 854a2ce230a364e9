import { trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'

import { withSpan } from './spans.ts'
import { openTelemetry } from './telemetry.ts'
import { readTraceHeaders, traceHeaders } from './trace-context.ts'

test('where nobody looks at spans, a trace still has ids, and goes on through other services', async () => {
  const here = openTelemetry({ service: 'here', level: 'silent' })
  const there = openTelemetry({ service: 'there', level: 'silent' })

  const [outer, headers] = await withSpan(here.tracer, 'call', {}, async (span) => {
    const inner = await withSpan(here.tracer, 'inside', {}, async (one) => one.spanContext())
    expect(inner.traceId).toBe(span.spanContext().traceId)
    return [span.spanContext(), traceHeaders()] as const
  })
  expect(headers['traceparent']).toBe(`00-${outer.traceId}-${outer.spanId}-01`)
  const served = await withSpan(there.tracer, 'serve', { parent: readTraceHeaders({ ...headers, tracestate: 'a=b' }) }, async (span) => span.spanContext())
  expect(served.traceId).toBe(outer.traceId)
  expect(served.spanId).not.toBe(outer.spanId)
  expect(served.traceState?.serialize()).toBe('a=b')
})

test.each(['01', '00'])('whether a trace is recorded stays as its beginner said: other services may export it (%s)', async (flags) => {
  const { tracer } = openTelemetry({ service: 'x', level: 'silent' })
  const parent = readTraceHeaders({ traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}` })
  const passedOn = await withSpan(tracer, 'serve', { parent }, async () => traceHeaders())
  expect(passedOn['traceparent']).toMatch(new RegExp(`^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-${flags}$`))
})

test('no two traces share their ids, and none is recorded', () => {
  const { tracer } = openTelemetry({ service: 'x', level: 'silent' })
  const spans = Array.from({ length: 2_000 }, () => tracer.startSpan('work', { root: true }))

  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(2_000)
  expect(spans.every((span) => trace.isSpanContextValid(span.spanContext()) && !span.isRecording())).toBe(true)
})

test('a span can be made the active one for some work', () => {
  const { tracer } = openTelemetry({ service: 'x', level: 'silent' })
  const [own, active] = tracer.startActiveSpan('work', (span) => [span.spanContext().spanId, trace.getActiveSpan()?.spanContext().spanId])
  expect(active).toBe(own)
})
