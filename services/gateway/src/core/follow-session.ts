import { AppError, toAppError } from '@signalbox/errors'

import type { Orchestrator, SessionCall, SessionNews } from './orchestrator.ts'

export interface FollowOptions {
  /** How long the orchestrator may be away before following it is given up. */
  patienceMs: number
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>
  now?: () => number
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4_000

/**
 * Follows a session over breaks in the line: sessions outlive the connection, and the process, that
 * they are watched through. Ends when whoever reads it has heard enough.
 *
 * @throws AppError what the orchestrator said, or `unavailable` when it stayed away for too long.
 */
export async function* followSession(
  orchestrator: Orchestrator,
  begin: AsyncIterable<SessionNews>,
  call: SessionCall,
  options: FollowOptions,
): AsyncGenerator<SessionNews> {
  const { patienceMs, pause, now = Date.now } = options
  let source = begin
  let id: string | undefined
  let brokenAt: number | undefined
  let wait = FIRST_PAUSE_MS
  for (;;) {
    try {
      for await (const news of source) {
        if (news.type === 'snapshot') id = news.session.id
        brokenAt = undefined
        wait = FIRST_PAUSE_MS
        yield news
      }
      throw new AppError('upstream_failed', 'The orchestrator stopped telling of the session before its end.')
    } catch (error) {
      const fault = toAppError(error)
      if (id === undefined || call.signal.aborted || !isBreak(fault)) throw fault
      brokenAt ??= now()
      if (now() - brokenAt > patienceMs) {
        throw new AppError('unavailable', `The orchestrator cannot be reached. Session ${id} goes on when it is back: ask for it with X-Session-Id.`, {
          cause: fault,
        })
      }
      await pause(wait, call.signal)
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS)
      source = attachOrReport(orchestrator, id, call)
    }
  }
}

/** A session as it stands and what comes of it; of one that has ended, how it ended. */
export async function* attachOrReport(orchestrator: Orchestrator, id: string, call: SessionCall): AsyncGenerator<SessionNews> {
  try {
    yield* orchestrator.attach(id, call)
  } catch (error) {
    // What has ended cannot be attached to; between the question and the answer it may have.
    if (toAppError(error).code !== 'conflict') throw error
    yield { type: 'snapshot', session: await orchestrator.find(id, call), answerSoFar: '' }
  }
}

/** `conflict`: while nobody was listening the session has ended, so that it can be asked for and no longer followed. */
function isBreak({ code }: AppError): boolean {
  return code === 'conflict' || code === 'upstream_failed' || code === 'upstream_timeout' || code === 'unavailable' || code === 'agent_unavailable'
}
