import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import type { ResponseObject } from '@signalbox/openai-wire/responses'

import type { GatewayContext } from '../gateway-env.ts'
import { renderError } from '../render-error.ts'
import { withCaller, type AnsweringTo } from '../with-caller.ts'

/** OpenAI's own words where a response is not there: its clients look for them. */
interface Worded {
  status: number
  type: string
  code: string | null
}

const WORDED = 'worded_as'

export function noSuchResponse(id: string): AppError {
  const worded: Worded = { status: 404, type: 'invalid_request_error', code: null }
  return new AppError('not_found', `Response with id '${id.slice(0, 256)}' not found.`, { details: { [WORDED]: worded } })
}

/** At OpenAI this is the request's fault, and not a thing that is missing. */
export function noPreviousResponse(id: string): AppError {
  const worded: Worded = { status: 400, type: 'invalid_request_error', code: 'previous_response_not_found' }
  return new AppError('not_found', `Previous response with id '${id.slice(0, 256)}' not found.`, {
    param: 'previous_response_id',
    details: { [WORDED]: worded },
  })
}

export function noSuchItem(id: string, param?: string): AppError {
  const worded: Worded = { status: 404, type: 'invalid_request_error', code: null }
  return new AppError('not_found', `Item with id '${id.slice(0, 256)}' not found.`, { ...(param !== undefined && { param }), details: { [WORDED]: worded } })
}

export function noSuchConversation(id: string, param?: string): AppError {
  const worded: Worded = { status: 404, type: 'invalid_request_error', code: null }
  return new AppError('not_found', `Conversation with id '${id.slice(0, 256)}' not found.`, {
    ...(param !== undefined && { param }),
    details: { [WORDED]: worded },
  })
}

export function invalid(param: string, why: string, code = 'invalid_value'): AppError {
  return new AppError('invalid_request', `Invalid '${param}': ${why}.`, { param, details: { code } })
}

/** As `renderError` does, with OpenAI's words where there are some. */
export function renderResponseError(error: unknown, telemetry: Telemetry, headers: Record<string, string> = {}): Response {
  const known = toAppError(error)
  const worded = known.details[WORDED] as Worded | undefined
  if (!worded) return renderError(error, telemetry, headers)
  const { status, type, code } = worded
  return Response.json({ error: { message: known.message, type, param: known.param ?? null, code } }, { status, headers })
}

/** As `withCaller` does, with OpenAI's words where there are some. */
export function answerInWords(c: GatewayContext, telemetry: Telemetry, answer: (to: AnsweringTo) => Promise<Response>): Promise<Response> {
  return withCaller(c, telemetry, async (to) => {
    try {
      return await answer(to)
    } catch (error) {
      const known = toAppError(error)
      if (!(WORDED in known.details) || to.caller.left || c.env.outgoing.headersSent) throw error
      c.get('record').errorCode = known.code
      return renderResponseError(known, telemetry, to.headers)
    }
  })
}

/** A failure as a response tells of it. What nobody foresaw is told to no one. */
export function toResponseFault(error: AppError): NonNullable<ResponseObject['error']> {
  return { code: error.code === 'rate_limited' ? 'rate_limit_exceeded' : 'server_error', message: error.message }
}
