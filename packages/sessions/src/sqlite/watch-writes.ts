import { createListeners, type Listeners } from '../listeners.ts'

export interface WriteWatchOptions {
  /** Changes when another process has written to the file. */
  version: () => number
  pollMs: number
}

/**
 * Listeners that one look at the file's version wakes, all together and only while there are any: so the
 * writes of other processes are found. Those of this process are told by `wake`.
 */
export function createWriteWatch({ version, pollMs }: WriteWatchOptions): Listeners {
  let seen: number | undefined

  function poll(): void {
    try {
      const now = version()
      if (now === seen) return
      seen = now
    } catch {
      // They will read, and meet the fault where somebody can act on it.
    }
    listeners.wake()
  }

  const listeners = createListeners({ poll, pollMs })
  return listeners
}
