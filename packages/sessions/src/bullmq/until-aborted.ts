/** What `work` comes to, or a rejection with the signal's reason, whichever is first. The work itself goes on. */
export async function untilAborted<Result>(work: Promise<Result> | Result, signal: AbortSignal): Promise<Result> {
  const cut = Promise.withResolvers<never>()
  const onAbort = (): void => cut.reject(signal.reason as Error)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, cut.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
