import type { ServerResponse } from 'node:http'

import { toAppError, type AppError } from '@signalbox/errors'
import { toChunk, toUsageChunk } from '@signalbox/openai-wire'

import type { ApprovalWish, Heard } from '../../core/hear-turn.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { AnswerTeller } from '../../core/tell-answer.ts'
import type { Awaiting } from '../../core/waiting-for-people.ts'
import { openEventWriter, type EventWriter } from '../event-writer.ts'
import { isForApproval, renderAwaiting, toApprovalError, toAwaitingText } from './render-awaiting.ts'
import { renderOpening, renderStatus, renderTelling, toCompletionUsage, type Rendering } from './render-telling.ts'

export interface StreamOptions {
  rendering: Rendering
  wish: ApprovalWish
  /** The status with which the stream begins. */
  status: string
  headers: Record<string, string>
  keepAliveMs: number
  stopBell: StopBell
}

/** A person reads no more than this; an agent can say more. */
const PROGRESS_EVERY_MS = 250

/** Tells a turn as an OpenAI stream, to its end. Answers what broke it off, if anything did. */
export async function streamAnswer(
  outgoing: ServerResponse,
  teller: Pick<AnswerTeller, 'text'>,
  turn: AsyncIterable<readonly Heard[]>,
  options: StreamOptions,
): Promise<AppError | undefined> {
  const writer = openEventWriter(outgoing, options)
  let broken: AppError | undefined
  const breakOff = (error: AppError): void => {
    broken ??= error
    writer.fail(error)
  }
  const off = options.stopBell.onStop(breakOff)
  const tell = createChunkSender(writer, teller, options, breakOff)
  try {
    await writer.send(renderOpening(options.rendering, options.status))
    for await (const heard of turn) {
      await tell(heard)
      if (broken) break
    }
  } catch (error) {
    breakOff(toAppError(error))
  } finally {
    off()
  }
  return broken
}

function createChunkSender(
  writer: EventWriter,
  teller: Pick<AnswerTeller, 'text'>,
  { rendering, wish }: Pick<StreamOptions, 'rendering' | 'wish'>,
  breakOff: (error: AppError) => void,
): (heard: readonly Heard[]) => Promise<void> {
  let lastProgressAt = Number.NEGATIVE_INFINITY
  const { identity, withUsageKey } = rendering

  const end = async (usage: Awaiting['usage']): Promise<void> => {
    if (withUsageKey) await writer.send(toUsageChunk(identity, toCompletionUsage(usage)))
    writer.done()
  }
  const tellAwaiting = async (awaiting: Awaiting): Promise<void> => {
    if (wish === 'error' && isForApproval(awaiting)) return breakOff(toApprovalError(awaiting, rendering))
    const text = toAwaitingText(awaiting, rendering)
    await writer.send(toChunk(identity, { content: teller.text === '' ? text : `\n\n${text}` }, { withUsageKey }))
    const event = renderStatus('Waiting for you', rendering, { done: true })
    await writer.send(toChunk(identity, {}, { finishReason: 'stop', withUsageKey, signalbox: renderAwaiting(awaiting, rendering), event }))
    await end(awaiting.usage)
  }

  return async (heard) => {
    for (const telling of heard) {
      switch (telling.type) {
        case 'fault':
          return breakOff(telling.error)
        case 'awaiting':
          return tellAwaiting(telling)
        case 'late':
          // A stream goes on for as long as its session does.
          continue
        case 'progress':
          if (telling.event.type !== 'node.progress') break
          if (performance.now() - lastProgressAt < PROGRESS_EVERY_MS) continue
          lastProgressAt = performance.now()
      }
      const chunk = renderTelling(telling, rendering)
      if (chunk) await writer.send(chunk)
      if (telling.type === 'completed') await end(telling.usage)
    }
  }
}
