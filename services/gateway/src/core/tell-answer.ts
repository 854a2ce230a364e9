import {
  TERMINAL_EVENTS,
  TERMINAL_STATUSES,
  toProgressLine,
  type Citation,
  type Fault,
  type SessionEvent,
  type SessionStatus,
  type SessionView,
  type Stopped,
  type Usage,
} from '@signalbox/contracts'
import { AppError, isErrorCode, type ErrorCode } from '@signalbox/errors'

import type { SessionNews } from './orchestrator.ts'
import { createWaitWatch, type OpenAsks } from './waiting-for-people.ts'

/** What of a session is told to the caller, in this order: any number of progress and content, then one ending. */
export type Telling = { type: 'progress'; event: SessionEvent; line: string | undefined } | { type: 'content'; text: string } | Ending

export type Ending =
  /** `stopped`: a budget ended it, and the answer is what there was. */
  | { type: 'completed'; usage: Usage; citations: Citation[]; usageByNode?: Record<string, Usage>; stopped?: Stopped }
  | { type: 'fault'; error: AppError; status: SessionStatus | 'unknown' }

export interface AnswerTeller {
  /** The session's id, once it is known. */
  readonly sessionId: string | undefined
  readonly ended: boolean
  /** Nothing will be told before somebody resumes the session. */
  readonly paused: boolean
  /** What people are asked, while nothing goes on but for them. */
  readonly waiting: OpenAsks | undefined
  /** What the session has spent, as far as it is known. */
  readonly usage: Usage
  /** All the text that was told. */
  readonly text: string
  tell(news: SessionNews): Telling[]
  /** Takes note of how the session stands with people, and of what it has spent; what it does is told by its events. */
  look(session: SessionView): void
  /** What the session waits for has been given already, and is on its way. */
  dismissWaiting(): void
}

export interface TellerOptions {
  /** Events up to this one were told in an earlier turn: what is left of them now is the answer's text. */
  toldUntil?: number
}

/**
 * Turns a session's news into what is told of it.
 *
 * 1. An event is told once: after a break in the line the snapshot comes again, and old events do.
 * 2. Told text is never taken back. An answer that was begun anew goes on where the new text goes
 *    beyond the told one, and only if it begins with the told one; anything else is a fault.
 * 3. No gap: text that would stand beyond what is known is a fault, not a hole.
 * 4. Half of a surrogate pair waits for its other half.
 * 5. Once content has begun no progress has a line any more.
 * 6. After an ending nothing is told.
 * 7. What happened before the snapshot is history: text that was written then is told as it reads at
 *    the snapshot, however often it was begun anew until then, and an ending after which somebody had
 *    the session go on is none.
 * 8. What people are asked is that of the snapshot and of what came since, never of history.
 */
