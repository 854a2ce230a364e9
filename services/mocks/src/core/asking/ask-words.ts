import { pointerSchema, riskLevelSchema } from '@signalbox/contracts'

import { readMockAsk, type AskDetails, type Asking } from './mock-ask.ts'

type Asked = Partial<Asking>
type Word = (argument: string, asked: Asked) => Asked

/** The words with which a message has a mock ask people. Each throws a text that says what it wants. */
export const ASK_WORDS = {
  'ask': (argument, { asks = [] }) => ({ asks: [...asks, readMockAsk(argument)] }),
  'ask-strict': (argument, { asks = [] }) => ({ asks: [...asks, { ...readMockAsk(argument), strict: true }] }),
  'ask-again': (argument, { asks = [], asks_again = [] }) => ({ asks_again: [...asks_again, ...(argument === '' ? toSame(asks) : [readMockAsk(argument)])] }),
  'question': (argument, { questions = [] }) => ({ questions: [...questions, toText(argument)] }),
  'risk': (argument, asked) => about(asked, { risk: toRisk(argument) }),
  'secret': (argument, asked) => about(asked, { secrets: [...(asked.about?.secrets ?? []), toPointer(argument)] }),
  'why': (argument, asked) => about(asked, { why: toText(argument) }),
  'impact': (argument, asked) => about(asked, { impact: toText(argument) }),
  'effect': (argument, asked) => about(asked, { side_effects: [...(asked.about?.side_effects ?? []), toText(argument)] }),
  'irreversible': (_argument, asked) => about(asked, { reversible: false }),
  'no-edit': (_argument, asked) => about(asked, { editable: false }),
  'statement': (argument) => ({ statement: toText(argument) }),
  'oob': (argument) => ({ oob_ms: toMilliseconds(argument) }),
  'act': (argument) => (argument === 'fail' ? { act_fails: true } : { act_ms: toMilliseconds(argument) }),
} as const satisfies Record<string, Word>

function about({ about: before = {} }: Asked, more: AskDetails): Asked {
  return { about: { ...before, ...more } }
}

function toSame(asks: Asking['asks']): Asking['asks'] {
  if (asks.length === 0) throw new Error('wants an action, or an [ask] before it')
  return asks
}

function toText(argument: string): string {
  if (argument === '') throw new Error('wants some words')
  return argument
}

function toRisk(argument: string): NonNullable<AskDetails['risk']> {
  const { data } = riskLevelSchema.safeParse(argument)
  if (data === undefined) throw new Error(`wants one of: ${riskLevelSchema.options.join(', ')}`)
  return data
}

function toPointer(argument: string): string {
  const { data } = pointerSchema.min(1).safeParse(argument)
  if (data === undefined) throw new Error('wants a JSON pointer, as /token')
  return data
}

function toMilliseconds(argument: string): number {
  if (!/^\d{1,6}$/.test(argument) || Number(argument) > 600_000) throw new Error('wants a whole number from 0 to 600000')
  return Number(argument)
}
