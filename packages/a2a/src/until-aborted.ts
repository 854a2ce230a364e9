import { toAppError } from '@signalbox/errors'

/** Waits for something that goes on without us. @throws AppError `canceled` when the signal aborts first. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) throw toAppError(signal.reason)
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(toAppError(signal.reason))
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
