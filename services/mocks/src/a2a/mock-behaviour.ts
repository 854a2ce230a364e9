import { textOf, type Message, type Metadata } from '@signalbox/a2a'
import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import { askingFields } from '../core/asking/mock-ask.ts'
import type { MockBehaviour } from '../core/behaviour.ts'
import { readBracketWords } from '../core/bracket-words.ts'

const behaviourSchema = z
  .strictObject({
    ...askingFields,
    delay_ms: z.int().min(0).max(600_000),
    fail_times: z.int().min(-1).max(1_000_000),
    fail_retryable: z.boolean(),
    fail_if: z.array(z.string().min(1)).max(64),
    chunks: z.int().min(1).max(10_000),
    chunk_delay_ms: z.int().min(0).max(60_000),
    hang: z.boolean(),
    garbage: z.boolean(),
    lie: z.enum(['empty', 'more', 'other', 'wire']).nullable(),
    twice: z.boolean(),
    list: z.array(z.string()).max(1_000).nullable(),
    stream: z.boolean(),
    replan: z.string().nullable(),
    put: z.array(z.strictObject({ name: z.string(), value: z.json(), early: z.boolean().default(false) })).max(64),
    get: z.array(z.string()).max(64),
    say: z.string().nullable(),
    spend: z.strictObject({ tokens: z.int().nonnegative(), usd: z.number().nonnegative().nullable().default(null) }).nullable(),
  })
  .partial()

export interface MockOrders {
  behaviour: MockBehaviour
  /** What it is asked, without the words that were meant for the mock. */
  instruction: string
}

/**
 * How a message is to be treated, and what it asks.
 *
 * @throws AppError `invalid_request` naming what is wrong in `metadata.mock`, or in a word in brackets.
 */
export function readOrders(defaults: MockBehaviour, message: Pick<Message, 'parts' | 'metadata'>): MockOrders {
  const { orders, rest } = readWords(textOf(message.parts), 'message.parts')
  return { behaviour: { ...defaults, ...orders, ...readMetadata(message.metadata) }, instruction: rest }
}

/** @throws AppError `invalid_request` saying which word in brackets is wrong. */
export function readWords(text: string, param: string): ReturnType<typeof readBracketWords> {
  try {
    return readBracketWords(text)
  } catch (error) {
    throw new AppError('invalid_request', `${param}: ${error instanceof Error ? error.message : 'a word in brackets is wrong'}`, { param, cause: error })
  }
}

function readMetadata(metadata: Metadata | undefined): Partial<MockBehaviour> {
  const given = metadata?.['mock']
  if (given === undefined) return {}
  const parsed = behaviourSchema.safeParse(given)
  if (parsed.success) return definedOnly(parsed.data)
  const issue = parsed.error.issues[0]
  const param = ['metadata', 'mock', ...(issue?.path ?? [])].join('.')
  throw new AppError('invalid_request', `${param}: ${issue?.message ?? 'is not what it should be'}`, { param })
}

function definedOnly(given: z.infer<typeof behaviourSchema>): Partial<MockBehaviour> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
