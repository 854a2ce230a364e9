import type { Doorbell } from './doorbell.ts'
import type { SessionStore } from './session-store.ts'

export interface SweeperOptions {
  store: SessionStore
  doorbell: Doorbell
  /** How often to look, milliseconds. */
  everyMs: number
  /** How long a finished session is kept, milliseconds. */
  retentionMs: number
  /** After how long without a change an unfinished session counts as abandoned, milliseconds. */
  abandonedMs: number
  onError: (error: unknown) => void
}

const BATCH = 100

/** Rings for every session that nobody drives and that wants driving, and forgets those whose time is over. Looks at once, then every `everyMs`. */
export function startSweeper(options: SweeperOptions): { sweep(): Promise<void>; close(): Promise<void> } {
  const { store, doorbell } = options
  let running: Promise<void> = Promise.resolve()
  const sweep = (): Promise<void> => (running = running.then(once))

  async function once(): Promise<void> {
    try {
      const now = Date.now()
      await store.sweep({ finishedBefore: new Date(now - options.retentionMs), abandonedBefore: new Date(now - options.abandonedMs) })
      for (const id of await store.unattended(BATCH)) await doorbell.ring(id)
    } catch (error) {
      options.onError(error)
    }
  }

  const timer = setInterval(() => void sweep(), options.everyMs)
  void sweep()
  return {
    sweep,
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}
