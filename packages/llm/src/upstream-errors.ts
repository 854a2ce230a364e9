import { AppError } from '@signalbox/errors'
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'

/**
 * What a model endpoint's failure is in our words. The endpoint's own words are never repeated:
 * providers echo prompts and pieces of keys in them. Only its short codes are, where they look like codes.
 */
export function toUpstreamError(error: unknown, host: string): AppError {
  if (error instanceof AppError) return error
  if (error instanceof APIConnectionTimeoutError)
    return new AppError('upstream_timeout', `The model endpoint ${host} did not answer in time.`, { cause: error })
  if (error instanceof APIConnectionError)
    return new AppError('upstream_failed', `The model endpoint ${host} cannot be reached${inBrackets(networkCode(error))}.`, { cause: error })
  if (error instanceof APIError) return error.status === undefined ? toStreamFault(error, host) : toStatusFault(error, host)
  if (error instanceof SyntaxError) return new AppError('upstream_invalid', `The model endpoint ${host} answered with something that is not JSON.`)
  return new AppError(
    'upstream_failed',
    `The connection to the model endpoint ${host} broke before the answer was complete${inBrackets(networkCode(error))}.`,
    { cause: error },
  )
}

/** An answer whose shape is not OpenAI's. */
export function toInvalidAnswer(host: string, what: string): AppError {
  return new AppError('upstream_invalid', `The model endpoint ${host} answered with ${what}.`)
}

function toStatusFault(error: APIError, host: string): AppError {
  const status = error.status as number
  const code = plainCode(error.code) ?? plainCode(error.type)
  const details = { status, ...(code && { upstream_code: code }) }
  const retryAfterMs = readRetryAfter(error.headers)
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 401 || status === 403) {
    return new AppError('upstream_failed', `The model endpoint ${host} refused our credentials (${status}): check the API key and what it may use.`, {
      retryable: false,
      details,
    })
  }
  if (status === 429) {
    if (code === 'insufficient_quota')
      return new AppError('rate_limited', `The account at the model endpoint ${host} has no quota left.`, { retryable: false, details })
    return new AppError('rate_limited', `The model endpoint ${host} asks us to slow down.`, { details, ...wait })
  }
  if (status === 408) return new AppError('upstream_timeout', `The model endpoint ${host} gave up waiting (408).`, { details })
  if (status >= 500) return new AppError('upstream_failed', `The model endpoint ${host} failed (${status}${code ? `, ${code}` : ''}).`, { details, ...wait })
  return new AppError('upstream_failed', `The model endpoint ${host} refused the request (${status}${code ? `, ${code}` : ''}).`, { retryable: false, details })
}

/** `data: {"error": …}` inside a stream that had begun well. */
function toStreamFault(error: APIError, host: string): AppError {
  const code = plainCode(error.code) ?? plainCode(error.type)
  return new AppError('upstream_failed', `The model endpoint ${host} failed in the middle of its answer${inBrackets(code)}.`, {
    ...(code && { details: { upstream_code: code } }),
  })
}

const LONGEST_WAIT_MS = 3_600_000

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
function readRetryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(milliseconds)) return bounded(milliseconds)
  const text = headers?.get('retry-after')
  if (!text) return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return bounded(seconds * 1_000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : bounded(date - Date.now())
}

function bounded(milliseconds: number): number {
  return Math.min(Math.max(0, Math.round(milliseconds)), LONGEST_WAIT_MS)
}

function plainCode(code: unknown): string | undefined {
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined
}

/** `ECONNREFUSED`, from wherever in the chain of causes the network said it. */
function networkCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    const code = plainCode((current as NodeJS.ErrnoException).code)
    if (code) return code
    const [first] = current instanceof AggregateError ? (current.errors as unknown[]) : []
    if (first instanceof Error) return plainCode((first as NodeJS.ErrnoException).code)
  }
  return undefined
}

function inBrackets(text: string | undefined): string {
  return text === undefined ? '' : ` (${text})`
}
