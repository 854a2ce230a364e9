import type { Meter, Tracer } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { DestinationStream, Logger } from 'pino'

import { shareContext } from './async-scope.ts'
import { createHistograms, type Histograms } from './histogram.ts'
import { createIdleTracer } from './idle-tracer.ts'
import { createLogger, type LogLevel } from './logger.ts'

/** What a service needs to be seen. It is given to it, never global, so that many services can share one process. */
export interface Telemetry {
  readonly service: string
  readonly tracer: Tracer
  readonly meter: Meter
  /** For what is measured at every request; `meter` for everything else. */
  readonly histograms: Pick<Histograms, 'open'>
  readonly log: Logger
  /** The metrics so far, in Prometheus' text format. */
  readMetrics(): Promise<string>
  /** Sends what is buffered and stops. Never throws: telemetry must not break a shutdown. */
  close(): Promise<void>
}

export interface TelemetryOptions {
  service: string
  version?: string
  level?: LogLevel
  /** Base URL of an OTLP/HTTP receiver (`http://localhost:4318`). Without it no span leaves the process. */
  otlpEndpoint?: string | undefined
  /** Where log lines go; standard error when absent. */
  logTo?: DestinationStream
  /** For tests: sees every span, beside the OTLP exporter. */
  spanProcessor?: SpanProcessor
}

/** Opens a service's traces, metrics and log. Spans are made only where somebody will see them. */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  shareContext()
  const resource = resourceFromAttributes({ 'service.name': options.service, 'service.version': options.version ?? '0.1.0' })
  const processors = spanProcessors(options)
  const traces = new TracerProvider({ resource, sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }), spanProcessors: processors })
  const scope = `signalbox.${options.service}`
  const histograms = createHistograms(scope, resource)
  const reader = new PrometheusExporter({ preventServerStart: true, metricProducers: [histograms] })
  const metrics = new MeterProvider({ resource, readers: [reader] })
  const serializer = new PrometheusSerializer('', false, undefined, true, true)
  const log = createLogger({ service: options.service, level: options.level ?? 'info', ...(options.logTo && { destination: options.logTo }) })

  return {
    service: options.service,
    tracer: processors.length > 0 ? traces.getTracer(scope) : createIdleTracer(),
    meter: metrics.getMeter(scope),
    histograms,
    log,
    readMetrics: async () => serializer.serialize((await reader.collect()).resourceMetrics),
    close: async () => {
      await Promise.allSettled([traces.shutdown(), metrics.shutdown()])
      await new Promise<void>((resolve) => log.flush(() => resolve()))
    },
  }
}

function spanProcessors(options: TelemetryOptions): SpanProcessor[] {
  const processors: SpanProcessor[] = options.spanProcessor ? [options.spanProcessor] : []
  if (options.otlpEndpoint) {
    const exporter = new OTLPTraceExporter({ url: `${options.otlpEndpoint.replace(/\/+$/, '')}/v1/traces` })
    // Larger batches were measured to raise the gateway's p99 fourfold at saturation.
    processors.push(new BatchSpanProcessor({ exporter, maxExportBatchSize: 512, maxQueueSize: 8_192 }))
  }
  return processors
}
