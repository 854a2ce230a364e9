import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import type { ScriptedLlmConfig } from './config.ts'

/** A mock's own telemetry, by the fields that every service has. */
export function openMockTelemetry(
  service: string,
  config: Pick<ScriptedLlmConfig, 'LOG_LEVEL' | 'OTEL_SDK_DISABLED' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>,
): Telemetry {
  return openTelemetry({
    service,
    level: config.LOG_LEVEL,
    otlpEndpoint: config.OTEL_SDK_DISABLED ? undefined : config.OTEL_EXPORTER_OTLP_ENDPOINT,
  })
}
