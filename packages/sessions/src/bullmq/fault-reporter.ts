const SAY_AGAIN_AFTER_MS = 30_000

/** Passes faults on; one that says the same as another of the last half minute is not said again. */
export function createFaultReporter(onError: (error: unknown) => void): (error: unknown) => void {
  const saidAt = new Map<string, number>()
  return (error) => {
    const now = Date.now()
    // Ids differ from fault to fault of one kind.
    const kind = (error instanceof Error ? `${error.name} ${error.message}` : String(error)).replaceAll(/[\da-f-]{36}/g, '')
    for (const [each, at] of saidAt) if (now - at >= SAY_AGAIN_AFTER_MS) saidAt.delete(each)
    if (saidAt.has(kind)) return
    saidAt.set(kind, now)
    onError(error)
  }
}
