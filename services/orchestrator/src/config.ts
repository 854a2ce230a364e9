import { decimal, flag, httpUrl, list, wholeNumber } from '@signalbox/config'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

import { allowanceSchema } from './adapters/notify/index.ts'

export const orchestratorConfigSchema = z.object({
  ...serviceFields({ port: 8001 }),
  PUBLIC_URL: httpUrl().optional(),
  DATA_DIR: z.string().default('.signalbox'),
  /** Where sessions live; without it, in a file of DATA_DIR. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'is not a redis:// or rediss:// URL' }).optional(),
  /** What all our keys on that Redis begin with. */
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'is not made of 1 to 64 letters, digits, _, ., : and -')
    .default('signalbox'),
  /** Takes a Redis that may forget what it acknowledged. For trying things out. */
  REDIS_ALLOW_VOLATILE: flag(false),
  LEASE_MS: wholeNumber({ min: 500, max: 600_000, fallback: 10_000 }),
  SWEEP_EVERY_MS: wholeNumber({ min: 100, max: 600_000, fallback: 5_000 }),
  /** Who decides what, and who is told of it; `approvals.yaml` of DATA_DIR where there is one. */
  APPROVALS_FILE: z.string().optional(),
  /** How long decided approvals are kept. The audit is kept for good. */
  APPROVAL_RETENTION_D: decimal({ min: 0.01, max: 36_500, fallback: 90 }),
  /** Where people reach the console, for links in messages. */
  CONSOLE_URL: httpUrl().optional(),
  /** Signs those links, and keys the masks of secrets; made of the service token where it is absent. Another one takes all links back. */
  LINK_SECRET: z.string().min(16).optional(),
  /** Hosts that webhooks may be sent to beside those on the internet: `hooks.internal:8443`, `10.0.0.0/8`. */
  NOTIFY_ALLOW_HOSTS: list(allowanceSchema),
  PLANNER_URL: httpUrl().default('http://127.0.0.1:8002'),
  AGENT_URLS: list(httpUrl()),
  EXTERNAL_AGENT_URLS: list(httpUrl()),
  AGENT_REFRESH_S: decimal({ min: 0.1, max: 3_600, fallback: 15 }),
  PLAN_DEADLINE_S: decimal({ min: 1, max: 600, fallback: 60 }),
  NODE_DEADLINE_S: decimal({ min: 0.1, max: 600, fallback: 30 }),
  NODE_RETRIES: wholeNumber({ min: 0, max: 3, fallback: 3 }),
  NODE_RETRY_BASE_MS: wholeNumber({ min: 1, max: 60_000, fallback: 1_000 }),
  NODES_PER_SESSION: wholeNumber({ min: 1, max: 64, fallback: 16 }),
  NODES_PER_AGENT: wholeNumber({ min: 1, max: 64, fallback: 8 }),
  SESSIONS_AT_ONCE: wholeNumber({ min: 1, max: 10_000, fallback: 64 }),
  /** Calls to one agent at a time, from this replica. */
  AGENT_CALLS_AT_ONCE: wholeNumber({ min: 1, max: 10_000, fallback: 64 }),
  /** Failures in a row after which an agent is left alone, and for how long the first time. */
  BREAKER_FAILURES: wholeNumber({ min: 1, max: 1_000, fallback: 5 }),
  BREAKER_REST_S: decimal({ min: 0.1, max: 3_600, fallback: 10 }),
  /** The most that a session may spend; callers may ask for less. */
  SESSION_BUDGET_TOKENS: z.coerce.number().int().positive().max(1_000_000_000).optional(),
  SESSION_BUDGET_USD: z.coerce.number().positive().max(1_000_000).optional(),
  SESSION_DEADLINE_S: decimal({ min: 1, max: 86_400, fallback: 600 }),
  SESSION_RETENTION_H: decimal({ min: 0.01, max: 8_760, fallback: 24 }),
  MAX_CONVERSATION_CHARS: wholeNumber({ min: 1_000, max: 10_000_000, fallback: 400_000 }),
})

export type OrchestratorConfig = z.infer<typeof orchestratorConfigSchema>
