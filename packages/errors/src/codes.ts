/**
 * Everything that can go wrong, as a closed set. A wire (OpenAI's, A2A's) maps every code, and the
 * compiler finds the one it forgot: `{ … } satisfies Record<ErrorCode, …>`.
 */
export const ERROR_CODES = [
  // The caller's faults.
  'invalid_json',
  'invalid_request',
  'unsupported_media_type',
  'payload_too_large',
  'authentication_failed',
  'permission_denied',
  'not_found',
  'model_not_found',
  'method_not_allowed',
  'conflict',
  'idempotency_mismatch',
  'precondition_required',
  'rate_limited',
  // How a session or one of its nodes can end.
  'plan_invalid',
  'agent_unavailable',
  'agent_failed',
  'approval_required',
  'approval_rejected',
  'canceled',
  'deadline_exceeded',
  'budget_exceeded',
  // A store that is held by another, or that moved on.
  'session_busy',
  'stale_lease',
  // The faults of what stands behind us.
  'upstream_failed',
  'upstream_invalid',
  'upstream_timeout',
  'unavailable',
  // Ours.
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Whether trying the same thing again can help, where the thrower did not say. */
export const RETRYABLE_BY_DEFAULT = {
  invalid_json: false,
  invalid_request: false,
  unsupported_media_type: false,
  payload_too_large: false,
  authentication_failed: false,
  permission_denied: false,
  not_found: false,
  model_not_found: false,
  method_not_allowed: false,
  conflict: false,
  idempotency_mismatch: false,
  precondition_required: false,
  rate_limited: true,
  plan_invalid: false,
  agent_unavailable: true,
  agent_failed: false,
  approval_required: false,
  approval_rejected: false,
  canceled: false,
  deadline_exceeded: true,
  budget_exceeded: false,
  session_busy: true,
  stale_lease: false,
  upstream_failed: true,
  upstream_invalid: false,
  upstream_timeout: true,
  unavailable: true,
  internal: false,
} as const satisfies Record<ErrorCode, boolean>

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && (ERROR_CODES as readonly string[]).includes(value)
}
