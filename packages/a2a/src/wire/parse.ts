import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

/** Reads params from outside, or says which field is wrong. */
export function parseParams<Output>(schema: z.ZodType<Output>, params: unknown): Output {
  const parsed = schema.safeParse(params ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const param = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('').replace(/^\./, '')
  throw new AppError('invalid_request', `${param || 'The request'} ${issue?.message ?? 'is wrong'}.`, param ? { param } : {})
}

const MAX_DEPTH = 64

/** @throws AppError for text that is not JSON, or JSON nested so deeply that walking it would break us. */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid_json', 'The body is not valid JSON.', { cause: error })
  }
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charCodeAt(index)
    if (quoted) {
      if (letter === 92) index += 1
      else if (letter === 34) quoted = false
    } else if (letter === 34) quoted = true
    else if (letter === 123 || letter === 91) {
      depth += 1
      if (depth > MAX_DEPTH) throw new AppError('invalid_request', `The body is nested deeper than ${MAX_DEPTH} levels.`)
    } else if (letter === 125 || letter === 93) depth -= 1
  }
  return value
}
