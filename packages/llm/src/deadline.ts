import { AppError, isAbortError } from '@signalbox/errors'

/**
 * A call's own clock, beside its caller's signal. `signal` aborts when either runs out; `fault` then
 * says which of the two it was. The clock can be wound again (`within`), for streams that may take
 * as long as they like but must not fall silent.
 */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
  /** Starts the clock anew. `words` are what is said when it runs out. */
  within(milliseconds: number, words: string): void
  /** Stops the clock: whatever takes time now is not the upstream's doing. */
  rest(): void
  /** The reason, once the signal has aborted; undefined while it has not. */
  fault(): AppError | undefined
}

export function createDeadline(caller: AbortSignal): Deadline {
  const clock = new AbortController()
  let timer: NodeJS.Timeout | undefined
  return {
    signal: AbortSignal.any([caller, clock.signal]),
    within(milliseconds, words) {
      clearTimeout(timer)
      timer = setTimeout(() => clock.abort(new AppError('upstream_timeout', words)), milliseconds)
    },
    rest: () => clearTimeout(timer),
    fault() {
      if (caller.aborted) return toCallerFault(caller.reason)
      return clock.signal.aborted ? (clock.signal.reason as AppError) : undefined
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/** The caller left: in its own words where it gave some that we know. */
function toCallerFault(reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  if (isAbortError(reason) && (reason as Error).name === 'TimeoutError')
    return new AppError('deadline_exceeded', 'The deadline passed before the model had answered.', { cause: reason })
  return new AppError('canceled', 'The model call was canceled.', { cause: reason })
}
