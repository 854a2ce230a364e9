import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'

import type { Listener } from './listeners.ts'
import type { InboxEntry } from './session-store.ts'

/** How many messages are read ahead of whoever heeds them. */
const BATCH = 100

/** How long to wait before a store that was away is asked again, milliseconds. */
const AGAIN_MS = 250

/**
 * Messages of the inbox by their positions: those that wait, and then those that come. `read` says undefined
 * when the session is gone. Listening begins before reading, so that nothing can be pushed unheard in between.
 */
export async function* heedInbox(
  listen: () => Listener,
  read: (after: number, limit: number) => InboxEntry[] | undefined | Promise<InboxEntry[] | undefined>,
): AsyncGenerator<InboxEntry> {
  using listening = listen()
  for (let seen = 0; !listening.ended;) {
    try {
      const entries = await read(seen, BATCH)
      if (!entries) return
      for (const entry of entries) {
        if (listening.ended) return
        yield entry
        seen = entry.position
      }
      if (entries.length === 0) await listening.next()
    } catch (error) {
      if (listening.ended) return
      if (!(error instanceof AppError) || !error.retryable) throw error
      await pause(AGAIN_MS, undefined, { signal: listening.signal }).catch(() => undefined)
    }
  }
}
