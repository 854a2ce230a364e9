import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace'

export interface SpanRecorder {
  processor: SpanProcessor
  spans(): ReadableSpan[]
}

/** Keeps every span that ended, of any number of services, for a test to look at. */
export function recordSpans(): SpanRecorder {
  const exporter = new InMemorySpanExporter()
  return { processor: new SimpleSpanProcessor({ exporter }), spans: () => exporter.getFinishedSpans() }
}
