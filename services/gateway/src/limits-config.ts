import { wholeNumber } from '@signalbox/config'
import { DEFAULT_LIMITS, type ServerLimits } from '@signalbox/service-kit'
import { z } from 'zod'

/** What of a caller is put up with before it has asked anything. Spread into the gateway's schema. */
export const limitFields = {
  HTTP_HEADERS_TIMEOUT_MS: wholeNumber({ min: 10, max: 300_000, fallback: DEFAULT_LIMITS.headersMs }),
  HTTP_REQUEST_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: DEFAULT_LIMITS.requestMs }),
  HTTP_MAX_CONNECTIONS: wholeNumber({ min: 1, max: 1_000_000, fallback: DEFAULT_LIMITS.maxConnections }),
  HTTP_REQUESTS_PER_CONNECTION: wholeNumber({ min: 1, max: 1_000_000_000, fallback: DEFAULT_LIMITS.requestsPerConnection }),
}

const limitsSchema = z.object(limitFields)

export function toServerLimits(config: z.infer<typeof limitsSchema>): ServerLimits {
  return {
    headersMs: config.HTTP_HEADERS_TIMEOUT_MS,
    requestMs: config.HTTP_REQUEST_TIMEOUT_MS,
    maxConnections: config.HTTP_MAX_CONNECTIONS,
    requestsPerConnection: config.HTTP_REQUESTS_PER_CONNECTION,
  }
}
