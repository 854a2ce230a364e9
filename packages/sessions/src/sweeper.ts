import type { Doorbell } from './doorbell.ts'
import type { SessionStore } from './session-store.ts'

export interface SweeperOptions {
  store: Pick<SessionStore, 'sweep' | 'unattended'>
  doorbell: Pick<Doorbell, 'ring'>
  /** How often to look, milliseconds. */
  everyMs: number
  /** How long a finished session is kept, milliseconds. */
  retentionMs: number
  /** After how long without a change an unfinished session counts as abandoned, milliseconds. */
  abandonedMs: number
  onError: (error: unknown) => void
}

export interface Sweeper {
  /** Looks now, or joins the look that is under way. */
  sweep(): Promise<void>
  /** Looks no more, and waits for the look that is under way. */
  close(): Promise<void>
}

const BATCH = 100

/** Rings for every session that nobody drives and that wants driving, and forgets those whose time is over. Looks at once, then every `everyMs`. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { store, doorbell } = options
  let underWay: Promise<void> | undefined

  function sweep(): Promise<void> {
    underWay ??= look().finally(() => (underWay = undefined))
    return underWay
  }

  async function look(): Promise<void> {
    // Ringing comes first: a store that cannot forget must not keep sessions waiting.
    await attempt(ringForUnattended)
    await attempt(forget)
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      options.onError(error)
    }
  }

  async function ringForUnattended(): Promise<void> {
    for (const id of await store.unattended(BATCH)) await doorbell.ring(id)
  }

  async function forget(): Promise<void> {
    const now = Date.now()
    await store.sweep({ finishedBefore: new Date(now - options.retentionMs), abandonedBefore: new Date(now - options.abandonedMs) })
  }

  const timer = setInterval(() => void sweep(), options.everyMs)
  void sweep()
  return {
    sweep,
    async close() {
      clearInterval(timer)
      await underWay
    },
  }
}
