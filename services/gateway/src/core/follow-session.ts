import { AppError, toAppError } from '@signalbox/errors'

import { mendBreaks, type Patience } from './mend-breaks.ts'
import type { Orchestrator, SessionCall, SessionNews } from './orchestrator.ts'

/**
 * Follows a session over breaks in the line: sessions outlive the connection, and the process, that
 * they are watched through. After a break only what was missed is asked for. Ends when whoever reads
 * it has heard enough.
 *
 * @throws AppError what the orchestrator said, or `unavailable` when it stayed away for too long.
 */
export async function* followSession(
  orchestrator: Orchestrator,
  begin: AsyncIterable<SessionNews>,
  call: SessionCall,
  patience: Patience,
): AsyncGenerator<SessionNews> {
  let id: string | undefined
  let seen = 0
  yield* mendBreaks({
    ...patience,
    signal: call.signal,
    sayLost: () => id && `The orchestrator cannot be reached. Session ${id} goes on when it is back: ask for it with X-Session-Id.`,
    async *open() {
      for await (const news of id === undefined ? begin : attachOrReport(orchestrator, id, call, seen)) {
        if (news.type === 'snapshot') id = news.session.id
        if (news.type === 'event') seen = Math.max(seen, news.event.seq)
        yield news
      }
      throw new AppError('upstream_failed', 'The orchestrator stopped telling of the session before its end.')
    },
  })
}

/** A session as it stands and what comes of it; of one that has ended, how it ended. */
export async function* attachOrReport(orchestrator: Orchestrator, id: string, call: SessionCall, after?: number): AsyncGenerator<SessionNews> {
  try {
    yield* orchestrator.attach(id, call, after)
  } catch (error) {
    // What has ended cannot be attached to; between the question and the answer it may have.
    if (toAppError(error).code !== 'conflict') throw error
    yield { type: 'snapshot', session: await orchestrator.find(id, call), answerSoFar: '' }
  }
}
