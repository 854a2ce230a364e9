import { AppError, toAppError } from '@signalbox/errors'

const RETRY_AFTER_MS = 1_000

/** To a caller there are no agents behind the gateway: an orchestrator that is away is a service that is. */
export function toOrchestratorFault(error: unknown): AppError {
  const fault = toAppError(error)
  switch (fault.code) {
    case 'agent_unavailable':
    case 'upstream_failed':
      return new AppError('unavailable', 'The orchestrator cannot be reached.', { retryAfterMs: RETRY_AFTER_MS, cause: fault })
    case 'deadline_exceeded':
      return new AppError('upstream_timeout', 'The orchestrator did not answer in time.', { cause: fault })
    case 'authentication_failed':
    case 'permission_denied':
      return new AppError('unavailable', 'The orchestrator does not take the gateway’s service token.', { retryable: false, cause: fault })
    default:
      return fault
  }
}

/** Over the management API somebody acts who may not do everything: a refusal is theirs to see. */
export function toManagementFault(error: unknown): AppError {
  const fault = toAppError(error)
  return fault.code === 'permission_denied' ? fault : toOrchestratorFault(fault)
}
