import { addUsage, NO_USAGE, toProgressLine, type SessionEvent } from '@signalbox/contracts'
import type { ResponseComposer, ResponseEvent } from '@signalbox/openai-wire/responses'

import { toSessionError } from '../../core/tell-answer.ts'
import { createWaitWatch } from '../../core/waiting-for-people.ts'
import type { ResponseSession } from './response-document.ts'
import { toResponseFault } from './response-faults.ts'
import { createProgressFilter, tellAwaiting, tellCompleted, toAwaitingMetadata } from './tell-response.ts'

export interface SessionFold {
  /** The number of the last event that was heard. */
  readonly heard: number
  hear(event: SessionEvent): ResponseEvent[]
}

/**
 * Tells a session's events as a response's, one after the other from the first.
 *
 * 1. The same events make the same response, with the same numbers: it can be told again to whoever missed a part of it,
 *    by any gateway, at any time that the session is there.
 * 2. Of what an earlier response told there is no progress any more; the answer is told whole.
 * 3. Words that turn out not to be the answer are closed as unfinished, and what is the answer is told anew.
 * 4. People are waited for, however long; only a question to the caller ends it, for its answer is the next request.
 */
export function foldSession(composer: ResponseComposer, session: ResponseSession): SessionFold {
  const place = { sessionId: session.id, consoleUrl: session.console_url }
  const toLine = createProgressFilter(session.console_url)
  const people = createWaitWatch()
  /** The answer as it reads by now, and what of it was told in the message that is open. */
  let answer = ''
  let told = ''
  let heard = 0

  let spent = NO_USAGE

  /** Most text goes on where the last one ended, and need not be compared with all that was told. */
  const append = (text: string): ResponseEvent[] => {
    answer += text
    if (/[\ud800-\udbff]$/.test(text)) return []
    told = answer
    return composer.write(text)
  }
  const write = (final: boolean): ResponseEvent[] => {
    if (!final && told.startsWith(answer)) return []
    const discarded = answer.startsWith(told) ? [] : composer.discard()
    if (!answer.startsWith(told)) told = ''
    // Half of a surrogate pair waits for its other half.
    const end = !final && /[\ud800-\udbff]$/.test(answer) ? answer.length - 1 : answer.length
    const text = answer.slice(told.length, end)
    told += text
    return [...discarded, ...composer.write(text)]
  }

  const hear = (event: SessionEvent): ResponseEvent[] => {
    const at = Math.floor(Date.parse(event.at) / 1_000)
    const isNew = event.seq > session.told_from
    people.hear(event)
    switch (event.type) {
      case 'answer.delta':
        if (event.offset === answer.length && told.length === answer.length) return append(event.text)
        answer = answer.slice(0, event.offset) + event.text
        return write(false)
      case 'session.completed':
        return [...write(true), ...tellCompleted(composer, { text: answer, ...event }, { sessionId: session.id, at })]
      case 'session.failed':
        return composer.fail(toResponseFault(toSessionError('failed', event.error)), { at, metadata: { session_id: session.id, orch_status: 'failed' } })
      case 'session.canceled':
        return composer.cancel({ at, metadata: { session_id: session.id, orch_status: 'canceled' } })
      case 'session.expired':
        return composer.fail(toResponseFault(toSessionError('expired')), { at, metadata: { session_id: session.id, orch_status: 'expired' } })
      case 'session.waiting': {
        const open = people.waiting
        if (!isNew || !open) return []
        const status = event.for === 'input' && open.questions.length > 0 ? 'awaiting_input' : 'awaiting_approval'
        if (status === 'awaiting_approval') return composer.note(toAwaitingMetadata({ status, ...open }, place))
        const awaiting = { type: 'awaiting', status, ...open, usage: spent } as const
        return tellAwaiting(composer, awaiting, { place, requests: [], hasText: told !== '', at })
      }
      default: {
        if (event.type === 'node.completed' && event.usage) spent = addUsage(spent, event.usage)
        const line = isNew && session.progress && told === '' ? toLine(event, toProgressLine(event)) : undefined
        return line === undefined ? [] : composer.reason(line)
      }
    }
  }

  return {
    get heard() {
      return heard
    },
    hear(event) {
      if (composer.ended || event.seq <= heard) return []
      heard = event.seq
      return hear(event)
    },
  }
}
