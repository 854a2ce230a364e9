import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'

import type { InboxEntry } from '../session-store.ts'
import type { Database } from './open-database.ts'
import { readInbox } from './session-rows.ts'
import type { WriteWatch } from './watch-writes.ts'

/** How many messages are read ahead of whoever heeds them. */
const BATCH = 100

/** How long to wait before a file that could not be read is read again, milliseconds. */
const AGAIN_MS = 500

/** Messages of the inbox by their positions: those that wait, and then those that come. */
export async function* heedInbox(database: Database, writes: WriteWatch, { id, signal }: { id: string; signal: AbortSignal }): AsyncGenerator<InboxEntry> {
  // Listening begins before reading, so that nothing can be pushed unheard in between.
  using listener = writes.listen(id, signal)
  for (let seen = 0; !listener.ended;) {
    const entries = await attempt(() => readOn(database, id, seen), signal)
    if (entries === 'gone') return
    for (const entry of entries ?? []) {
      if (listener.ended) return
      seen = entry.position
      yield entry
    }
    if (entries?.length === 0) await listener.next()
  }
}

function readOn(database: Database, id: string, seen: number): InboxEntry[] | 'gone' {
  const entries = readInbox(database, id, seen, BATCH)
  if (entries.length > 0 || database.get('SELECT 1 FROM sessions WHERE id = ?', id)) return entries
  return 'gone'
}

/** What `read` says; undefined, after a while, where the file cannot be read now. */
async function attempt<Result>(read: () => Result, signal: AbortSignal): Promise<Result | undefined> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AppError) || !error.retryable) throw error
    await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined)
    return undefined
  }
}
