import { A2A_ERROR_DOMAIN, ERROR_INFO_TYPE } from '@a2a-js/sdk/errors'
import { toAppError, type AppError } from '@signalbox/errors'

import { reasonOf } from './a2a-error.ts'
import { A2A_FAULTS, isA2AReason, WIRE_FAULTS, type WireFault } from './fault-table.ts'

const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest'
const OUR_DOMAIN = 'signalbox'

export interface RpcError {
  code: number
  message: string
  data: object[]
}

/** An error as JSON-RPC's error object. What nobody foresaw becomes a general message. */
export function toRpcError(thrown: unknown): RpcError {
  const error = toAppError(thrown)
  return { code: toWireFault(error).rpc, message: error.message, data: toDetails(error) }
}

/** An error as `google.rpc.Status`, for the HTTP+JSON binding. */
export function toRestError(thrown: unknown): { http: number; body: { error: object } } {
  const error = toAppError(thrown)
  const { http, status } = toWireFault(error)
  return { http, body: { error: { code: http, status, message: error.message, details: toDetails(error) } } }
}

export function toWireFault(error: AppError): WireFault {
  const reason = reasonOf(error)
  return reason ? { reason, ...A2A_FAULTS[reason] } : WIRE_FAULTS[error.code]
}

function toDetails(error: AppError): object[] {
  const { reason } = toWireFault(error)
  const info = {
    '@type': ERROR_INFO_TYPE,
    reason,
    'domain': isA2AReason(reason) ? A2A_ERROR_DOMAIN : OUR_DOMAIN,
    'metadata': {
      code: error.code,
      retryable: String(error.retryable),
      ...(error.param !== undefined && { param: error.param }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: String(error.retryAfterMs) }),
    },
  }
  if (error.param === undefined) return [info]
  return [info, { '@type': BAD_REQUEST_TYPE, 'fieldViolations': [{ field: error.param, description: error.message }] }]
}
