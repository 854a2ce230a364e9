import { ASK_WORDS } from './asking/ask-words.ts'
import type { MockBehaviour } from './behaviour.ts'
import { findBrackets } from './find-brackets.ts'

type Orders = Partial<MockBehaviour>
type Put = MockBehaviour['put'][number]

const LONGEST_LIST = 1_000

/**
 * What each word does. A word is a promise to tests, so one whose argument makes no sense is a fault
 * and not a guess. Throws a text that says what the word wants.
 */
const WORDS: Readonly<Record<string, (argument: string, orders: Orders) => Orders>> = {
  'delay': (argument) => ({ delay_ms: toCount(argument, 600_000) }),
  'chunks': (argument) => ({ chunks: toCount(argument, 10_000, 1) }),
  'fail': () => ({ fail_times: -1, fail_retryable: false }),
  'down': (argument) => ({ fail_times: toCount(argument, 1_000_000), fail_retryable: true }),
  'fail-if': (argument, { fail_if = [] }) => ({ fail_if: [...fail_if, toText(argument)], fail_retryable: false }),
  'hang': () => ({ hang: true }),
  'lie': toLie,
  'twice': () => ({ twice: true }),
  'list': (argument) => ({ list: toList(argument) }),
  'stream': () => ({ stream: true }),
  'replan': (argument) => ({ replan: toText(argument) }),
  'put': (argument, { put = [] }) => ({ put: [...put, { ...toPut(argument), early: false }] }),
  'put-early': (argument, { put = [] }) => ({ put: [...put, { ...toPut(argument), early: true }] }),
  'get': (argument, { get = [] }) => ({ get: [...get, toText(argument)] }),
  'say': (argument) => ({ say: argument }),
  'spend': toSpend,
  ...ASK_WORDS,
}

export interface BracketReading {
  orders: Orders
  /** The text without its words. */
  rest: string
}

/**
 * Reads the words in brackets of a text: `Look it up. [delay 50] [say yes]`. What a word's
 * argument may hold is said at {@link findBrackets}; brackets that hold no word of ours are text.
 *
 * @throws Error saying what is wrong with a word's argument.
 */
export function readBracketWords(text: string): BracketReading {
  const orders: Orders = {}
  let rest = ''
  let end = 0
  for (const word of findBrackets(text, isMockWord)) {
    Object.assign(orders, obey(word.name, word.argument, orders))
    rest += text.slice(end, word.start)
    end = word.end
  }
  rest += text.slice(end)
  return { orders, rest: rest.replaceAll(/[ \t]{2,}/g, ' ').trim() }
}

/** Whether a bracket that begins so is meant for a mock agent. */
export function isMockWord(name: string): boolean {
  return Object.hasOwn(WORDS, name)
}

function obey(name: string, argument: string, orders: Orders): Orders {
  try {
    return WORDS[name]?.(argument, orders) ?? {}
  } catch (error) {
    throw new Error(`[${name}] ${error instanceof Error ? error.message : 'is not what it should be'}`, { cause: error })
  }
}

function toCount(argument: string, most: number, least = 0): number {
  const count = Number(argument)
  if (argument === '' || !Number.isInteger(count) || count < least || count > most) throw new Error(`wants a whole number from ${least} to ${most}`)
  return count
}

function toText(argument: string): string {
  if (argument === '') throw new Error('wants some words')
  return argument
}

function toLie(argument: string): Orders {
  switch (argument) {
    case '':
    case 'empty':
      return { lie: 'empty' }
    case 'data':
      return { garbage: true }
    case 'more':
    case 'other':
    case 'wire':
      return { lie: argument }
    default:
      throw new Error('wants one of: empty, data, more, other, wire')
  }
}

/** `3` → three items; `apples, pears` → these. */
function toList(argument: string): string[] {
  if (!/^\d+$/.test(argument)) {
    return toText(argument)
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }
  return Array.from({ length: toCount(argument, LONGEST_LIST) }, (_, index) => `item ${index + 1}`)
}

/** `name=value`; a value that is JSON is that, any other is a text. */
function toPut(argument: string): Pick<Put, 'name' | 'value'> {
  const [, name, value] = /^([^=\s]+)\s*=\s*([^]*)$/.exec(argument) ?? []
  if (name === undefined || value === undefined) throw new Error('wants name=value')
  try {
    return { name, value: JSON.parse(value) as Put['value'] }
  } catch {
    return { name, value }
  }
}

/** `100` tokens, or `100 0.05`: tokens and US dollars. */
function toSpend(argument: string): Orders {
  const [tokens = '', usd] = argument.split(/\s+/)
  const price = usd === undefined ? null : Number(usd)
  if (price !== null && !(price >= 0 && Number.isFinite(price))) throw new Error('wants tokens, and US dollars where they matter')
  return { spend: { tokens: toCount(tokens, 1_000_000_000), usd: price } }
}