export function createAnswerTeller({ toldUntil = 0 }: TellerOptions = {}): AnswerTeller {
  let session: SessionView | undefined
  let lastSeq = 0
  let answer = ''
  let told = ''
  let ended = false
  let paused = false
  const people = createWaitWatch()
  let usage = NOTHING_KNOWN
  /** The answer was written in history, and not yet compared with what was told. */
  let rewritten = false
  const usageByNode: Record<string, Usage> = {}

  const look = (view: SessionView): void => {
    people.look(view)
    usage = view.usage
  }
  const end = (ending: Ending): Telling[] => {
    ended = true
    return [ending]
  }
  const fail = (code: ErrorCode, message: string): Telling[] => end({ type: 'fault', error: new AppError(code, message), status: session?.status ?? 'unknown' })

  /** The answer now reads `text` from `offset` on. */
  const write = (offset: number, text: string): Telling[] => {
    if (offset > answer.length) return fail('upstream_invalid', 'A part of the answer was lost on its way.')
    // Most text goes on where the last one ended, and need not be compared with all that was told.
    const onward = !rewritten && offset === answer.length && answer.length >= told.length
    rewritten = false
    answer = onward ? answer + text : answer.slice(0, offset) + text
    return onward || agrees() ? tellMore(false) : failAnew()
  }

  const agrees = (): boolean => answer.startsWith(told) || told.startsWith(answer)
  const failAnew = (): Telling[] => fail('agent_failed', 'The answer was begun anew with other words after a part of it had been sent.')

  /** The same for text of which it is known already that more has happened since; it is told when history has caught up. */
  const writeHistory = (offset: number, text: string): Telling[] => {
    if (offset > answer.length) return fail('upstream_invalid', 'A part of the answer was lost on its way.')
    answer = answer.slice(0, offset) + text
    rewritten = true
    return []
  }

  const tellMore = (final: boolean): Telling[] => {
    const end = !final && /[\ud800-\udbff]$/.test(answer) ? answer.length - 1 : answer.length
    if (end <= told.length) return []
    const text = answer.slice(told.length, end)
    told = answer.slice(0, end)
    return [{ type: 'content', text }]
  }

  const complete = (usage: Usage, citations: Citation[], stopped: Stopped | null | undefined): Telling[] => {
    if (!answer.startsWith(told) || answer.length < told.length) return fail('agent_failed', 'The answer ended before the words that had been sent of it.')
    const last = tellMore(true)
    return [...last, ...end({ type: 'completed', usage, citations, ...(Object.keys(usageByNode).length > 0 && { usageByNode }), ...(stopped && { stopped }) })]
  }

  const tellSnapshot = (view: SessionView, answerSoFar: string): Telling[] => {
    session = view
    paused = view.status === 'paused'
    look(view)
    for (const [node, { usage }] of Object.entries(view.nodes)) if (usage) usageByNode[node] = usage
    const text = view.answer?.text ?? answerSoFar
    const over = TERMINAL_STATUSES.has(view.status)
    // While the session runs a snapshot may be behind what is known; at its end it is the last word.
    const written = text === '' || (!over && answer.startsWith(text)) ? [] : write(0, text)
    if (ended || !over) return written
    if (view.status === 'completed') return [...written, ...complete(view.usage, view.answer?.citations ?? [], view.stopped)]
    return [...written, ...end({ type: 'fault', error: toSessionError(view.status, view.error ?? undefined), status: view.status })]
  }

  /** Of what is told from before the snapshot, the snapshot says what came of it. */
  const isHistory = ({ seq }: SessionEvent): boolean => session !== undefined && seq < session.last_seq

  const tellEvent = (event: SessionEvent): Telling[] => {
    if (event.seq <= lastSeq) return []
    lastSeq = event.seq
    if (event.type === 'node.completed' && event.usage) usageByNode[event.node] = event.usage
    if (isHistory(event)) {
      if (event.type === 'answer.delta') return writeHistory(event.offset, event.text)
      if (event.seq <= toldUntil) return []
      return [TERMINAL_EVENTS.has(event.type) ? { type: 'progress', event, line: undefined } : tellProgress(event)]
    }
    people.hear(event)
    const present = event.seq <= toldUntil && event.type !== 'answer.delta' ? [] : tellPresent(event)
    if (ended || !rewritten) return present
    // History has caught up without another word of the answer.
    return [...present, ...write(answer.length, '')]
  }

  const tellProgress = (event: SessionEvent): Telling => ({ type: 'progress', event, line: told === '' ? toProgressLine(event) : undefined })

  const tellPresent = (event: SessionEvent): Telling[] => {
    switch (event.type) {
      case 'answer.delta':
        return write(event.offset, event.text)
      case 'session.completed':
        return complete(event.usage, event.citations, event.stopped)
      case 'session.failed':
        return end({ type: 'fault', error: toSessionError('failed', event.error), status: 'failed' })
      case 'session.canceled':
        return end({ type: 'fault', error: toSessionError('canceled'), status: 'canceled' })
      case 'session.expired':
        return end({ type: 'fault', error: toSessionError('expired'), status: 'expired' })
      case 'session.paused':
      case 'session.unpaused':
        paused = event.type === 'session.paused'
        return [tellProgress(event)]
      default:
        return [tellProgress(event)]
    }
  }

  return {
    get sessionId() {
      return session?.id
    },
    get ended() {
      return ended
    },
    get paused() {
      return paused
    },
    get waiting() {
      return ended ? undefined : people.waiting
    },
    get usage() {
      return usage
    },
    get text() {
      return told
    },
    tell(news) {
      if (ended) return []
      switch (news.type) {
        case 'snapshot':
          return tellSnapshot(news.session, news.answerSoFar)
        case 'event':
          return tellEvent(news.event)
        case 'answer':
          return write(news.offset, news.text)
        case 'ended':
          if (news.status === 'completed') return complete(session?.usage ?? NOTHING_KNOWN, session?.answer?.citations ?? [], session?.stopped)
          return end({
            type: 'fault',
            error: toSessionError(news.status, news.message === '' ? undefined : { code: 'agent_failed', message: news.message }),
            status: news.status,
          })
      }
    },
    look,
    dismissWaiting: () => people.dismiss(),
  }
}

const NOTHING_KNOWN: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: null }

/** Codes with which a session can fail that mean the same to a caller. Whatever else went wrong inside is not the caller's fault. */
const TOLD_CODES: ReadonlySet<ErrorCode> = new Set([
  'plan_invalid',
  'agent_unavailable',
  'agent_failed',
  'approval_rejected',
  'deadline_exceeded',
  'budget_exceeded',
  'rate_limited',
  'upstream_failed',
  'upstream_invalid',
  'upstream_timeout',
  'unavailable',
])

export function toSessionError(status: SessionStatus, fault?: Fault): AppError {
  if (status === 'canceled') return new AppError('canceled', 'The session was canceled.')
  if (status === 'expired') return new AppError('canceled', 'The session expired: it lay idle for too long.')
  const code = isErrorCode(fault?.code) && TOLD_CODES.has(fault.code) ? fault.code : 'agent_failed'
  // The session has ended for good: the same request would begin another one, which is the caller's to want.
  return new AppError(code, fault?.message ?? 'The session failed.', { retryable: false })
}
