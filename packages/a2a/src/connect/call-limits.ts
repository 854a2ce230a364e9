import { AppError } from '@signalbox/errors'

export interface CallOptions {
  signal: AbortSignal
  /** The whole call's limit, milliseconds. By default 10 minutes for a message that is waited for, 30 s for other answers, none for streams. */
  deadlineMs?: number
  /** The longest silence on a stream, milliseconds; a heartbeat is no silence. Default 60 s. */
  idleMs?: number
  /** On whose behalf; believed only together with the service token. */
  owner?: string
  /** The id of the request under way is sent when absent. */
  requestId?: string
  idempotencyKey?: string
}

/** One call's time: whatever ends it early aborts `signal`, with the `AppError` that says why. */
export interface CallLimits extends Disposable {
  readonly signal: AbortSignal
  /** Waits for something from the agent; `ms` of silence abort the call. Time that nobody waits does not count. */
  whileSilent<Result>(ms: number, wait: () => Promise<Result>): Promise<Result>
  /** What to throw for an error that the call ended with. */
  explain(error: unknown): AppError
}

/** Opens the limits of a call. @throws AppError when the caller has gone already. */
export function openCallLimits(options: { signal: AbortSignal; deadlineMs: number | undefined }): CallLimits {
  const { signal: caller, deadlineMs } = options
  if (caller.aborted) throw toCallerError(caller.reason)
  const controller = new AbortController()
  const onCallerAbort = (): void => controller.abort(toCallerError(caller.reason))
  caller.addEventListener('abort', onCallerAbort, { once: true })
  const deadline =
    deadlineMs === undefined
      ? undefined
      : setTimeout(() => controller.abort(new AppError('deadline_exceeded', 'The agent did not answer before the deadline.')), deadlineMs)

  return {
    signal: controller.signal,
    async whileSilent(ms, wait) {
      const timer = setTimeout(() => controller.abort(new AppError('upstream_timeout', 'The agent fell silent.')), ms)
      try {
        return await wait()
      } finally {
        clearTimeout(timer)
      }
    },
    explain(error) {
      if (controller.signal.aborted) return controller.signal.reason as AppError
      return error instanceof AppError ? error : toConnectionError(error)
    },
    [Symbol.dispose]() {
      clearTimeout(deadline)
      caller.removeEventListener('abort', onCallerAbort)
    },
  }
}

/** A caller who gave up for a reason of ours keeps it; one whose time ran out says so. */
function toCallerError(reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  const isLate = reason instanceof Error && reason.name === 'TimeoutError'
  return isLate
    ? new AppError('deadline_exceeded', 'The agent did not answer before the deadline.', { cause: reason })
    : new AppError('canceled', 'The call was canceled.', { cause: reason })
}

const UNREACHABLE: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])
const CLOSED_BY_US: ReadonlySet<unknown> = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

/** What a socket's end means: the agent is not there, or it was and the line broke. */
function toConnectionError(cause: unknown): AppError {
  const code = codesOf(cause)
  if (code.some((each) => UNREACHABLE.has(each))) return new AppError('agent_unavailable', 'The agent cannot be reached.', { cause })
  if (code.some((each) => CLOSED_BY_US.has(each))) return new AppError('canceled', 'The connection to the agent was closed.', { cause })
  return new AppError('upstream_failed', 'The connection to the agent broke.', { cause })
}

/** An attempt at several addresses fails with one error for each. */
function codesOf(error: unknown): unknown[] {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown }
  return [code, ...(Array.isArray(errors) ? errors.flatMap(codesOf) : [])]
}
