import { hash } from 'node:crypto'

import type { SessionView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { ReadChatRequest, ReasoningField } from '@signalbox/openai-wire'
import { addLogFields, type Telemetry } from '@signalbox/telemetry'

import type { ShownQuestions } from '../../core/answer-question.ts'
import type { ApprovalDesk } from '../../core/approval-desk.ts'
import type { DuplicateGuard } from '../../core/duplicate-guard.ts'
import { attachOrReport, followSession } from '../../core/follow-session.ts'
import { hearTurn, type Heard } from '../../core/hear-turn.ts'
import { lookAtPeople } from '../../core/look-at-people.ts'
import type { Orchestrator, SessionNews } from '../../core/orchestrator.ts'
import type { Route } from '../../core/route.ts'
import { withinBudget } from '../../core/routing-policy.ts'
import type { SessionCall } from '../../core/session-call.ts'
import type { SessionDesk } from '../../core/session-desk.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import { createAnswerTeller, type AnswerTeller, type Telling } from '../../core/tell-answer.ts'
import type { ConsoleUrl } from '../console-url.ts'
import type { Exchange } from '../gateway-env.ts'
import { PATIENCE } from '../patience.ts'
import { toNewSession } from '../to-new-session.ts'
import { toTurns } from '../to-routing-facts.ts'
import { giveAnswer, toShownKey } from './give-answer.ts'
import type { Wishes } from './wishes.ts'

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
  /** Under which name progress is told to those who read reasoning. */
  reasoningField: ReasoningField
}

export interface ComplexRequest {
  read: ReadChatRequest
  route: Route
  /** What the answer carries already. More is added, so that an error says it too. */
  headers: Record<string, string>
  /** Aborts when the caller leaves. */
  signal: AbortSignal
}

export interface TurnRequest extends ComplexRequest {
  wishes: Wishes
  /** Under which a new session is known, where it is not made of the request. */
  idempotencyKey?: string
  /** Events up to this one were told in an earlier turn. */
  toldUntil?: number
  /** What was said is no answer to a question, whatever it reads like. */
  isNoAnswer?: boolean
}

/** A turn of a session: one request of a caller, from where it stands to where it is told no more. */
export interface Turn {
  /** As it stood when the turn began. */
  session: SessionView
  /** The question that this turn has answered. */
  answered: string | undefined
  teller: AnswerTeller
  heard: AsyncIterable<readonly Heard[]>
  call: SessionCall
}

const CANCEL_TIMEOUT_MS = 10_000
/** How long a session may take to hear an answer before it is asked for again. */
const UNDERWAY_MS = 15_000
/** Clients, and what stands between, do not wait for a whole answer for long. */
const LONGEST_WHOLE_HOLD_MS = 60_000

/** Begins a session, or attaches to the one that was named, and has `tell` tell what comes of it. What was opened is closed after it. */
export async function holdTurn<Told>(c: Exchange, request: TurnRequest, path: ComplexPath, tell: (turn: Turn) => Promise<Told>): Promise<Told> {
  const { wishes } = request
  const line = new AbortController()
  let begun: { id: string; isOver: () => boolean } | undefined
  // Who wants the session canceled on leaving must first be told which one it is, also when leaving early.
  const onLeave = (): void => {
    if (begun !== undefined || !wishes.cancelOnDisconnect) line.abort(new AppError('canceled', 'The caller left.'))
  }
  request.signal.addEventListener('abort', onLeave)
  const call: SessionCall = { owner: c.get('owner'), requestId: c.get('requestId'), signal: line.signal }
  const news = openNews(request, call, path)
  try {
    const first = await news.next()
    if (first.done === true || first.value.type !== 'snapshot') throw new AppError('upstream_invalid', 'The orchestrator did not answer with a session.')
    const { session } = first.value
    noteSession(c, request, { id: session.id, deduplicated: request.route.session === undefined && session.request_id !== call.requestId })
    begun = { id: session.id, isOver: () => false }
    if (request.signal.aborted) throw new AppError('canceled', 'The caller left.')
    const shownKey = toShownKey(call.owner, session.id)
    if (request.route.session === undefined) path.shown.set(shownKey, null)
    const isAnswer = request.route.session !== undefined && request.isNoAnswer !== true
    const answered = isAnswer ? await giveAnswer(session, request.read, wishes, call, path) : undefined
    const toldUntil = answered === undefined ? request.toldUntil : session.last_seq
    const teller = createAnswerTeller(toldUntil === undefined ? {} : { toldUntil })
    begun = { id: session.id, isOver: () => teller.ended }
    const opening = teller.tell(first.value)
    const heard = rememberQuestion(hear({ request, teller, opening, news, answered, session, call }, path), (question) => {
      if (!request.signal.aborted) path.shown.set(shownKey, question)
    })
    return await tell({ session, answered, teller, heard, call })
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

interface Hearing extends Omit<Turn, 'heard'> {
  request: TurnRequest
  opening: readonly Telling[]
  news: AsyncGenerator<SessionNews>
}

function hear({ request, teller, opening, news, answered, session, call }: Hearing, path: ComplexPath): AsyncGenerator<readonly Heard[]> {
  const { wishes, read } = request
  const givenUntil = performance.now() + UNDERWAY_MS
  return hearTurn(teller, opening, news, {
    wish: wishes.approval,
    ...toPatience(read.request.stream === true, wishes, path),
    look: () => lookAtPeople(path, { id: session.id, answered: (id) => id === answered && performance.now() < givenUntil }, call),
  })
}

function openNews({ read, route, wishes, idempotencyKey }: TurnRequest, call: SessionCall, path: ComplexPath): AsyncGenerator<SessionNews> {
  const { orchestrator, sessions, duplicates } = path
  const budget = withinBudget(wishes.budget, route.budget)
  const begin =
    route.session === undefined
      ? orchestrator.begin(
          {
            ...toNewSession(read.request, toTurns(read.request)),
            ...(budget && { budget }),
            request: { sha256: hash('sha256', read.bytes), again: wishes.idempotencyKey === undefined && wishes.retryCount > 0 },
            idempotencyKey:
              idempotencyKey ?? duplicates.keyFor({ owner: call.owner, body: read.bytes, givenKey: wishes.idempotencyKey, retryCount: wishes.retryCount }),
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
function noteSession(c: Exchange, { headers }: ComplexRequest, session: { id: string; deduplicated: boolean }): void {
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
