import { isAscii, isUtf8 } from 'node:buffer'

import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

import { outlineWithinBounds } from './bounded-outline.ts'
import { fitsSchema } from './fits-schema.ts'
import { toInvalidRequest } from './invalid-request.ts'
import { spliceJson } from './json-outline.ts'

/** A request for a model that was read, and the bytes it came in. */
export interface ReadRequest<Request> {
  request: Request
  /** What goes upstream: the bytes as they came, without a byte order mark. Of several models the last, which is the one that was judged, stands in the place of each. */
  bytes: Buffer
  /** The same bytes with another model's name. Every top-level `model` is replaced, so that an upstream which reads the first of two reads what we read. */
  withModel(model: string): Buffer
}

/**
 * Reads a request's bytes once.
 *
 * @throws AppError `invalid_json`, or `invalid_request` with the field in `param` (`messages[0].role`).
 */
export function readRequest<Schema extends z.ZodObject & z.ZodType<{ model: string }>>(body: Buffer, schema: Schema): ReadRequest<z.infer<Schema>> {
  const bytes = withoutByteOrderMark(body)
  if (bytes.length === 0) throw new AppError('invalid_json', 'The request body is empty.')
  const ascii = isAscii(bytes)
  if (!ascii && !isUtf8(bytes)) throw new AppError('invalid_json', 'The request body is not valid UTF-8.')
  const outline = outlineWithinBounds(bytes, 'model')
  // The same text, without looking for what takes more than one byte.
  const value = parseJson(bytes.toString(ascii ? 'latin1' : 'utf8'))
  const request = fitsSchema(value, schema) ? value : parseWhole(value, schema)
  const withModel = (model: string): Buffer => spliceJson(bytes, outline.values, model)
  return { request, bytes: outline.values.length === 1 ? bytes : withModel(request.model), withModel }
}

function parseWhole<Schema extends z.ZodType>(value: unknown, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw toInvalidRequest(parsed.error, value)
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    // V8 quotes the body in its message; where it stopped is all that may be repeated.
    const position = /at position (\d+)/.exec((cause as Error).message)?.[1]
    throw new AppError('invalid_json', `The request body is not valid JSON${position === undefined ? '' : ` (at position ${position})`}.`, { cause })
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
