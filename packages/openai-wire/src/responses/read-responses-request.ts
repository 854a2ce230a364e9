import { isUtf8 } from 'node:buffer'

import { AppError } from '@signalbox/errors'

import { toInvalidRequest } from '../invalid-request.ts'
import { outlineJson, spliceJson } from '../json-outline.ts'
import { MAX_JSON_DEPTH } from '../read-request.ts'
import { responsesRequestSchema, type ResponsesRequest } from './responses-request.ts'

/** A request for a response that was read, and the bytes it came in. */
export interface ReadResponsesRequest {
  request: ResponsesRequest
  /** What goes upstream: the bytes as they came, without a byte order mark. */
  bytes: Buffer
  /** The same bytes with another model's name, at every top-level `model`. */
  withModel(model: string): Buffer
}

/**
 * Reads the bytes of a request for a response once.
 *
 * @throws AppError `invalid_json`, or `invalid_request` with the field in `param` (`input[0].role`).
 */
export function readResponsesRequest(body: Buffer): ReadResponsesRequest {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body
  if (bytes.length === 0) throw new AppError('invalid_json', 'The request body is empty.')
  if (!isUtf8(bytes)) throw new AppError('invalid_json', 'The request body is not valid UTF-8.')
  const outline = outlineJson(bytes, { key: 'model', maxDepth: MAX_JSON_DEPTH })
  if (!outline.withinDepth) throw new AppError('invalid_request', `The request body must not be nested deeper than ${MAX_JSON_DEPTH} levels.`)
  const value = parseJson(bytes)
  const parsed = responsesRequestSchema.safeParse(value)
  if (!parsed.success) throw toInvalidRequest(parsed.error, value)
  requireTogether(parsed.data)
  return { request: parsed.data, bytes, withModel: (model) => spliceJson(bytes, outline.values, model) }
}

/** What each may be, and both may not. */
function requireTogether({ background, store, conversation, previous_response_id: previous }: ResponsesRequest): void {
  if (background === true && store === false) throw refuse('store', 'a response in the background must be stored: leave store out, or say true')
  if (conversation && previous) throw refuse('previous_response_id', 'it excludes conversation')
}

function refuse(param: string, why: string): AppError {
  return new AppError('invalid_request', `Invalid '${param}': ${why}.`, { param, details: { code: 'invalid_value' } })
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch (cause) {
    // V8 quotes the body in its message; where it stopped is all that may be repeated.
    const position = /at position (\d+)/.exec((cause as Error).message)?.[1]
    throw new AppError('invalid_json', `The request body is not valid JSON${position === undefined ? '' : ` (at position ${position})`}.`, { cause })
  }
}
