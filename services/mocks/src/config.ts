import { flag, port, wholeNumber } from '@signalbox/config'
import { serviceFields } from '@signalbox/service-kit'
import { z } from 'zod'

import { readBracketWords } from './core/bracket-words.ts'
import { MOCK_AGENTS } from './core/mock-content.ts'
import { readFaultPlan } from './http/fault-plan.ts'

const MINUTES_10 = 600_000

export const scriptedLlmConfigSchema = z.object({
  ...serviceFields({ port: 8010 }),
  /** When set, callers must send it as their bearer key. */
  SCRIPTED_LLM_API_KEY: z.string().min(1).optional(),
  /** The pause before each delta of a stream. */
  SCRIPTED_LLM_DELAY_MS: wholeNumber({ min: 0, max: 10_000, fallback: 5 }),
  /** Faults for callers that cannot send a header: `plan: malformed-structured *1, chat: delay=200`. */
  SCRIPTED_LLM_FAULTS: z
    .string()
    .default('')
    .transform((text, context) => {
      const plan = readFaultPlan(text)
      if (typeof plan !== 'string') return plan
      context.addIssue({ code: 'custom', message: plan })
      return z.NEVER
    }),
})
export type ScriptedLlmConfig = z.infer<typeof scriptedLlmConfigSchema>

/** How mock agents behave where a message's own `metadata.mock` does not say otherwise. */
const behaviourFields = {
  MOCK_DELAY_MS: wholeNumber({ min: 0, max: MINUTES_10, fallback: 0 }),
  /** How many attempts at a node fail before one succeeds; -1 is all of them. */
  MOCK_FAIL_TIMES: wholeNumber({ min: -1, max: 1_000_000, fallback: 0 }),
  MOCK_FAIL_RETRYABLE: flag(true),
  /** How many pieces the text comes in. */
  MOCK_CHUNKS: wholeNumber({ min: 1, max: 10_000, fallback: 1 }),
  MOCK_CHUNK_DELAY_MS: wholeNumber({ min: 0, max: 60_000, fallback: 0 }),
  /** Words in brackets that every message is treated by: `[delay 50] [spend 100]`. */
  MOCK_WORDS: z
    .string()
    .transform((text, context) => {
      try {
        return readBracketWords(text).orders
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is not understood' })
        return z.NEVER
      }
    })
    .optional(),
}

const mockAgentName = z.enum(MOCK_AGENTS, { error: `is none of ${MOCK_AGENTS.join(', ')}` })

export const mockAgentConfigSchema = z.object({
  ...serviceFields({ port: 8011 }),
  ...behaviourFields,
  MOCK_AGENT: mockAgentName.default('reasoning'),
  /** What it calls itself, where several of a kind run; `mock-` and its kind when absent. */
  MOCK_NAME: z.string().min(1).max(64).optional(),
  /** Where others reach the agent, when that is not where it listens. */
  PUBLIC_URL: z.url().optional(),
})
export type MockAgentConfig = z.infer<typeof mockAgentConfigSchema>

/**
 * What `main.ts` reads: the scripted LLM, and the four agents on the four ports from
 * `MOCK_AGENTS_PORT`; or, where `MOCK_AGENT` names one, that agent alone on `PORT`.
 */
export const mocksConfigSchema = z.object({
  ...scriptedLlmConfigSchema.shape,
  ...behaviourFields,
  MOCK_AGENT: mockAgentName.optional(),
  MOCK_AGENTS: flag(true),
  MOCK_AGENTS_PORT: port(8011),
  /** Where others reach the agents, without a port: `http://mocks`. Each agent adds its own. */
  MOCK_AGENTS_PUBLIC_URL: z.url().optional(),
})
export type MocksConfig = z.infer<typeof mocksConfigSchema>
