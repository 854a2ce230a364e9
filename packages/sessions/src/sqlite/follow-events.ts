import { TERMINAL_EVENTS, type SessionEvent } from '@signalbox/contracts'

import type { Database } from './open-database.ts'
import { readEvents } from './session-rows.ts'
import type { WriteWatch } from './watch-writes.ts'

/** How many events are read ahead of whoever follows, however slow it is. */
const BATCH = 100

/** Replays the events after `after`, and goes on with those that come. */
export async function* followEvents(
  database: Database,
  writes: WriteWatch,
  options: { id: string; after: number; signal: AbortSignal },
): AsyncGenerator<SessionEvent> {
  const { id, signal } = options
  // Listening begins before reading, so that nothing can be written unheard in between.
  using listener = writes.listen(id, signal)
  for (let seen = options.after; !listener.ended;) {
    // Asked before the events are read: what ended the session was written with its last events.
    const over = isOver(database, id)
    const events = readEvents(database, id, seen, BATCH)
    for (const event of events) {
      yield event
      if (listener.ended || TERMINAL_EVENTS.has(event.type)) return
      seen = event.seq
    }
    if (events.length === BATCH) continue
    if (over) return
    await listener.next()
  }
}

/** Whether no more events will come: the session has finished, or is gone. */
function isOver(database: Database, id: string): boolean {
  const row = database.get<{ finished_at: number | null }>('SELECT finished_at FROM sessions WHERE id = ?', id)
  return !row || row.finished_at !== null
}
