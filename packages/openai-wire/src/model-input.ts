import { z } from 'zod'

/** What a model is given where there are no messages: a text, several, a text as its tokens, or several of those. */
export type ModelInput = string | string[] | number[] | number[][]

/** OpenAI's own bound for the texts of one request. */
const MOST_TEXTS = 2_048
/** More than any model reads. */
const MOST_TOKENS = 1_048_576

const EXPECTED = 'expected one of a string, an array of strings, an array of integers or an array of arrays of integers'

interface Fault {
  path: number[]
  message: string
  code: string
}

/** Walked over by hand: a schema for each of a million tokens would hold everybody else up. */
export const modelInputSchema = z
  .custom<ModelInput>((value) => value !== undefined && value !== null, { error: EXPECTED, params: { code: 'invalid_type' } })
  .superRefine((value, context) => {
    const fault = findFault(value)
    if (fault) context.addIssue({ code: 'custom', path: fault.path, message: fault.message, params: { code: fault.code } })
  })

function findFault(value: unknown): Fault | undefined {
  if (typeof value === 'string') return undefined
  if (!Array.isArray(value)) return { path: [], message: EXPECTED, code: 'invalid_type' }
  const items = value as unknown[]
  if (items.length === 0) return { path: [], message: 'it must hold one item at least', code: 'empty_array' }
  if (typeof items[0] === 'number') return findTokenFault(items, [])
  if (items.length > MOST_TEXTS)
    return { path: [], message: `it must hold ${MOST_TEXTS} items at most, but holds ${items.length}`, code: 'array_above_max_length' }
  return Array.isArray(items[0]) ? findListFault(items) : findTextFault(items)
}

function findTextFault(items: readonly unknown[]): Fault | undefined {
  const at = items.findIndex((item) => typeof item !== 'string')
  return at === -1 ? undefined : { path: [at], message: 'expected a string', code: 'invalid_type' }
}

function findListFault(items: readonly unknown[]): Fault | undefined {
  for (const [at, item] of items.entries()) {
    if (!Array.isArray(item)) return { path: [at], message: 'expected an array of integers', code: 'invalid_type' }
    if (item.length === 0) return { path: [at], message: 'it must hold one item at least', code: 'empty_array' }
    const fault = findTokenFault(item, [at])
    if (fault) return fault
  }
  return undefined
}

function findTokenFault(tokens: readonly unknown[], path: number[]): Fault | undefined {
  if (tokens.length > MOST_TOKENS) return { path, message: `it must hold ${MOST_TOKENS} tokens at most`, code: 'array_above_max_length' }
  const at = tokens.findIndex((token) => !Number.isSafeInteger(token) || (token as number) < 0)
  return at === -1 ? undefined : { path: [...path, at], message: 'expected an integer', code: 'invalid_type' }
}
