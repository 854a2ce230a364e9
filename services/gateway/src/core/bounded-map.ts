/** A map that forgets: the entries longest unused when it is full, and every entry when its time is up. */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

export function createBoundedMap<Value>(options: { maxEntries: number; maxAgeMs: number; now?: () => number }): BoundedMap<Value> {
  const { maxEntries, maxAgeMs, now = Date.now } = options
  // A Map keeps the order of insertion; an entry that is used is put in anew.
  const entries = new Map<string, { value: Value; until: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      if (entry.until <= now()) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set(key, value) {
      entries.delete(key)
      if (maxEntries === 0) return
      entries.set(key, { value, until: now() + maxAgeMs })
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break
        entries.delete(oldest)
      }
    },
  }
}
