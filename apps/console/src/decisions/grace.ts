/** Something decided that is not sent yet: it can still be taken back. */
export interface Held {
  id: string
  title: string
  /** When it is sent, milliseconds since 1970. */
  until: number
  state: 'held' | 'sending'
}

export interface Holding {
  id: string
  title: string
  /** Says it for good. `isLeaving`: the page goes away, and the request has to outlive it. */
  send: (how: { isLeaving: boolean }) => Promise<void>
}

export interface Grace {
  /** Holds it back for a while; what is held under the same id already stays as it is. */
  hold: (holding: Holding) => void
  /** Takes back what is not sent yet: the one named, or the last. False where there is none. */
  undo: (id?: string) => boolean
  /** Sends all that is held, at once. */
  flush: () => void
  read: () => readonly Held[]
  subscribe: (listener: () => void) => () => void
}

/** How long a decision can be taken back, milliseconds. */
export const GRACE_MS = 5_000

/**
 * Holds decisions back for a moment, in which they can be undone.
 *
 *  G1. Each is sent once, or undone, and never both.
 *  G2. What is held when the page goes away is sent then: a person who said yes has said it.
 */
export function createGrace({ graceMs = GRACE_MS, now = Date.now }: { graceMs?: number; now?: () => number } = {}): Grace {
  const held = new Map<string, Held & { holding: Holding; timer: ReturnType<typeof setTimeout> }>()
  const listeners = new Set<() => void>()
  let shown: readonly Held[] = []

  const change = (): void => {
    shown = [...held.values()].map(({ id, title, until, state }) => ({ id, title, until, state }))
    for (const listener of listeners) listener()
  }
  const send = (id: string, isLeaving: boolean): void => {
    const one = held.get(id)
    if (!one || one.state === 'sending') return
    clearTimeout(one.timer)
    held.set(id, { ...one, state: 'sending' })
    change()
    void one.holding
      .send({ isLeaving })
      .catch(() => undefined)
      .finally(() => {
        held.delete(id)
        change()
      })
  }

  return {
    hold: (holding) => {
      const { id, title } = holding
      if (held.has(id)) return
      const timer = setTimeout(() => send(id, false), graceMs)
      held.set(id, { id, title, until: now() + graceMs, state: 'held', holding, timer })
      change()
    },
    undo: (id) => {
      const one = id === undefined ? [...held.values()].findLast(({ state }) => state === 'held') : held.get(id)
      if (!one || one.state === 'sending') return false
      clearTimeout(one.timer)
      held.delete(one.id)
      change()
      return true
    },
    flush: () => {
      for (const id of held.keys()) send(id, true)
    },
    read: () => shown,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
