import { TERMINAL_STATUSES, type SessionEventPage, type SessionView } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import { createResponseComposer, type ResponseComposer, type ResponseEvent, type ResponseObject } from '@signalbox/openai-wire/responses'

import { followEvents } from '../../core/follow-events.ts'
import { EVENTS_PER_PAGE } from '../../core/long-poll.ts'
import type { SessionCall } from '../../core/session-call.ts'
import { readOpenAsks, waitsForPeople } from '../../core/waiting-for-people.ts'
import { PATIENCE } from '../patience.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import { foldSession } from './fold-session.ts'
import type { FoundResponse, OwnResponse, ResponseSession } from './response-document.ts'
import type { ResponsesOptions } from './responses-options.ts'
import { toAwaitingMetadata } from './tell-response.ts'

/** Responses in the background whose work is a session's: all that they are is told by their session. */
type Source = Pick<ResponsesOptions, 'orchestrator' | 'sessions' | 'kept'>

/** One that is kept, with its session. */
export interface SessionResponse extends FoundResponse {
  document: OwnResponse & { session: ResponseSession; begun: ResponseObject }
}

export function isSessionResponse(found: FoundResponse): found is SessionResponse {
  return found.document.kind === 'ours' && found.document.session !== undefined && found.document.begun !== undefined
}

/**
 * A response as it is by now. Where it has ended meanwhile that is written down, so that it outlives its session.
 *
 * @throws AppError what the orchestrator said.
 */
export async function refreshFromSession(found: SessionResponse, call: SessionCall, source: Source): Promise<FoundResponse> {
  const { session } = found.document
  const view = await findSession(session.id, call, source)
  if (!view) return settle(found, failGone(found), session.told_until, source)
  const mayHaveEnded = TERMINAL_STATUSES.has(view.status) || (waitsForPeople(view) && readOpenAsks(view).questions.length > 0)
  if (mayHaveEnded) {
    const { composer, heard } = await foldAll(found, call, source)
    if (composer.ended) return settle(found, composer, heard, source)
  }
  return { ...found, document: { ...found.document, response: toUnderway(found.document, view) } }
}

/** Tells a response from its first event, as they come, to its end. What is written down at its end stands before it is told. */
export async function* tellFromSession(found: SessionResponse, call: SessionCall, source: Source): AsyncGenerator<readonly ResponseEvent[]> {
  const { session, begun } = found.document
  const composer = createResponseComposer(begun)
  const fold = foldSession(composer, session)
  yield composer.open()
  let first: SessionEventPage
  try {
    first = await source.sessions.events(session.id, { after: 0, limit: EVENTS_PER_PAGE, wait_s: 0 }, call)
  } catch (error) {
    if (toAppError(error).code !== 'not_found') throw error
    // Its pieces went with its session; how it ended was written down.
    yield found.entry.open ? composer.fail(GONE, { at: nowInSeconds() }) : composer.tellEnd(found.document.response)
    return
  }
  const events = followEvents({ orchestrator: source.orchestrator, desk: source.sessions }, { id: session.id, after: 0, first }, call, PATIENCE)
  for await (const event of events) {
    const told = fold.hear(event)
    if (composer.ended) await settle(found, composer, fold.heard, source)
    if (told.length > 0) yield told
    if (composer.ended) return
  }
  throw new AppError('upstream_failed', 'The session ended without saying how.')
}

/** All that a session has done so far, told at once. */
async function foldAll(
  { document: { session, begun } }: SessionResponse,
  call: SessionCall,
  { sessions }: Source,
): Promise<{ composer: ResponseComposer; heard: number }> {
  const composer = createResponseComposer(begun)
  const fold = foldSession(composer, session)
  composer.open()
  for (;;) {
    const { data } = await sessions.events(session.id, { after: fold.heard, limit: EVENTS_PER_PAGE, wait_s: 0 }, call)
    for (const event of data) fold.hear(event)
    if (composer.ended || data.length < EVENTS_PER_PAGE) return { composer, heard: fold.heard }
  }
}

/** Writes down how a response has ended. Whoever is second finds the same. */
async function settle(found: SessionResponse, composer: ResponseComposer, heard: number, { kept }: Source): Promise<FoundResponse> {
  const { response } = composer
  const asks = response.metadata['orch_status'] === 'awaiting_input'
  const document: OwnResponse = { ...found.document, response, session: { ...found.document.session, told_until: heard, final: !asks } }
  if (found.entry.open) await kept.write(found.entry, document, false)
  return { entry: { ...found.entry, open: false }, document }
}

const GONE = { code: 'server_error', message: 'The session of this response is not there any more.' } as const

function failGone({ document }: SessionResponse): ResponseComposer {
  const composer = createResponseComposer(document.begun)
  composer.open()
  composer.fail(GONE, { at: nowInSeconds(), metadata: { session_id: document.session.id, orch_status: 'expired' } })
  return composer
}

async function findSession(id: string, call: SessionCall, { orchestrator }: Source): Promise<SessionView | undefined> {
  try {
    return await orchestrator.find(id, call)
  } catch (error) {
    if (toAppError(error).code !== 'not_found') throw error
    return undefined
  }
}

/** As whoever polls sees it: it goes on, also while people are waited for. */
function toUnderway({ response, session }: SessionResponse['document'], view: SessionView): OwnResponse['response'] {
  const place = { sessionId: session.id, consoleUrl: session.console_url }
  const metadata = waitsForPeople(view)
    ? toAwaitingMetadata({ status: 'awaiting_approval', ...readOpenAsks(view) }, place)
    : { session_id: session.id, orch_status: view.status }
  return { ...response, status: 'in_progress', metadata: { ...response.metadata, ...metadata } }
}
