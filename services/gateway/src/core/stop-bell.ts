import type { AppError } from '@signalbox/errors'

/** Tells everything under way that the service is out of time. */
export interface StopBell {
  /** Answers how to take it back. */
  onStop(listener: (error: AppError) => void): () => void
  ring(error: AppError): void
}

export function createStopBell(): StopBell {
  const listeners = new Set<(error: AppError) => void>()
  return {
    onStop(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    ring(error) {
      for (const listener of [...listeners]) listener(error)
    },
  }
}
