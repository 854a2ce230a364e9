import { wholeNumber } from '@signalbox/config'

/** What the gateway reads for its calls to the model's endpoint. Spread into its schema. */
export const transportFields = {
  UPSTREAM_CONNECT_TIMEOUT_MS: wholeNumber({ min: 10, max: 120_000, fallback: 5_000 }),
  /** Until a reply's headers are there; a reply that is not streamed sends them when it is whole. */
  UPSTREAM_FIRST_BYTE_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: 300_000 }),
  /** How long a reply that has begun may be silent. */
  UPSTREAM_IDLE_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: 120_000 }),
}
