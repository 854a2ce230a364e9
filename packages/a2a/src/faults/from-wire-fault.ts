import { AppError, isErrorCode, type ErrorCode } from '@signalbox/errors'
import { z } from 'zod'

import { A2A_FAULTS, A2A_REASONS, isA2AReason, type A2AReason } from './fault-table.ts'

const LONGEST_MESSAGE = 500

const errorInfoSchema = z.looseObject({ reason: z.string().optional(), metadata: z.record(z.string(), z.unknown()).optional() })

/** Both wires' errors: JSON-RPC's `{code, message, data}` and `google.rpc.Status`' `{code, message, details}`. */
const wireErrorSchema = z.looseObject({
  code: z.number().optional(),
  message: z.string().optional(),
  data: z.unknown().optional(),
  details: z.unknown().optional(),
})

/** An error that an agent answered, as one of ours: exactly the one it threw when it is of our kind, the nearest otherwise. */
export function fromWireError(body: unknown): AppError {
  const wire = wireErrorSchema.safeParse(body).data
  if (!wire) return new AppError('upstream_invalid', 'The agent answered with an error that says nothing.')
  const { reason, metadata } = readErrorInfo(wire.data) ?? readErrorInfo(wire.details) ?? {}
  const message = (wire.message ?? 'The agent answered with an error.').slice(0, LONGEST_MESSAGE)
  return new AppError(toCode({ named: metadata?.['code'], reason, rpc: wire.code }), message, {
    ...(isA2AReason(reason) && { details: { reason } }),
    ...(typeof metadata?.['param'] === 'string' && { param: metadata['param'] }),
    ...(metadata?.['retryable'] !== undefined && { retryable: String(metadata['retryable']) === 'true' }),
    ...(Number(metadata?.['retryAfterMs']) >= 0 && { retryAfterMs: Number(metadata?.['retryAfterMs']) }),
  })
}

/** What an HTTP status means when the body did not say it better. */
export function fromHttpStatus(status: number): AppError {
  if (status >= 300 && status < 400) return new AppError('upstream_invalid', `The agent answered with a redirect (${status}), which is never followed.`)
  if (status === 429) return new AppError('rate_limited', 'The agent takes no more calls for now (429).')
  if (status === 503) return new AppError('agent_unavailable', 'The agent is not available (503).')
  if (status === 504) return new AppError('upstream_timeout', 'The agent, or what stands before it, timed out (504).')
  return new AppError('upstream_failed', `The agent answered with HTTP status ${status}.`, { retryable: status >= 500 })
}

function toCode({ named, reason, rpc }: { named: unknown; reason: string | undefined; rpc: number | undefined }): ErrorCode {
  if (isErrorCode(named)) return named
  const known = isA2AReason(reason) ? reason : A2A_REASONS.find((candidate) => A2A_FAULTS[candidate].rpc === rpc)
  if (known) return FROM_REASON[known]
  return rpc === -32_602 || rpc === -32_601 ? 'invalid_request' : 'agent_failed'
}

/** Said by another's agent, these are faults of what we sent it or of what it is, not of who asked us. */
const FROM_REASON = {
  TASK_NOT_FOUND: 'not_found',
  TASK_NOT_CANCELABLE: 'conflict',
  PUSH_NOTIFICATION_NOT_SUPPORTED: 'invalid_request',
  // Mostly said of a task that has ended.
  UNSUPPORTED_OPERATION: 'conflict',
  CONTENT_TYPE_NOT_SUPPORTED: 'unsupported_media_type',
  INVALID_AGENT_RESPONSE: 'upstream_invalid',
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: 'invalid_request',
  EXTENSION_SUPPORT_REQUIRED: 'invalid_request',
  VERSION_NOT_SUPPORTED: 'upstream_invalid',
  INVALID_REQUEST: 'invalid_request',
} as const satisfies Record<A2AReason, ErrorCode>

function readErrorInfo(details: unknown): z.infer<typeof errorInfoSchema> | undefined {
  if (!Array.isArray(details)) return undefined
  for (const detail of details) {
    const info = errorInfoSchema.safeParse(detail).data
    if (info?.reason !== undefined) return info
  }
  return undefined
}
