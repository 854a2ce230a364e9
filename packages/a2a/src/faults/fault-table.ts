import type { ErrorCode } from '@signalbox/errors'

/** How a fault looks on A2A's two wires (specification sections 5.4, 9.5 and 11.6). */
export interface WireFault {
  /** `google.rpc.ErrorInfo.reason`. */
  reason: string
  /** JSON-RPC's `error.code`. */
  rpc: number
  /** The HTTP status, and its name in `google.rpc.Status`. */
  http: number
  status: string
}

/** Every code of ours, as A2A says it. The code itself travels in `ErrorInfo.metadata`, so that our clients get it back. */
export const WIRE_FAULTS = {
  invalid_json: { reason: 'INVALID_JSON', rpc: -32_700, http: 400, status: 'INVALID_ARGUMENT' },
  invalid_request: { reason: 'INVALID_PARAMS', rpc: -32_602, http: 400, status: 'INVALID_ARGUMENT' },
  unsupported_media_type: { reason: 'CONTENT_TYPE_NOT_SUPPORTED', rpc: -32_005, http: 400, status: 'INVALID_ARGUMENT' },
  payload_too_large: { reason: 'PAYLOAD_TOO_LARGE', rpc: -32_600, http: 413, status: 'INVALID_ARGUMENT' },
  authentication_failed: { reason: 'UNAUTHENTICATED', rpc: -32_600, http: 401, status: 'UNAUTHENTICATED' },
  permission_denied: { reason: 'PERMISSION_DENIED', rpc: -32_600, http: 403, status: 'PERMISSION_DENIED' },
  not_found: { reason: 'TASK_NOT_FOUND', rpc: -32_001, http: 404, status: 'NOT_FOUND' },
  model_not_found: { reason: 'MODEL_NOT_FOUND', rpc: -32_602, http: 404, status: 'NOT_FOUND' },
  method_not_allowed: { reason: 'METHOD_NOT_FOUND', rpc: -32_601, http: 405, status: 'UNIMPLEMENTED' },
  conflict: { reason: 'UNSUPPORTED_OPERATION', rpc: -32_004, http: 400, status: 'FAILED_PRECONDITION' },
  idempotency_mismatch: { reason: 'IDEMPOTENCY_MISMATCH', rpc: -32_602, http: 400, status: 'INVALID_ARGUMENT' },
  rate_limited: { reason: 'RATE_LIMITED', rpc: -32_603, http: 429, status: 'RESOURCE_EXHAUSTED' },
  plan_invalid: { reason: 'PLAN_INVALID', rpc: -32_603, http: 500, status: 'INTERNAL' },
  agent_unavailable: { reason: 'AGENT_UNAVAILABLE', rpc: -32_603, http: 503, status: 'UNAVAILABLE' },
  agent_failed: { reason: 'AGENT_FAILED', rpc: -32_603, http: 500, status: 'INTERNAL' },
  approval_required: { reason: 'APPROVAL_REQUIRED', rpc: -32_603, http: 409, status: 'FAILED_PRECONDITION' },
  approval_rejected: { reason: 'APPROVAL_REJECTED', rpc: -32_603, http: 403, status: 'PERMISSION_DENIED' },
  precondition_required: { reason: 'PRECONDITION_REQUIRED', rpc: -32_602, http: 428, status: 'FAILED_PRECONDITION' },
  canceled: { reason: 'CANCELED', rpc: -32_603, http: 499, status: 'CANCELLED' },
  budget_exceeded: { reason: 'BUDGET_EXCEEDED', rpc: -32_603, http: 429, status: 'RESOURCE_EXHAUSTED' },
  deadline_exceeded: { reason: 'DEADLINE_EXCEEDED', rpc: -32_603, http: 504, status: 'DEADLINE_EXCEEDED' },
  session_busy: { reason: 'SESSION_BUSY', rpc: -32_603, http: 409, status: 'ABORTED' },
  stale_lease: { reason: 'STALE_LEASE', rpc: -32_603, http: 409, status: 'ABORTED' },
  upstream_failed: { reason: 'UPSTREAM_FAILED', rpc: -32_603, http: 502, status: 'UNAVAILABLE' },
  upstream_invalid: { reason: 'INVALID_AGENT_RESPONSE', rpc: -32_006, http: 500, status: 'INTERNAL' },
  upstream_timeout: { reason: 'UPSTREAM_TIMEOUT', rpc: -32_603, http: 504, status: 'DEADLINE_EXCEEDED' },
  unavailable: { reason: 'UNAVAILABLE', rpc: -32_603, http: 503, status: 'UNAVAILABLE' },
  internal: { reason: 'INTERNAL', rpc: -32_603, http: 500, status: 'INTERNAL' },
} as const satisfies Record<ErrorCode, WireFault>

export const A2A_REASONS = [
  'TASK_NOT_FOUND',
  'TASK_NOT_CANCELABLE',
  'PUSH_NOTIFICATION_NOT_SUPPORTED',
  'UNSUPPORTED_OPERATION',
  'CONTENT_TYPE_NOT_SUPPORTED',
  'INVALID_AGENT_RESPONSE',
  'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
  'EXTENSION_SUPPORT_REQUIRED',
  'VERSION_NOT_SUPPORTED',
  // Not a type of A2A's own, but a code of JSON-RPC that its specification tells apart from wrong parameters.
  'INVALID_REQUEST',
] as const

export type A2AReason = (typeof A2A_REASONS)[number]

/** The errors that A2A itself defines (section 3.3.2), and what they are among our codes. */
export const A2A_FAULTS = {
  TASK_NOT_FOUND: { code: 'not_found', rpc: -32_001, http: 404, status: 'NOT_FOUND' },
  TASK_NOT_CANCELABLE: { code: 'conflict', rpc: -32_002, http: 400, status: 'FAILED_PRECONDITION' },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { code: 'invalid_request', rpc: -32_003, http: 400, status: 'FAILED_PRECONDITION' },
  UNSUPPORTED_OPERATION: { code: 'invalid_request', rpc: -32_004, http: 400, status: 'FAILED_PRECONDITION' },
  CONTENT_TYPE_NOT_SUPPORTED: { code: 'unsupported_media_type', rpc: -32_005, http: 400, status: 'INVALID_ARGUMENT' },
  INVALID_AGENT_RESPONSE: { code: 'upstream_invalid', rpc: -32_006, http: 500, status: 'INTERNAL' },
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: { code: 'invalid_request', rpc: -32_007, http: 400, status: 'FAILED_PRECONDITION' },
  EXTENSION_SUPPORT_REQUIRED: { code: 'invalid_request', rpc: -32_008, http: 400, status: 'FAILED_PRECONDITION' },
  VERSION_NOT_SUPPORTED: { code: 'invalid_request', rpc: -32_009, http: 400, status: 'FAILED_PRECONDITION' },
  INVALID_REQUEST: { code: 'invalid_request', rpc: -32_600, http: 400, status: 'INVALID_ARGUMENT' },
} as const satisfies Record<A2AReason, Omit<WireFault, 'reason'> & { code: ErrorCode }>

export function isA2AReason(value: unknown): value is A2AReason {
  return typeof value === 'string' && (A2A_REASONS as readonly string[]).includes(value)
}
