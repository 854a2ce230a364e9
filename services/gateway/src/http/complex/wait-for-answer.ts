import { toAppError, type AppError } from '@signalbox/errors'
import { toCompletion, type ChatCompletion } from '@signalbox/openai-wire'

import type { SessionNews } from '../../core/orchestrator.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { AnswerTeller, Ending } from '../../core/tell-answer.ts'
import { renderEnding, toCompletionUsage, toFinishReason, toStatus, type Rendering } from './render-telling.ts'

export interface WaitOptions {
  rendering: Rendering
  /** How long the caller is kept waiting. */
  waitMs: number
  stopBell: StopBell
}

/** How a wait ended: with the answer, with a word on where to find it, or with a fault. */
export type WaitOutcome = { status: string; completion: ChatCompletion } | { status: string; error: AppError }

/** Waits for a session's answer; one that takes too long is told where it will be. Never a part of an answer. */
export async function waitForAnswer(
  teller: AnswerTeller,
  ending: Ending | undefined,
  news: AsyncIterator<SessionNews>,
  options: WaitOptions,
): Promise<WaitOutcome> {
  const { rendering, waitMs, stopBell } = options
  const stopped = Promise.withResolvers<Ending>()
  const off = stopBell.onStop((error) => stopped.resolve({ type: 'fault', error, status: 'unknown' }))
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => late.resolve('late'), waitMs)
  try {
    const end = ending ?? (await Promise.race([readToEnd(teller, news), late.promise, stopped.promise]))
    if (end === 'late') return toWaitingOutcome(rendering, teller.paused)
    if (end.type === 'fault') return { status: end.status, error: end.error }
    const extra = { usage: toCompletionUsage(end.usage), signalbox: renderEnding(end, rendering.sessionId), finishReason: toFinishReason(end) }
    return { status: toStatus(end), completion: toCompletion(rendering.identity, teller.text, extra) }
  } finally {
    clearTimeout(timer)
    off()
  }
}

async function readToEnd(teller: AnswerTeller, news: AsyncIterator<SessionNews>): Promise<Ending> {
  try {
    for (;;) {
      const next = await news.next()
      // Whoever follows a session throws where it cannot follow it to its end.
      if (next.done === true) throw new Error('the session’s news ended before the session')
      const end = findEnding(teller.tell(next.value))
      if (end) return end
    }
  } catch (error) {
    return { type: 'fault', error: toAppError(error), status: 'unknown' }
  }
}

export function findEnding(tellings: readonly { type: string }[]): Ending | undefined {
  return tellings.find((telling): telling is Ending => telling.type === 'completed' || telling.type === 'fault')
}

function toWaitingOutcome({ identity, sessionId }: Rendering, paused: boolean): WaitOutcome {
  const status = paused ? 'paused' : 'running'
  const why = paused
    ? 'This session is paused, and goes on when it is resumed. Ask again after that'
    : 'This takes longer than one request can wait, and goes on. Ask again'
  const text = `${why} in this conversation, or with the header X-Session-Id, to get the answer.\n\nRef: ${sessionId}`
  return { status, completion: toCompletion(identity, text, { signalbox: { v: 1, status, session_id: sessionId } }) }
}
