import { setTimeout as pause } from 'node:timers/promises'

import { TERMINAL_EVENTS, type SessionEvent } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { Listener } from './listeners.ts'

/** How many events are read ahead of whoever follows, however slow it is. */
const BATCH = 100

export interface EventsRead {
  events: SessionEvent[]
  /** Whether no more will come: the session had finished, or was gone, before these events were read. */
  over: boolean
}

/** How long to wait before a store that was away is asked again, milliseconds. */
const AGAIN_MS = 250

/**
 * Replays the events after `after`, and goes on with those that come. Listening begins before reading, so
 * that nothing can be written unheard in between. A store that goes away once this has begun is waited
 * for: who follows has asked to see the end.
 */
export async function* followEvents(
  listen: () => Listener,
  after: number,
  read: (after: number, limit: number) => EventsRead | Promise<EventsRead>,
): AsyncGenerator<SessionEvent> {
  using listening = listen()
  let begun = false
  let ended = false
  for (let seen = after; !listening.ended;) {
    const found = await readOrWait(() => read(seen, BATCH), listening, begun)
    if (!found) continue
    begun = true
    for (const event of found.events) {
      if (listening.ended) return
      yield event
      seen = event.seq
      // An end that something follows was taken back: the session was driven again.
      ended = TERMINAL_EVENTS.has(event.type)
    }
    if (found.events.length === BATCH) continue
    if (found.over || ended) return
    await listening.next()
  }
}

/** Undefined where the store is away, after a little while. What it throws because it was closed meanwhile is no news to who was told to stop. */
async function readOrWait(read: () => EventsRead | Promise<EventsRead>, listening: Listener, patient: boolean): Promise<EventsRead | undefined> {
  try {
    return await read()
  } catch (error) {
    if (listening.ended) return { events: [], over: true }
    if (!patient || !(error instanceof AppError) || !error.retryable) throw error
    await pause(AGAIN_MS, undefined, { signal: listening.signal }).catch(() => undefined)
    return undefined
  }
}
