import { flag, port } from '@signalbox/config'
import { z } from 'zod'

/** What every service reads from its environment, beside its own. Spread into the service's schema. */
export function serviceFields(defaults: { port: number }) {
  return {
    HOST: z.string().default('127.0.0.1'),
    PORT: port(defaults.port),
    SERVICE_TOKEN: z.string().min(16, 'is shorter than 16 characters').optional(),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { error: 'is not a log level' }).default('info'),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
    OTEL_SDK_DISABLED: flag(false),
  }
}
