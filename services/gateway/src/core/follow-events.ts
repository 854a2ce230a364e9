import { TERMINAL_EVENTS, type SessionEvent, type SessionEventPage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'

import { mendBreaks, type Patience } from './mend-breaks.ts'
import type { Orchestrator, SessionCall, SessionNews } from './orchestrator.ts'
import type { SessionDesk } from './session-desk.ts'

export interface EventSource {
  orchestrator: Pick<Orchestrator, 'attach'>
  desk: Pick<SessionDesk, 'events'>
}

/** Events that are asked for at once. */
export const EVENTS_PER_PAGE = 500

/**
 * A session's events after one of them, to the session's end: first those that are there, page by
 * page, then those that come, as they come.
 *
 * 1. `seq` goes up by one from event to event: nothing twice, nothing lost. An event that the live line
 *    skips is fetched.
 * 2. A session that is over ends it, once all its events were told. An ending after which somebody had
 *    the session go on is an event like any other.
 * 3. `first` is the page after `after`, which has been fetched already.
 *
 * @throws AppError what the orchestrator said, or `unavailable` when it stayed away for too long.
 */
export async function* followEvents(
  { orchestrator, desk }: EventSource,
  { id, after, first }: { id: string; after: number; first: SessionEventPage },
  call: SessionCall,
  patience: Patience,
): AsyncGenerator<SessionEvent> {
  let seen = after
  let page: SessionEventPage | undefined = first

  async function* tellPage({ data }: SessionEventPage): AsyncGenerator<SessionEvent> {
    for (const event of data) {
      if (event.seq <= seen) continue
      seen = event.seq
      yield event
    }
  }

  /** Events as they come, until one is missing or the line has no more to say. Answers whether the session has ended. */
  async function* tellLive(): AsyncGenerator<SessionEvent, boolean> {
    for await (const news of liveNews(orchestrator, id, call, seen)) {
      if (news.type === 'ended') return false
      if (news.type !== 'event' || news.event.seq <= seen) continue
      if (news.event.seq > seen + 1) return false
      seen = news.event.seq
      yield news.event
      if (TERMINAL_EVENTS.has(news.event.type)) return true
    }
    return false
  }

  yield* mendBreaks({
    ...patience,
    signal: call.signal,
    sayLost: () => `The orchestrator cannot be reached. Session ${id} goes on when it is back: ask for its events after ${seen}.`,
    async *open(alive) {
      for (;;) {
        page ??= await desk.events(id, { after: seen, limit: EVENTS_PER_PAGE, wait_s: 0 }, call)
        alive()
        const { over, data } = page
        yield* tellPage(page)
        page = undefined
        if (data.length >= EVENTS_PER_PAGE) continue
        if (over) return
        const before = seen
        if (yield* tellLive()) return
        // A line that says nothing new is asked again, but not at once.
        if (seen === before) throw new AppError('upstream_failed', 'The orchestrator stopped telling of the session before its end.')
      }
    },
  })
}

/** A session that has ended meanwhile has nothing to tell; its last page has. */
async function* liveNews(orchestrator: EventSource['orchestrator'], id: string, call: SessionCall, after: number): AsyncGenerator<SessionNews> {
  try {
    yield* orchestrator.attach(id, call, after)
  } catch (error) {
    if (toAppError(error).code !== 'conflict') throw error
  }
}
