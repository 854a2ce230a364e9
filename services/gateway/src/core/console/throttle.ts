/** Slows down those who guess: a few tries are free, then each one that fails doubles the wait. */
export interface Throttle {
  /** Counts a try before it is made, so that many at once are many. Answers how long to wait instead, milliseconds; 0 where it may be made. */
  take(key: string): number
  /** The try was a good one, and is not held against its key. */
  forgive(key: string): void
}

export interface ThrottleOptions {
  /** Tries after which nobody waits. */
  free: number
  /** The first wait, and the longest, milliseconds. */
  firstMs: number
  longestMs: number
  /** How many keys are remembered; those longest untouched are forgotten first. */
  maxKeys: number
  now?: () => number
}

export function createThrottle({ free, firstMs, longestMs, maxKeys, now = Date.now }: ThrottleOptions): Throttle {
  // A Map keeps the order of insertion; what is touched is put in anew.
  const tries = new Map<string, { count: number; until: number; forgetAt: number }>()
  return {
    take(key) {
      const known = tries.get(key)
      const { count, until } = known && known.forgetAt > now() ? known : { count: 0, until: 0 }
      if (until > now()) return until - now()
      const waitMs = count < free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(count - free, 40))
      tries.delete(key)
      tries.set(key, { count: count + 1, until: now() + waitMs, forgetAt: now() + waitMs + longestMs })
      for (const oldest of tries.keys()) {
        if (tries.size <= maxKeys) break
        tries.delete(oldest)
      }
      return 0
    },
    forgive(key) {
      const known = tries.get(key)
      if (known) tries.set(key, { ...known, count: Math.max(0, known.count - 1), until: 0 })
    },
  }
}
