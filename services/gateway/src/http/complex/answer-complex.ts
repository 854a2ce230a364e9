import { randomUUID } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { SessionView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { ReadChatRequest } from '@signalbox/openai-wire'
import { addLogFields, type Telemetry } from '@signalbox/telemetry'

import type { ShownQuestions } from '../../core/answer-question.ts'
import type { ApprovalDesk } from '../../core/approval-desk.ts'
import type { DuplicateGuard } from '../../core/duplicate-guard.ts'
import { attachOrReport, followSession } from '../../core/follow-session.ts'
import { hearTurn, type Heard } from '../../core/hear-turn.ts'
import { lookAtPeople } from '../../core/look-at-people.ts'
import type { Orchestrator, SessionNews } from '../../core/orchestrator.ts'
import type { Route } from '../../core/route.ts'
import type { SessionCall } from '../../core/session-call.ts'
import type { SessionDesk } from '../../core/session-desk.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import { createAnswerTeller } from '../../core/tell-answer.ts'
import type { ConsoleUrl } from '../console-url.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { PATIENCE } from '../patience.ts'
import { renderError } from '../render-error.ts'
import { toNewSession } from '../to-new-session.ts'
import { toTurns } from '../to-routing-facts.ts'
import { giveAnswer, toShownKey } from './give-answer.ts'
import type { Rendering } from './render-telling.ts'
import { streamAnswer } from './stream-answer.ts'
import { waitForAnswer } from './wait-for-answer.ts'
import { readWishes, type Wishes } from './wishes.ts'

export interface ComplexPath {
  telemetry: Telemetry
  orchestrator: Orchestrator
  sessions: Pick<SessionDesk, 'answer' | 'events'>
  approvals: Pick<ApprovalDesk, 'list'>
  duplicates: DuplicateGuard
  shown: ShownQuestions
  stopBell: StopBell
  keepAliveMs: number
  /** How long a caller that does not stream is kept waiting. */
  waitMs: number
  /** How long a turn is held for approvals. */
  holdMs: number
  consoleUrl: ConsoleUrl
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
/** How long a session may take to hear an answer before it is asked for again. */
const UNDERWAY_MS = 15_000
/** Clients, and what stands between, do not wait for a whole answer for long. */
const LONGEST_WHOLE_HOLD_MS = 60_000

/** The complex path: begins a session, or attaches to the one that was named, and tells what comes of it. */
export async function answerComplex(c: GatewayContext, request: ComplexRequest, path: ComplexPath): Promise<Response> {
  const wishes = readWishes(c.env.incoming.headers, request.read.request.metadata)
  const line = new AbortController()
  let begun: { id: string; isOver: () => boolean } | undefined
  // Who wants the session canceled on leaving must first be told which one it is, also when leaving early.
  const onLeave = (): void => {
    if (begun !== undefined || !wishes.cancelOnDisconnect) line.abort(new AppError('canceled', 'The caller left.'))
  }
  request.signal.addEventListener('abort', onLeave)
  const call: SessionCall = { owner: c.get('owner'), requestId: c.get('requestId'), signal: line.signal }
  const news = openNews(request, wishes, call, path)
  try {
    const first = await news.next()
    if (first.done === true || first.value.type !== 'snapshot') throw new AppError('upstream_invalid', 'The orchestrator did not answer with a session.')
    const { session } = first.value
    noteSession(c, request, { id: session.id, deduplicated: request.route.session === undefined && session.request_id !== call.requestId })
    begun = { id: session.id, isOver: () => false }
    if (request.signal.aborted) throw new AppError('canceled', 'The caller left.')
    const shownKey = toShownKey(call.owner, session.id)
    if (request.route.session === undefined) path.shown.set(shownKey, null)
    const answered = request.route.session === undefined ? undefined : await giveAnswer(session, request.read, wishes, call, path)
    const teller = createAnswerTeller(answered === undefined ? {} : { toldUntil: session.last_seq })
    begun = { id: session.id, isOver: () => teller.ended }
    const opening = teller.tell(first.value)
    const { request: chat } = request.read
    const isStream = chat.stream === true
    const givenUntil = performance.now() + UNDERWAY_MS
    const turn = rememberQuestion(
      hearTurn(teller, opening, news, {
        wish: wishes.approval,
        ...toPatience(isStream, wishes, path),
        look: () => lookAtPeople(path, { id: session.id, answered: (id) => id === answered && performance.now() < givenUntil }, call),
      }),
      (question) => request.signal.aborted || path.shown.set(shownKey, question),
    )
    const rendering: Rendering = {
      identity: { id: `chatcmpl-${randomUUID().replaceAll('-', '')}`, created: Math.floor(Date.now() / 1_000), model: chat.model },
      sessionId: session.id,
      consoleUrl: path.consoleUrl(c.env.incoming),
      progress: wishes.progress,
      withUsageKey: chat.stream_options?.include_usage === true,
    }
    const options = { rendering, wish: wishes.approval, stopBell: path.stopBell }
    if (isStream) {
      const status = toOpeningStatus(session, answered)
      const headers = { ...request.headers, 'x-signalbox-status': status }
      const broken = await streamAnswer(c.env.outgoing, teller, turn, { ...options, status, headers, keepAliveMs: path.keepAliveMs })
      if (broken) c.get('record').errorCode = broken.code
      return RESPONSE_ALREADY_SENT
    }
    const outcome = await waitForAnswer(teller, turn, options)
    request.headers['x-signalbox-status'] = outcome.status
    if ('completion' in outcome) return Response.json(outcome.completion, { headers: request.headers })
    c.get('record').errorCode = outcome.error.code
    return renderError(outcome.error, path.telemetry, request.headers)
  } finally {
    request.signal.removeEventListener('abort', onLeave)
    if (request.signal.aborted) {
      c.get('record').disconnected = true
      if (wishes.cancelOnDisconnect && begun !== undefined && !begun.isOver()) await cancelSession(begun.id, call, path)
    }
    line.abort(new AppError('canceled', 'The answer has been told.'))
    // Aborting ends a wait for news; a reader that rests between two of them must be told that none are wanted, or its call is never seen to end.
    await news.return(undefined)
  }
}

function openNews({ read, route }: ComplexRequest, wishes: Wishes, call: SessionCall, path: ComplexPath): AsyncGenerator<SessionNews> {
  const { orchestrator, sessions, duplicates } = path
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
  return followSession({ orchestrator, desk: sessions }, begin, call, PATIENCE)
}

/** Streams last as long as their sessions do. */
function toPatience(isStream: boolean, wishes: Wishes, { holdMs, waitMs }: ComplexPath): { holdMs: number; waitMs?: number } {
  if (isStream) return { holdMs }
  const { waitMs: preferred = Number.POSITIVE_INFINITY } = wishes
  return { holdMs: Math.min(holdMs, preferred, LONGEST_WHOLE_HOLD_MS), waitMs: Math.min(waitMs, preferred) }
}

/** A session that waits says so in the words with which a turn ends. */
function toOpeningStatus({ status }: SessionView, answered: string | undefined): string {
  if (status === 'waiting_approval') return 'awaiting_approval'
  if (status !== 'waiting_input') return status
  return answered === undefined ? 'awaiting_input' : 'active'
}

/** Notes with which question, if any, a turn ended; a turn that broke off showed nothing. */
async function* rememberQuestion(turn: AsyncIterable<readonly Heard[]>, remember: (question: string | null) => unknown): AsyncGenerator<readonly Heard[]> {
  for await (const heard of turn) {
    for (const one of heard) {
      if (one.type === 'awaiting') remember(one.questions[0]?.id ?? null)
      if (one.type === 'late') remember(null)
    }
    yield heard
  }
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
