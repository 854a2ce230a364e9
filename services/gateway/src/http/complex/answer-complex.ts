import { randomUUID } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError } from '@signalbox/errors'
import type { ReadChatRequest } from '@signalbox/openai-wire'
import { addLogFields, type Telemetry } from '@signalbox/telemetry'

import type { DuplicateGuard } from '../../core/duplicate-guard.ts'
import { attachOrReport, followSession } from '../../core/follow-session.ts'
import type { Orchestrator, SessionCall, SessionNews } from '../../core/orchestrator.ts'
import type { Route } from '../../core/route.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import { createAnswerTeller } from '../../core/tell-answer.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { PATIENCE } from '../patience.ts'
import { renderError } from '../render-error.ts'
import { toNewSession } from '../to-new-session.ts'
import { toTurns } from '../to-routing-facts.ts'
import type { Rendering } from './render-telling.ts'
import { streamAnswer } from './stream-answer.ts'
import { findEnding, waitForAnswer } from './wait-for-answer.ts'
import { readWishes, type Wishes } from './wishes.ts'

export interface ComplexPath {
  telemetry: Telemetry
  orchestrator: Orchestrator
  duplicates: DuplicateGuard
  stopBell: StopBell
  keepAliveMs: number
  /** How long a caller that does not stream is kept waiting. */
  waitMs: number
}

export interface ComplexRequest {
  read: ReadChatRequest
  route: Route
  /** What the answer carries already. More is added, so that an error says it too. */
  headers: Record<string, string>
  /** Aborts when the caller leaves. */
  signal: AbortSignal
}

const CANCEL_TIMEOUT_MS = 10_000

/** The complex path: begins a session, or attaches to the one that was named, and tells what comes of it. */
export async function answerComplex(c: GatewayContext, request: ComplexRequest, path: ComplexPath): Promise<Response> {
  const wishes = readWishes(c.env.incoming.headers, request.read.request.metadata)
  const teller = createAnswerTeller()
  const line = new AbortController()
  // Who wants the session canceled on leaving must first be told which one it is, also when leaving early.
  const onLeave = (): void => {
    if (teller.sessionId !== undefined || !wishes.cancelOnDisconnect) line.abort(new AppError('canceled', 'The caller left.'))
  }
  request.signal.addEventListener('abort', onLeave)
  const call: SessionCall = { owner: c.get('owner'), requestId: c.get('requestId'), signal: line.signal }
  const news = openNews(request, wishes, call, path)
  try {
    const first = await news.next()
    if (first.done === true || first.value.type !== 'snapshot') throw new AppError('upstream_invalid', 'The orchestrator did not answer with a session.')
    const opening = teller.tell(first.value)
    const { session } = first.value
    noteSession(c, request, { id: session.id, deduplicated: request.route.session === undefined && session.request_id !== call.requestId })
    const { request: chat } = request.read
    const rendering: Rendering = {
      identity: { id: `chatcmpl-${randomUUID().replaceAll('-', '')}`, created: Math.floor(Date.now() / 1_000), model: chat.model },
      sessionId: session.id,
      progress: wishes.progress,
      withUsageKey: chat.stream_options?.include_usage === true,
    }
    if (request.signal.aborted) throw new AppError('canceled', 'The caller left.')

    if (chat.stream === true) {
      const headers = { ...request.headers, 'x-signalbox-status': session.status }
      const broken = await streamAnswer(c.env.outgoing, teller, opening, news, {
        rendering,
        status: session.status,
        headers,
        keepAliveMs: path.keepAliveMs,
        stopBell: path.stopBell,
      })
      if (broken) c.get('record').errorCode = broken.code
      return RESPONSE_ALREADY_SENT
    }
    const outcome = await waitForAnswer(teller, findEnding(opening), news, { rendering, waitMs: path.waitMs, stopBell: path.stopBell })
    request.headers['x-signalbox-status'] = outcome.status
    if ('completion' in outcome) return Response.json(outcome.completion, { headers: request.headers })
    c.get('record').errorCode = outcome.error.code
    return renderError(outcome.error, path.telemetry, request.headers)
  } finally {
    request.signal.removeEventListener('abort', onLeave)
    if (request.signal.aborted) {
      c.get('record').disconnected = true
      if (wishes.cancelOnDisconnect && teller.sessionId !== undefined && !teller.ended) await cancelSession(teller.sessionId, call, path)
    }
    line.abort(new AppError('canceled', 'The answer has been told.'))
    // Aborting ends a wait for news; a reader that rests between two of them must be told that none are wanted, or its call is never seen to end.
    await news.return(undefined)
  }
}

function openNews({ read, route }: ComplexRequest, wishes: Wishes, call: SessionCall, { orchestrator, duplicates }: ComplexPath): AsyncGenerator<SessionNews> {
  const begin =
    route.session === undefined
      ? orchestrator.begin(
          {
            ...toNewSession(read.request, toTurns(read.request)),
            ...(wishes.budget && { budget: wishes.budget }),
            idempotencyKey: duplicates.keyFor({ owner: call.owner, body: read.bytes, givenKey: wishes.idempotencyKey, retryCount: wishes.retryCount }),
          },
          call,
        )
      : attachOrReport(orchestrator, route.session, call)
  return followSession(orchestrator, begin, call, PATIENCE)
}

/** The session's id, on the answer's headers, the log lines and the request's record. */
function noteSession(c: GatewayContext, { headers }: ComplexRequest, session: { id: string; deduplicated: boolean }): void {
  headers['x-session-id'] = session.id
  if (session.deduplicated) headers['x-signalbox-deduplicated'] = 'true'
  c.get('record').session_id = session.id
  addLogFields({ session_id: session.id })
}

async function cancelSession(id: string, call: SessionCall, { orchestrator, telemetry }: ComplexPath): Promise<void> {
  try {
    await orchestrator.cancel(id, { ...call, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) })
  } catch (error) {
    telemetry.log.warn({ err: error, session_id: id }, 'a session could not be canceled after its caller left')
  }
}
