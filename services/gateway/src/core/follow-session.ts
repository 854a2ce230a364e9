import { AppError, toAppError } from '@signalbox/errors'

import { EVENTS_PER_PAGE, LONG_POLL_S, requireWaited } from './long-poll.ts'
import { mendBreaks, type Patience } from './mend-breaks.ts'
import type { Orchestrator, SessionNews } from './orchestrator.ts'
import type { SessionCall } from './session-call.ts'
import type { SessionDesk } from './session-desk.ts'
import { waitsForPeople } from './waiting-for-people.ts'

export interface SessionLine {
  orchestrator: Pick<Orchestrator, 'attach' | 'find'>
  desk: Pick<SessionDesk, 'events'>
}

/**
 * Follows a session over breaks in the line: sessions outlive the connection, and the process, that
 * they are watched through. After a break only what was missed is asked for. The line of a session that
 * waits for people may end; then its events are waited for. Ends when whoever reads it has heard enough.
 *
 * @throws AppError what the orchestrator said, or `unavailable` when it stayed away for too long.
 */
export async function* followSession(
  { orchestrator, desk }: SessionLine,
  begin: AsyncIterable<SessionNews>,
  call: SessionCall,
  patience: Patience,
): AsyncGenerator<SessionNews> {
  let id: string | undefined
  let seen = 0
  const now = patience.now ?? Date.now

  /** What the session does next, however long people take. */
  async function* nextEvents(session: string, alive: () => void): AsyncGenerator<SessionNews> {
    for (;;) {
      const askedAt = now()
      const { data, over } = await desk.events(session, { after: seen, limit: EVENTS_PER_PAGE, wait_s: LONG_POLL_S }, call)
      alive()
      for (const event of data) {
        seen = Math.max(seen, event.seq)
        yield { type: 'event', event }
      }
      // As long as it waits there is no line to take up again.
      if (over || (data.at(-1)?.type ?? 'session.waiting') !== 'session.waiting') return
      if (data.length === 0) requireWaited(now() - askedAt)
    }
  }

  yield* mendBreaks({
    ...patience,
    signal: call.signal,
    sayLost: () => id && `The orchestrator cannot be reached. Session ${id} goes on when it is back: ask for it with X-Session-Id.`,
    async *open(alive) {
      for (;;) {
        let waits = false
        for await (const news of id === undefined ? begin : attachOrReport(orchestrator, id, call, seen)) {
          if (news.type === 'snapshot') {
            id = news.session.id
            waits = waitsForPeople(news.session)
          }
          if (news.type === 'event') {
            seen = Math.max(seen, news.event.seq)
            waits = news.event.type === 'session.waiting'
          }
          yield news
        }
        if (!waits || id === undefined) throw new AppError('upstream_failed', 'The orchestrator stopped telling of the session before its end.')
        yield* nextEvents(id, alive)
      }
    },
  })
}

/** A session as it stands and what comes of it; of one that has ended, how it ended. */
export async function* attachOrReport(orchestrator: SessionLine['orchestrator'], id: string, call: SessionCall, after?: number): AsyncGenerator<SessionNews> {
  try {
    yield* orchestrator.attach(id, call, after)
  } catch (error) {
    // What has ended cannot be attached to; between the question and the answer it may have.
    if (toAppError(error).code !== 'conflict') throw error
    yield { type: 'snapshot', session: await orchestrator.find(id, call), answerSoFar: '' }
  }
}
