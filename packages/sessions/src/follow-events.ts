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
  let ended = false
  for (let seen = after; !listening.ended;) {
    const { events, over } = await readUnlessEnded(() => read(seen, BATCH), listening)
    for (const event of events) {
      if (listening.ended) return
      yield event
      seen = event.seq
      // An end that something follows was taken back: the session was driven again.
      ended = TERMINAL_EVENTS.has(event.type)
    }
    if (events.length === BATCH) continue
    if (over || ended) return
    await listening.next()
  }
}

/** What a store throws because it was closed meanwhile is no news to who was told to stop. */
async function readUnlessEnded(read: () => EventsRead | Promise<EventsRead>, listening: Listener): Promise<EventsRead> {
  try {
    return await read()
  } catch (error) {
    if (listening.ended) return { events: [], over: true }
    throw error
  }
}
