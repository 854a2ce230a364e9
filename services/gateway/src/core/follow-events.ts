import { TERMINAL_EVENTS, type SessionEvent, type SessionEventPage } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { EVENTS_PER_PAGE, LONG_POLL_S, requireWaited } from './long-poll.ts'
import { mendBreaks, type Patience } from './mend-breaks.ts'
import type { Orchestrator, SessionNews } from './orchestrator.ts'
import type { SessionCall } from './session-call.ts'
import type { SessionDesk } from './session-desk.ts'

export interface EventSource {
  orchestrator: Pick<Orchestrator, 'attach'>
  desk: Pick<SessionDesk, 'events'>
}

/**
 * A session's events after one of them, to the session's end: first those that are there, page by
 * page, then those that come, as they come. Where the live line has nothing to tell, because the session waits
 * or it is not the owner who asks, the next page is waited for.
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
  const now = patience.now ?? Date.now
  // A task is its owner's alone to follow.
  const hasLine = call.actor === undefined

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
      let isQuiet = !hasLine
      for (;;) {
        const askedAt = now()
        const waited = page === undefined && isQuiet
        page ??= await desk.events(id, { after: seen, limit: EVENTS_PER_PAGE, wait_s: waited ? LONG_POLL_S : 0 }, call)
        alive()
        const { over, data } = page
        yield* tellPage(page)
        page = undefined
        if (data.length >= EVENTS_PER_PAGE) continue
        if (over) return
        if (waited && data.length === 0) requireWaited(now() - askedAt)
        if (!hasLine || (waited && data.length === 0)) continue
        const before = seen
        if (yield* tellLive()) return
        isQuiet = seen === before
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
