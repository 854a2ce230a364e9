import { TERMINAL_EVENTS, type SessionEvent } from '@signalbox/contracts'

import type { Listener } from './listeners.ts'

/** How many events are read ahead of whoever follows, however slow it is. */
const BATCH = 100

export interface EventsRead {
  events: SessionEvent[]
  /** Whether no more will come: the session had finished, or was gone, before these events were read. */
  over: boolean
}

/**
 * Replays the events after `after`, and goes on with those that come. Listening begins before reading, so
 * that nothing can be written unheard in between.
 */
export async function* followEvents(
  listen: () => Listener,
  after: number,
  read: (after: number, limit: number) => EventsRead | Promise<EventsRead>,
): AsyncGenerator<SessionEvent> {
  using listening = listen()
  for (let seen = after; !listening.ended;) {
    const { events, over } = await read(seen, BATCH)
    for (const event of events) {
      if (listening.ended) return
      yield event
      if (TERMINAL_EVENTS.has(event.type)) return
      seen = event.seq
    }
    if (events.length === BATCH) continue
    if (over) return
    await listening.next()
  }
}
