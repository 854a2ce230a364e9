import { A2A_ERROR_DOMAIN, ERROR_INFO_TYPE } from '@a2a-js/sdk/errors'
import { AppError, isErrorCode, toAppError, type ErrorCode } from '@signalbox/errors'
import { z } from 'zod'

/**
 * How our errors look on A2A's two bindings. The protocol knows fewer than we do, so our own code
 * travels in `ErrorInfo.metadata` and is restored at the other end.
 * Source: A2A specification 1.0.1, sections 3.3.2, 9.5 and 11.6.
 */
interface WireError {
  rpc: number
  http: number
  /** `google.rpc.Status.status`. */
  status: string
  reason: string
}

const invalid = { rpc: -32602, http: 400, status: 'INVALID_ARGUMENT', reason: 'INVALID_PARAMS' }
const unsupported = { rpc: -32004, http: 400, status: 'FAILED_PRECONDITION', reason: 'UNSUPPORTED_OPERATION' }
const internal = { rpc: -32603, http: 500, status: 'INTERNAL', reason: 'INTERNAL' }
const unavailable = { rpc: -32603, http: 503, status: 'UNAVAILABLE', reason: 'UNAVAILABLE' }
const late = { rpc: -32603, http: 504, status: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' }

const WIRE = {
  invalid_json: { rpc: -32700, http: 400, status: 'INVALID_ARGUMENT', reason: 'PARSE_ERROR' },
  invalid_request: invalid,
  unsupported_media_type: { rpc: -32005, http: 400, status: 'INVALID_ARGUMENT', reason: 'CONTENT_TYPE_NOT_SUPPORTED' },
  payload_too_large: { ...invalid, http: 413, reason: 'PAYLOAD_TOO_LARGE' },
  authentication_failed: { rpc: -32600, http: 401, status: 'UNAUTHENTICATED', reason: 'UNAUTHENTICATED' },
  permission_denied: { rpc: -32600, http: 403, status: 'PERMISSION_DENIED', reason: 'PERMISSION_DENIED' },
  not_found: { rpc: -32001, http: 404, status: 'NOT_FOUND', reason: 'TASK_NOT_FOUND' },
  model_not_found: { rpc: -32602, http: 404, status: 'NOT_FOUND', reason: 'MODEL_NOT_FOUND' },
  method_not_allowed: { rpc: -32601, http: 405, status: 'UNIMPLEMENTED', reason: 'METHOD_NOT_FOUND' },
  conflict: unsupported,
  idempotency_mismatch: { ...invalid, http: 422, reason: 'IDEMPOTENCY_MISMATCH' },
  rate_limited: { rpc: -32603, http: 429, status: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED' },
  plan_invalid: { ...internal, reason: 'PLAN_INVALID' },
  agent_unavailable: unavailable,
  agent_failed: { rpc: -32006, http: 500, status: 'INTERNAL', reason: 'INVALID_AGENT_RESPONSE' },
  canceled: { ...unsupported, reason: 'CANCELED' },
  deadline_exceeded: late,
  session_busy: { ...unsupported, reason: 'SESSION_BUSY' },
  stale_lease: unavailable,
  upstream_failed: unavailable,
  upstream_invalid: { ...internal, reason: 'UPSTREAM_INVALID' },
  upstream_timeout: late,
  unavailable,
  internal,
} as const satisfies Record<ErrorCode, WireError>

/** Errors that only the protocol has a word for. */
export type ProtocolFault = 'version_not_supported' | 'push_not_supported' | 'task_not_cancelable' | 'method_not_found' | 'invalid_request_object' | 'extended_card_not_configured'

const PROTOCOL_FAULTS = {
  version_not_supported: { rpc: -32009, http: 400, status: 'FAILED_PRECONDITION', reason: 'VERSION_NOT_SUPPORTED' },
  push_not_supported: { rpc: -32003, http: 400, status: 'FAILED_PRECONDITION', reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' },
  task_not_cancelable: { rpc: -32002, http: 400, status: 'FAILED_PRECONDITION', reason: 'TASK_NOT_CANCELABLE' },
  method_not_found: { rpc: -32601, http: 404, status: 'UNIMPLEMENTED', reason: 'METHOD_NOT_FOUND' },
  invalid_request_object: { rpc: -32600, http: 400, status: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
  extended_card_not_configured: { rpc: -32007, http: 400, status: 'FAILED_PRECONDITION', reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' },
} as const satisfies Record<ProtocolFault, WireError>

/** An error that is the protocol's own; at the other end it is the `AppError` that it extends. */
export function protocolError(fault: ProtocolFault, message: string): AppError {
  return new AppError(fault === 'method_not_found' ? 'method_not_allowed' : fault === 'task_not_cancelable' ? 'conflict' : 'invalid_request', message, { details: { a2a: fault } })
}

function wireOf(error: AppError): WireError {
  const fault = error.details['a2a'] as ProtocolFault | undefined
  return fault ? PROTOCOL_FAULTS[fault] : WIRE[error.code]
}

function errorInfo(error: AppError, reason: string): Record<string, unknown> {
  return {
    '@type': ERROR_INFO_TYPE,
    reason,
    'domain': A2A_ERROR_DOMAIN,
    'metadata': {
      code: error.code,
      retryable: String(error.retryable),
      ...(error.param && { param: error.param }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: String(error.retryAfterMs) }),
    },
  }
}

export function toRpcError(error: unknown): { code: number; message: string; data: unknown[] } {
  const known = toAppError(error)
  const wire = wireOf(known)
  return { code: wire.rpc, message: known.message, data: [errorInfo(known, wire.reason)] }
}

export function toRestError(error: unknown): { status: number; body: Record<string, unknown> } {
  const known = toAppError(error)
  const wire = wireOf(known)
  return { status: wire.http, body: { error: { code: wire.http, status: wire.status, message: known.message, details: [errorInfo(known, wire.reason)] } } }
}

const errorInfoSchema = z.looseObject({ reason: z.string().optional(), metadata: z.record(z.string(), z.string()).optional() })
export const wireErrorSchema = z.looseObject({ code: z.number(), message: z.string().default(''), data: z.unknown().optional(), details: z.unknown().optional() })

const CODES_BY_RPC: Record<number, ErrorCode> = { [-32700]: 'invalid_json', [-32602]: 'invalid_request', [-32600]: 'invalid_request', [-32601]: 'method_not_allowed', [-32001]: 'not_found', [-32002]: 'conflict', [-32004]: 'conflict' }
const CODES_BY_HTTP: Record<number, ErrorCode> = { 400: 'invalid_request', 401: 'authentication_failed', 403: 'permission_denied', 404: 'not_found', 413: 'payload_too_large', 429: 'rate_limited', 503: 'agent_unavailable', 504: 'upstream_timeout' }

/** What a peer's error means to us: our own code where it came from one of ours, else by the protocol's. Its words are kept, cut to a line. */
export function fromWireError(raw: unknown, httpStatus: number): AppError {
  const parsed = wireErrorSchema.safeParse(raw)
  const wire = parsed.success ? parsed.data : undefined
  const infos = [wire?.data, wire?.details].flatMap((list) => (Array.isArray(list) ? list : []))
  const info = infos.map((item) => errorInfoSchema.safeParse(item)).find((item) => item.success)?.data
  const code = info?.metadata?.['code']
  const known = isErrorCode(code) ? code : (CODES_BY_RPC[wire?.code ?? 0] ?? CODES_BY_HTTP[httpStatus] ?? 'agent_failed')
  const retryable = info?.metadata?.['retryable']
  const wait = Number(info?.metadata?.['retryAfterMs'])
  return new AppError(known, (wire?.message || `The agent answered ${httpStatus}.`).slice(0, 500), {
    ...(retryable !== undefined ? { retryable: retryable === 'true' } : known === 'agent_failed' && httpStatus >= 500 ? { retryable: true } : {}),
    ...(info?.metadata?.['param'] !== undefined && { param: info.metadata['param'] }),
    ...(Number.isFinite(wait) && wait > 0 && { retryAfterMs: wait }),
  })
}
