import { TERMINAL_STATUSES, type Citation, type Fault, type SessionEvent, type SessionStatus, type SessionView, type Usage } from '@signalbox/contracts'
import { AppError, isErrorCode, type ErrorCode } from '@signalbox/errors'

import type { SessionNews } from './orchestrator.ts'
import { toProgressLine } from './progress-line.ts'

/** What of a session is told to the caller, in this order: any number of progress and content, then one ending. */
export type Telling = { type: 'progress'; event: SessionEvent; line: string | undefined } | { type: 'content'; text: string } | Ending

export type Ending =
  | { type: 'completed'; usage: Usage; citations: Citation[]; usageByNode?: Record<string, Usage> }
  | { type: 'fault'; error: AppError; status: SessionStatus | 'unknown' }

export interface AnswerTeller {
  /** The session's id, once it is known. */
  readonly sessionId: string | undefined
  readonly ended: boolean
  /** All the text that was told. */
  readonly text: string
  tell(news: SessionNews): Telling[]
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
 */
export function createAnswerTeller(): AnswerTeller {
  let session: SessionView | undefined
  let lastSeq = 0
  let answer = ''
  let told = ''
  let ended = false
  const usageByNode: Record<string, Usage> = {}

  const end = (ending: Ending): Telling[] => {
    ended = true
    return [ending]
  }
  const fail = (code: ErrorCode, message: string): Telling[] => end({ type: 'fault', error: new AppError(code, message), status: session?.status ?? 'unknown' })

  /** The answer now reads `text` from `offset` on. */
  const write = (offset: number, text: string): Telling[] => {
    if (offset > answer.length) return fail('upstream_invalid', 'A part of the answer was lost on its way.')
    const onward = offset === answer.length && answer.length >= told.length
    answer = onward ? answer + text : answer.slice(0, offset) + text
    if (!onward && !answer.startsWith(told) && !told.startsWith(answer)) {
      return fail('agent_failed', 'The answer was begun anew with other words after a part of it had been sent.')
    }
    return tellMore(false)
  }

  const tellMore = (final: boolean): Telling[] => {
    const end = !final && /[\ud800-\udbff]$/.test(answer) ? answer.length - 1 : answer.length
    if (end <= told.length) return []
    const text = answer.slice(told.length, end)
    told = answer.slice(0, end)
    return [{ type: 'content', text }]
  }

  const complete = (usage: Usage, citations: Citation[]): Telling[] => {
    if (!answer.startsWith(told) || answer.length < told.length) return fail('agent_failed', 'The answer ended before the words that had been sent of it.')
    const last = tellMore(true)
    return [...last, ...end({ type: 'completed', usage, citations, ...(Object.keys(usageByNode).length > 0 && { usageByNode }) })]
  }

  const tellSnapshot = (view: SessionView, answerSoFar: string): Telling[] => {
    session = view
    for (const [node, { usage }] of Object.entries(view.nodes)) if (usage) usageByNode[node] = usage
    const text = view.answer?.text ?? answerSoFar
    const over = TERMINAL_STATUSES.has(view.status)
    // While the session runs a snapshot may be behind what is known; at its end it is the last word.
    const written = text === '' || (!over && answer.startsWith(text)) ? [] : write(0, text)
    if (ended || !over) return written
    if (view.status === 'completed') return [...written, ...complete(view.usage, view.answer?.citations ?? [])]
    return [...written, ...end({ type: 'fault', error: toSessionError(view.status, view.error ?? undefined), status: view.status })]
  }

  const tellEvent = (event: SessionEvent): Telling[] => {
    if (event.seq <= lastSeq) return []
    lastSeq = event.seq
    switch (event.type) {
      case 'answer.delta':
        return write(event.offset, event.text)
      case 'session.completed':
        return complete(event.usage, event.citations)
      case 'session.failed':
        return end({ type: 'fault', error: toSessionError('failed', event.error), status: 'failed' })
      case 'session.canceled':
        return end({ type: 'fault', error: toSessionError('canceled'), status: 'canceled' })
      case 'node.completed':
        if (event.usage) usageByNode[event.node] = event.usage
        return [{ type: 'progress', event, line: told === '' ? toProgressLine(event) : undefined }]
      default:
        return [{ type: 'progress', event, line: told === '' ? toProgressLine(event) : undefined }]
    }
  }

  return {
    get sessionId() {
      return session?.id
    },
    get ended() {
      return ended
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
          if (news.status === 'completed') return complete(session?.usage ?? NOTHING_KNOWN, session?.answer?.citations ?? [])
          return end({
            type: 'fault',
            error: toSessionError(news.status, news.message === '' ? undefined : { code: 'agent_failed', message: news.message }),
            status: news.status,
          })
      }
    },
  }
}

const NOTHING_KNOWN: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: null }

/** Codes with which a session can fail that mean the same to a caller. Whatever else went wrong inside is not the caller's fault. */
const TOLD_CODES: ReadonlySet<ErrorCode> = new Set([
  'plan_invalid',
  'agent_unavailable',
  'agent_failed',
  'deadline_exceeded',
  'rate_limited',
  'upstream_failed',
  'upstream_invalid',
  'upstream_timeout',
  'unavailable',
])

export function toSessionError(status: SessionStatus, fault?: Fault): AppError {
  if (status === 'canceled') return new AppError('canceled', 'The session was canceled.')
  if (status === 'expired') return new AppError('canceled', 'The session expired.')
  const code = isErrorCode(fault?.code) && TOLD_CODES.has(fault.code) ? fault.code : 'agent_failed'
  // The session has ended for good: the same request would begin another one, which is the caller's to want.
  return new AppError(code, fault?.message ?? 'The session failed.', { retryable: false })
}
