import { wholeNumber } from '@signalbox/config'
import { z } from 'zod'

/** What the gateway reads for its calls to the model's endpoint. Spread into its schema. */
export const transportFields = {
  UPSTREAM_CONNECT_TIMEOUT_MS: wholeNumber({ min: 10, max: 120_000, fallback: 5_000 }),
  /** Until a reply's headers are there; a reply that is not streamed sends them when it is whole. */
  UPSTREAM_FIRST_BYTE_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: 300_000 }),
  /** How long a reply that has begun may be silent. */
  UPSTREAM_IDLE_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: 120_000 }),
  /** How many calls to the endpoint are under way at a time, each on a connection of its own. */
  UPSTREAM_CONNECTIONS: wholeNumber({ min: 1, max: 65_535, fallback: 1_024 }),
  /** How many more may wait for a connection, and for how long; all others are told to come back. */
  UPSTREAM_QUEUE: wholeNumber({ min: 0, max: 1_000_000, fallback: 1_024 }),
  UPSTREAM_QUEUE_TIMEOUT_MS: wholeNumber({ min: 10, max: 3_600_000, fallback: 30_000 }),
  /** Tries beyond the first for calls whose reply has not begun. */
  UPSTREAM_RETRIES: wholeNumber({ min: 0, max: 10, fallback: 2 }),
  /** After how long without an answer a second call is made, where replies are streamed; 0 for never. */
  UPSTREAM_HEDGE_AFTER_MS: wholeNumber({ min: 0, max: 600_000, fallback: 0 }),
  /** Whether the model is called while a request's way is still being judged; `auto`: where tokens are cheap. */
  ROUTING_SPECULATION: z.enum(['auto', 'on', 'off'], { error: 'is neither auto, on nor off' }).default('auto'),
}
