import { NO_ASKING, type Asking } from './asking/mock-ask.ts'

/**
 * How a mock agent treats one message. Configured for all messages; words in brackets in an
 * instruction say otherwise for it, and so does a message's `metadata.mock`, which has the last word.
 */
export interface MockBehaviour extends Asking {
  delay_ms: number
  /** How many attempts at a node fail before one succeeds; -1 is all of them. */
  fail_times: number
  fail_retryable: boolean
  /** Fails where any of these stands in what it was given, as whole words. */
  fail_if: string[]
  chunks: number
  chunk_delay_ms: number
  /** Works until it is told to stop. */
  hang: boolean
  /** Answers with parts that fit no contract. */
  garbage: boolean
  /** Completes without a result, goes on after its end to fail, tells of another's task, or does not speak A2A at all. */
  lie: 'empty' | 'more' | 'other' | 'wire' | null
  /** Sends its result twice, and ends twice. */
  twice: boolean
  /** Answers with this list. */
  list: string[] | null
  /** Sends a list item by item, `delay_ms` apart, an artifact each. */
  stream: boolean
  /** Asks for what has not begun to be planned anew, for this reason. */
  replan: string | null
  /** Shares values with the nodes after it: with its result, or `early`, while it works. */
  put: { name: string; value: Json; early: boolean }[]
  /** Answers with the session's shared values of these names. */
  get: string[]
  /** Answers exactly this. */
  say: string | null
  /** What it says that it spent. */
  spend: { tokens: number; usd: number | null } | null
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Answers at once, and makes up what it is asked for. */
export const PLAIN_BEHAVIOUR: MockBehaviour = {
  ...NO_ASKING,
  delay_ms: 0,
  fail_times: 0,
  fail_retryable: true,
  fail_if: [],
  chunks: 1,
  chunk_delay_ms: 0,
  hang: false,
  garbage: false,
  lie: null,
  twice: false,
  list: null,
  stream: false,
  replan: null,
  put: [],
  get: [],
  say: null,
  spend: null,
}
