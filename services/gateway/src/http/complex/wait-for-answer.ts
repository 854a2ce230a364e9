import { toAppError, type AppError } from '@signalbox/errors'
import { toCompletion, type ChatCompletion } from '@signalbox/openai-wire'

import type { ApprovalWish, Heard } from '../../core/hear-turn.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { AnswerTeller, Ending } from '../../core/tell-answer.ts'
import type { Awaiting } from '../../core/waiting-for-people.ts'
import { isForApproval, renderAwaiting, toApprovalError, toAwaitingText } from './render-awaiting.ts'
import { renderEnding, toCompletionUsage, toFinishReason, toStatus, type Rendering } from './render-telling.ts'

export interface WaitOptions {
  rendering: Rendering
  wish: ApprovalWish
  stopBell: StopBell
}

/** How a wait ended: with the answer, with a word on where to find it or on who is asked, or with a fault. */
export type WaitOutcome = { status: string; completion: ChatCompletion } | { status: string; error: AppError }

type TurnEnd = Ending | Awaiting | (Heard & { type: 'late' })

/** Waits for a turn's end. Never a part of an answer. */
export async function waitForAnswer(
  teller: Pick<AnswerTeller, 'text'>,
  turn: AsyncIterable<readonly Heard[]>,
  { rendering, wish, stopBell }: WaitOptions,
): Promise<WaitOutcome> {
  const stopped = Promise.withResolvers<Ending>()
  const off = stopBell.onStop((error) => stopped.resolve({ type: 'fault', error, status: 'unknown' }))
  try {
    const end = await Promise.race([readToEnd(turn), stopped.promise])
    switch (end.type) {
      case 'fault':
        return { status: end.status, error: end.error }
      case 'late':
        return toLateOutcome(rendering, end.paused)
      case 'awaiting':
        return toAwaitingOutcome(end, rendering, wish)
      case 'completed': {
        const extra = { usage: toCompletionUsage(end.usage), signalbox: renderEnding(end, rendering.sessionId), finishReason: toFinishReason(end) }
        return { status: toStatus(end), completion: toCompletion(rendering.identity, teller.text, extra) }
      }
    }
  } finally {
    off()
  }
}

async function readToEnd(turn: AsyncIterable<readonly Heard[]>): Promise<TurnEnd> {
  try {
    for await (const heard of turn) {
      const end = heard.find((one): one is TurnEnd => one.type !== 'progress' && one.type !== 'content')
      if (end) return end
    }
    throw new Error('the turn ended without saying how')
  } catch (error) {
    return { type: 'fault', error: toAppError(error), status: 'unknown' }
  }
}

function toAwaitingOutcome(awaiting: Awaiting, rendering: Rendering, wish: ApprovalWish): WaitOutcome {
  const { status, usage } = awaiting
  if (wish === 'error' && isForApproval(awaiting)) return { status, error: toApprovalError(awaiting, rendering) }
  const extra = { usage: toCompletionUsage(usage), signalbox: renderAwaiting(awaiting, rendering) }
  return { status, completion: toCompletion(rendering.identity, toAwaitingText(awaiting, rendering), extra) }
}

function toLateOutcome({ identity, sessionId }: Rendering, paused: boolean): WaitOutcome {
  const status = paused ? 'paused' : 'running'
  const why = paused
    ? 'This session is paused, and goes on when it is resumed. Ask again after that'
    : 'This takes longer than one request can wait, and goes on. Ask again'
  const text = `${why} in this conversation, or with the header X-Session-Id, to get the answer.\n\nRef: ${sessionId}`
  return { status, completion: toCompletion(identity, text, { signalbox: { v: 1, status, session_id: sessionId } }) }
}
