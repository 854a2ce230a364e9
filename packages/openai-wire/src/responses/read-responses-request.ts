import { AppError } from '@signalbox/errors'

import { readRequest, type ReadRequest } from '../read-request.ts'
import { responsesRequestSchema, type ResponsesRequest } from './responses-request.ts'

/** A request for a response that was read, and the bytes it came in. */
export type ReadResponsesRequest = ReadRequest<ResponsesRequest>

/**
 * Reads the bytes of a request for a response once.
 *
 * @throws AppError `invalid_json`, or `invalid_request` with the field in `param` (`input[0].role`).
 */
export function readResponsesRequest(body: Buffer): ReadResponsesRequest {
  const read = readRequest(body, responsesRequestSchema)
  requireTogether(read.request)
  return read
}

/** What each may be, and both may not. */
function requireTogether({ background, store, conversation, previous_response_id: previous }: ResponsesRequest): void {
  if (background === true && store === false) throw refuse('store', 'a response in the background must be stored: leave store out, or say true')
  if (conversation && previous) throw refuse('previous_response_id', 'it excludes conversation')
}

function refuse(param: string, why: string): AppError {
  return new AppError('invalid_request', `Invalid '${param}': ${why}.`, { param, details: { code: 'invalid_value' } })
}
