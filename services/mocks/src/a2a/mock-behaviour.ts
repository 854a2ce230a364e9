import type { Metadata } from '@signalbox/a2a'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

/** How a mock agent treats one message. Configured for all, and told otherwise by a message's `metadata.mock`. */
export interface MockBehaviour {
  delay_ms: number
  /** How many attempts at a node fail before one succeeds; -1 is all of them. */
  fail_times: number
  fail_retryable: boolean
  chunks: number
  chunk_delay_ms: number
  /** Works until it is told to stop. */
  hang: boolean
  /** Answers with parts that fit no contract. */
  garbage: boolean
}

const behaviourSchema = z
  .strictObject({
    delay_ms: z.int().min(0).max(600_000),
    fail_times: z.int().min(-1).max(1_000_000),
    fail_retryable: z.boolean(),
    chunks: z.int().min(1).max(10_000),
    chunk_delay_ms: z.int().min(0).max(60_000),
    hang: z.boolean(),
    garbage: z.boolean(),
  })
  .partial()

/** @throws AppError invalid_request naming what is wrong in `metadata.mock` */
export function readBehaviour(defaults: MockBehaviour, metadata: Metadata | undefined): MockBehaviour {
  const given = metadata?.['mock']
  if (given === undefined) return defaults
  const parsed = behaviourSchema.safeParse(given)
  if (parsed.success) return { ...defaults, ...definedOnly(parsed.data) }
  const issue = parsed.error.issues[0]
  const param = ['metadata', 'mock', ...(issue?.path ?? [])].join('.')
  throw new AppError('invalid_request', `${param}: ${issue?.message ?? 'is not what it should be'}`, { param })
}

function definedOnly(given: z.infer<typeof behaviourSchema>): Partial<MockBehaviour> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
