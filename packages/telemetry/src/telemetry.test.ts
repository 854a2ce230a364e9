import { Writable } from 'node:stream'

import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { withLogFields } from './log-fields.ts'
import { withSpan, withStreamSpan } from './spans.ts'
import { openTelemetry } from './telemetry.ts'
import { readTraceHeaders, traceHeaders } from './trace-context.ts'

test('a trace goes on in another service through W3C headers', async () => {
  const exporter = new InMemorySpanExporter()
  const spanProcessor = new SimpleSpanProcessor({ exporter })
  const here = openTelemetry({ service: 'here', level: 'silent', spanProcessor })
  const there = openTelemetry({ service: 'there', level: 'silent', spanProcessor })

  const headers = await withSpan(here.tracer, 'call', {}, async () => traceHeaders())
  await withSpan(there.tracer, 'serve', { parent: readTraceHeaders(headers) }, async () => undefined)

  const [call, serve] = exporter.getFinishedSpans()
  expect(serve?.spanContext().traceId).toBe(call?.spanContext().traceId)
  expect(serve?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId)
  expect(serve?.resource.attributes['service.name']).toBe('there')
})

test('a failed span carries the error’s code and not its words', async () => {
  const exporter = new InMemorySpanExporter()
  const { tracer } = openTelemetry({ service: 'x', level: 'silent', spanProcessor: new SimpleSpanProcessor({ exporter }) })

  const work = withSpan(tracer, 'work', {}, () => Promise.reject(new AppError('upstream_failed', 'key sk-123 refused')))
  await expect(work).rejects.toThrow()
  const [span] = exporter.getFinishedSpans()
  expect(span?.attributes['error.type']).toBe('upstream_failed')
  expect(JSON.stringify(span?.status) + JSON.stringify(span?.events)).not.toContain('sk-123')
})

test('a stream’s span ends when its reader leaves, and spans begun inside are its children', async () => {
  const exporter = new InMemorySpanExporter()
  const { tracer } = openTelemetry({ service: 'x', level: 'silent', spanProcessor: new SimpleSpanProcessor({ exporter }) })
  async function* numbers() {
    for (let number = 0; ; number++) yield await withSpan(tracer, `inner ${number}`, {}, async () => number)
  }

  for await (const number of withStreamSpan(tracer, 'outer', {}, numbers)) if (number === 1) break
  const spans = exporter.getFinishedSpans()
  const outer = spans.find(({ name }) => name === 'outer')
  expect(spans.map(({ name }) => name)).toEqual(['inner 0', 'inner 1', 'outer'])
  expect(spans.filter((span) => span.parentSpanContext?.spanId === outer?.spanContext().spanId)).toHaveLength(2)
})

test('log lines carry the ids of the work and its trace, and no credentials', async () => {
  const lines: string[] = []
  const logTo = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) })
  const { log, tracer } = openTelemetry({ service: 'x', logTo })

  await withLogFields({ request_id: 'req_1' }, () =>
    withSpan(tracer, 'work', {}, () =>
      withLogFields({ session_id: 'ses_1' }, async () => log.info({ authorization: 'Bearer sk-123', status: 200 }, 'answered')),
    ),
  )
  const line = JSON.parse(lines[0] as string) as Record<string, unknown>
  expect(line).toMatchObject({ service: 'x', request_id: 'req_1', session_id: 'ses_1', status: 200, authorization: '[redacted]' })
  expect(line['trace_id']).toMatch(/^[0-9a-f]{32}$/)
})

test('metrics are served as Prometheus text', async () => {
  const { meter, readMetrics } = openTelemetry({ service: 'x', level: 'silent' })
  meter.createCounter('signalbox.route.decisions').add(2, { source: 'header' })
  expect(await readMetrics()).toContain('signalbox_route_decisions_total{source="header"} 2')
})
