import { wholeNumber } from '@signalbox/config'
import { DEFAULT_LIMITS, type ServerLimits } from '@signalbox/service-kit'

/** What of a caller is put up with before it has asked anything. Spread into the gateway's schema. */
export const limitFields = {
  HTTP_HEADERS_TIMEOUT_MS: wholeNumber({ min: 10, max: 300_000, fallback: DEFAULT_LIMITS.headersMs }),
  HTTP_REQUEST_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: DEFAULT_LIMITS.requestMs }),
  HTTP_MAX_CONNECTIONS: wholeNumber({ min: 1, max: 1_000_000, fallback: DEFAULT_LIMITS.maxConnections }),
  HTTP_REQUESTS_PER_CONNECTION: wholeNumber({ min: 1, max: 1_000_000_000, fallback: DEFAULT_LIMITS.requestsPerConnection }),
}

/** What is asked of the configuration to know how long an answer may be silent. */
type Silences = Record<
  | keyof typeof limitFields
  | 'UPSTREAM_QUEUE_TIMEOUT_MS'
  | 'UPSTREAM_CONNECT_TIMEOUT_MS'
  | 'UPSTREAM_FIRST_BYTE_TIMEOUT_MS'
  | 'UPSTREAM_IDLE_TIMEOUT_MS'
  | 'UPSTREAM_RETRIES'
  | 'ORCHESTRATOR_TIMEOUT_MS'
  | 'SESSION_WAIT_S'
  | 'KEEP_ALIVE_MS',
  number
>

/** How much longer than our own longest silence a caller's may be. */
const PATIENCE_MS = 60_000

export function toServerLimits(config: Silences): ServerLimits {
  return {
    headersMs: config.HTTP_HEADERS_TIMEOUT_MS,
    requestMs: config.HTTP_REQUEST_TIMEOUT_MS,
    maxConnections: config.HTTP_MAX_CONNECTIONS,
    requestsPerConnection: config.HTTP_REQUESTS_PER_CONNECTION,
    idleMs: toLongestSilence(config) + PATIENCE_MS,
  }
}

/** Streams say now and then that they live; an answer in one piece is silent for as long as it is waited for, once for each try. */
function toLongestSilence(config: Silences): number {
  const oneTry = config.UPSTREAM_CONNECT_TIMEOUT_MS + config.UPSTREAM_FIRST_BYTE_TIMEOUT_MS
  const upstream = config.UPSTREAM_QUEUE_TIMEOUT_MS + oneTry * (config.UPSTREAM_RETRIES + 1)
  // Node's timers go no further than 2^31 ms.
  return Math.min(
    Math.max(upstream, config.UPSTREAM_IDLE_TIMEOUT_MS, config.SESSION_WAIT_S * 1_000 + config.ORCHESTRATOR_TIMEOUT_MS, config.KEEP_ALIVE_MS),
    2 ** 30,
  )
}
