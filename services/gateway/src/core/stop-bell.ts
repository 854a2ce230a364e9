import type { AppError } from '@signalbox/errors'

/** Tells everything under way that the service is out of time. */
export interface StopBell {
  /** Answers how to take it back. */
  onStop(listener: (error: AppError) => void): () => void
  ring(error: AppError): void
}

interface Entry {
  listener: (error: AppError) => void
  /** Where it stands; -1 once it has been taken back. */
  at: number
}

/**
 * Kept in a plain list whose last entry fills each gap. A `Set` that thousands join and leave in every second is copied
 * each time its holes are cleared, and each copy that has grown old keeps alive who was in it, and the copy after it,
 * until the next full collection: what had been answered long ago was carried along by every small one.
 */
export function createStopBell(): StopBell {
  const entries: Entry[] = []
  return {
    onStop(listener) {
      const entry: Entry = { listener, at: entries.length }
      entries.push(entry)
      return () => {
        if (entry.at === -1) return
        const last = entries.pop() as Entry
        if (last !== entry) {
          entries[entry.at] = last
          last.at = entry.at
        }
        entry.at = -1
      }
    },
    ring(error) {
      for (const { listener } of [...entries]) listener(error)
    },
  }
}
