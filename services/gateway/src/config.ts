import { availableParallelism } from 'node:os'

import { httpUrl, list, wholeNumber } from '@signalbox/config'
import { llmFields } from '@signalbox/llm'
import { REASONING_FIELDS } from '@signalbox/openai-wire'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

import { consoleFields } from './console-config.ts'
import { limitFields } from './limits-config.ts'
import { responsesFields } from './responses-config.ts'
import { routingFields } from './routing-config.ts'
import { transportFields } from './transport-config.ts'

const apiKeySchema = z
  .string()
  .max(512, 'holds a key of more than 512 characters')
  .regex(/^(?:[\w.-]{1,64}:)?[\x21-\x7e]+$/, 'holds something that is neither key nor name:key')

const operatorKeySchema = z
  .string()
  .max(600, 'holds a key of more than 512 characters')
  .regex(
    /^[\w.-]{1,64}:(?:viewer|approver|operator|admin):[\x21-\x7e]+$/,
    'holds something that is not name:role:key, with viewer, approver, operator or admin',
  )

export const gatewayConfigSchema = z.object({
  ...serviceFields({ port: 8000 }),
  ...llmFields,
  ...consoleFields,
  /** Callers' keys, each `key` or `name:key`. Sessions belong to the name. Without any, one is made at start. */
  SIGNALBOX_API_KEYS: list(apiKeySchema),
  /** Keys of those who look after everybody's sessions and decide approvals, each `name:role:key`. */
  SIGNALBOX_OPERATOR_KEYS: list(operatorKeySchema),
  /** How many processes share the port, where the gateway runs on its own; `auto` for one a core. */
  GATEWAY_WORKERS: z
    .union([z.literal('auto').transform(() => availableParallelism()), z.coerce.number().int().min(1).max(256)], {
      error: 'is neither auto nor a whole number from 1 to 256',
    })
    .default(1),
  ORCHESTRATOR_URL: httpUrl().default('http://127.0.0.1:8001'),
  /** How long the orchestrator may take to answer, where it has not begun to. */
  ORCHESTRATOR_TIMEOUT_MS: wholeNumber({ min: 50, max: 120_000, fallback: 10_000 }),
  MAX_BODY_BYTES: wholeNumber({ min: 1_024, max: 1_073_741_824, fallback: 4 * 1_024 * 1_024 }),
  ...limitFields,
  ...routingFields,
  ...transportFields,
  ...responsesFields,
  /** How long a caller that does not stream waits for a session, before it is told where to find it. */
  SESSION_WAIT_S: wholeNumber({ min: 1, max: 3_600, fallback: 240 }),
  /** How long a stream is held for somebody to decide an approval, before its turn ends; without streaming a minute at most. */
  APPROVAL_HOLD_S: wholeNumber({ min: 0, max: 3_600, fallback: 120 }),
  /** What the reasoning that tells of progress is called in a chat's deltas; clients differ in which they read. */
  REASONING_FIELD: z.enum(REASONING_FIELDS, { error: `is none of ${REASONING_FIELDS.join(', ')}` }).default('reasoning_content'),
  /** Where others reach the gateway; its own address when not set. */
  PUBLIC_URL: httpUrl().optional(),
  /** Where people reach the console, for links to approvals; `/console` below PUBLIC_URL when not set. */
  CONSOLE_URL: httpUrl().optional(),
  KEEP_ALIVE_MS: wholeNumber({ min: 10, max: 60_000, fallback: 15_000 }),
  /** Web pages that may call the API, as origins (`https://chat.example.com`), or `*`. None by default. */
  CORS_ORIGINS: list(z.string().regex(/^(?:\*|https?:\/\/[^/\s]+)$/, 'holds something that is neither an origin nor *')),
})

export type GatewayConfig = z.infer<typeof gatewayConfigSchema>
