import { toAppError, type ErrorCode } from '@signalbox/errors'

const STATUS: Partial<Record<ErrorCode, number>> = { not_found: 404, authentication_failed: 401, method_not_allowed: 405, payload_too_large: 413, invalid_request: 400, invalid_json: 400 }

/** Only routes beside A2A's own end here; A2A renders its errors itself. */
export function renderError(error: unknown): Response {
  const { code, message } = toAppError(error)
  return Response.json({ error: { code, message } }, { status: STATUS[code] ?? 500 })
}
