import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'

export interface SpanRecorder {
  processor: SpanProcessor
  spans(): ReadableSpan[]
}

/** Keeps every span that ended, of any number of services, for a test to look at. Shutting a service down forgets none, as the SDK's own in-memory exporter would. */
export function recordSpans(): SpanRecorder {
  const ended: ReadableSpan[] = []
  const processor: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void ended.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
  return { processor, spans: () => [...ended] }
}
