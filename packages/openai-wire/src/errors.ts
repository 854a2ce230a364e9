import type { AppError, ErrorCode } from '@signalbox/errors'

/** OpenAI's error body. All four keys are required by its document. */
export interface OpenAIErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null }
}

interface WireError {
  status: number
  type: string
  code: string | null
}

/** How each of our codes looks on OpenAI's wire: the caller's faults are 4xx, never 500. */
const WIRE = {
  invalid_json: { status: 400, type: 'invalid_request_error', code: 'invalid_json' },
  invalid_request: { status: 400, type: 'invalid_request_error', code: 'invalid_value' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' },
  payload_too_large: { status: 413, type: 'invalid_request_error', code: 'payload_too_large' },
  authentication_failed: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  permission_denied: { status: 403, type: 'permission_error', code: 'permission_denied' },
  not_found: { status: 404, type: 'not_found_error', code: 'not_found' },
  model_not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  method_not_allowed: { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' },
  conflict: { status: 409, type: 'conflict_error', code: 'conflict' },
  idempotency_mismatch: { status: 422, type: 'invalid_request_error', code: 'idempotency_mismatch' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  plan_invalid: { status: 502, type: 'server_error', code: 'plan_invalid' },
  agent_unavailable: { status: 503, type: 'server_error', code: 'agent_unavailable' },
  agent_failed: { status: 502, type: 'server_error', code: 'agent_failed' },
  approval_required: { status: 409, type: 'approval_required', code: 'approval_required' },
  approval_rejected: { status: 403, type: 'permission_error', code: 'approval_rejected' },
  precondition_required: { status: 428, type: 'invalid_request_error', code: 'precondition_required' },
  canceled: { status: 409, type: 'conflict_error', code: 'session_canceled' },
  budget_exceeded: { status: 429, type: 'insufficient_quota', code: 'budget_exceeded' },
  deadline_exceeded: { status: 504, type: 'server_error', code: 'deadline_exceeded' },
  session_busy: { status: 409, type: 'conflict_error', code: 'session_busy' },
  stale_lease: { status: 503, type: 'server_error', code: 'unavailable' },
  upstream_failed: { status: 502, type: 'server_error', code: 'upstream_failed' },
  upstream_invalid: { status: 502, type: 'server_error', code: 'upstream_invalid' },
  upstream_timeout: { status: 504, type: 'server_error', code: 'upstream_timeout' },
  unavailable: { status: 503, type: 'server_error', code: 'unavailable' },
  internal: { status: 500, type: 'server_error', code: 'internal_error' },
} as const satisfies Record<ErrorCode, WireError>

/** An error as OpenAI's clients take it. What is wrong with a request has a closer name than its kind, under `details.code`. */
export function toOpenAIError(error: AppError): { status: number; body: OpenAIErrorBody; headers: Record<string, string> } {
  const { status, type, code: kind } = WIRE[error.code]
  const closer = error.code === 'invalid_request' ? error.details['code'] : undefined
  const code = typeof closer === 'string' ? closer : kind
  return { status, body: { error: { message: error.message, type, param: error.param ?? null, code } }, headers: retryHeaders(error, status) }
}

/** OpenAI's SDKs try 408, 409, 429 and 5xx again unless they are told not to. */
function retryHeaders(error: AppError, status: number): Record<string, string> {
  const headers: Record<string, string> = {}
  if (!error.retryable && (status === 409 || status === 429 || status >= 500)) headers['x-should-retry'] = 'false'
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1_000))
  return headers
}
