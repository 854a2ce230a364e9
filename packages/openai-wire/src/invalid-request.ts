import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** What is said of a fault: what the words begin with stands in OpenAI's own, so that who knows them knows ours. */
interface Said {
  code: string
  message: string
}

/** Keys that are not known are told by name, and have any length. */
const LONGEST = 400

/**
 * The first thing that is wrong, with where it is in `param` and OpenAI's name for it in `details.code`.
 * `input` is what was parsed: with it the words say what came instead, and without it what a schema says.
 */
export function toInvalidRequest(error: z.ZodError, ...[input]: [input?: unknown]): AppError {
  const issue = innermost(error.issues[0] as Issue)
  const param = toParam(issue.path)
  const said = input === undefined ? undefined : describe(issue, param, valueAt(input, issue.path))
  const message = said?.message ?? `${param === '' ? 'The request body' : param}: ${issue.message}.`
  return new AppError('invalid_request', message.length <= LONGEST ? message : `${message.slice(0, LONGEST).toWellFormed()}…`, {
    ...(param !== '' && { param }),
    ...(said && { details: { code: said.code } }),
  })
}

/** `['messages', 0, 'content']` → `messages[0].content`. */
export function toParam(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`))
    .join('')
    .slice(0, 200)
}

/** Of a value that fits none of several shapes: what is wrong inside the one that it meant to have. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue
  const inner = issue.errors.flat().find(({ path, code }) => path.length > 0 || code === 'too_small' || code === 'too_big')
  return inner ? innermost({ ...inner, path: [...issue.path, ...inner.path] }) : issue
}

function describe(issue: Issue, param: string, value: unknown): Said {
  const what = param === '' ? 'the request body' : `'${param}'`
  if (value === undefined && param !== '') return { code: 'missing_required_parameter', message: `Missing required parameter: ${what}.` }
  const bad = `Invalid ${what}`
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(what, NAMES[issue.expected] ?? `a value of type ${issue.expected}`, value)
    case 'too_small':
    case 'too_big':
      return outOfBounds(bad, issue, value)
    case 'invalid_value':
      return wrongValue(issue.values.map(String), value, what)
    case 'invalid_union':
      if (issue.discriminator !== undefined) return wrongValue(toOptions(issue), value, what)
      return issue.message.startsWith('expected ')
        ? wrongType(what, issue.message.slice('expected '.length), value)
        : { code: 'invalid_value', message: `${bad}: ${issue.message}.` }
    case 'custom': {
      const code = typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'invalid_value'
      return code === 'invalid_type' ? wrongType(what, issue.message.replace(/^expected /, ''), value) : { code, message: `${bad}: ${issue.message}.` }
    }
    default:
      return { code: 'invalid_value', message: `${bad}: ${issue.message}.` }
  }
}

const NAMES: Record<string, string> = {
  string: 'a string',
  number: 'a decimal',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

function wrongType(what: string, expected: string, value: unknown): Said {
  return { code: 'invalid_type', message: `Invalid type for ${what}: expected ${expected}, but got ${nameOf(value)} instead.` }
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return NAMES[typeof value] ?? typeof value
}

type Bounds = Extract<Issue, { code: 'too_small' | 'too_big' }>

function outOfBounds(bad: string, issue: Bounds, value: unknown): Said {
  const isAbove = issue.code === 'too_big'
  const bound = Number(isAbove ? issue.maximum : issue.minimum)
  if (issue.origin === 'array' || issue.origin === 'string') {
    const { length } = value as unknown[] | string
    const a = issue.origin === 'array' ? 'an array' : 'a string'
    if (length === 0)
      return {
        code: `empty_${issue.origin}`,
        message: `${bad}: empty ${issue.origin}. Expected ${a} with minimum length ${bound}, but got an empty ${issue.origin} instead.`,
      }
    return {
      code: `${issue.origin}_${isAbove ? 'above_max' : 'below_min'}_length`,
      message: `${bad}: ${issue.origin} too ${isAbove ? 'long' : 'short'}. Expected ${a} with ${isAbove ? 'maximum' : 'minimum'} length ${bound}, but got ${a} with length ${length} instead.`,
    }
  }
  const kind = Number.isInteger(value) ? 'integer' : 'decimal'
  return {
    code: `${kind}_${isAbove ? 'above_max' : 'below_min'}_value`,
    message: `${bad}: ${kind} ${isAbove ? 'above maximum' : 'below minimum'} value. Expected a value ${isAbove ? '<=' : '>='} ${bound}, but got ${String(value)} instead.`,
  }
}

function wrongValue(options: readonly string[], value: unknown, what: string): Said {
  const supported = options.length === 0 ? '' : ` Supported values are: ${options.map((option) => `'${option}'`).join(', ')}.`
  // Nothing is repeated but what looks like a word.
  const given = typeof value === 'string' && /^[\w.-]{1,40}$/.test(value) ? ` '${value}'` : ''
  return { code: 'invalid_value', message: `Invalid value${given} for ${what}.${supported}` }
}

function toOptions(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  const { options } = issue as { options?: unknown }
  return Array.isArray(options) ? options.map(String) : []
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined), input)
}
