import type { ServerResponse } from 'node:http'

import { toAppError, type AppError } from '@signalbox/errors'
import { toUsageChunk } from '@signalbox/openai-wire'

import type { SessionNews } from '../../core/orchestrator.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { AnswerTeller, Telling } from '../../core/tell-answer.ts'
import { openEventWriter, type EventWriter } from '../event-writer.ts'
import { renderOpening, renderTelling, toCompletionUsage, type Rendering } from './render-telling.ts'

export interface StreamOptions {
  rendering: Rendering
  /** The status with which the stream begins. */
  status: string
  headers: Record<string, string>
  keepAliveMs: number
  stopBell: StopBell
}

/** A person reads no more than this; an agent can say more. */
const PROGRESS_EVERY_MS = 250

/** Tells a session as an OpenAI stream, to its end. Answers what broke it off, if anything did. */
export async function streamAnswer(
  outgoing: ServerResponse,
  teller: AnswerTeller,
  opening: readonly Telling[],
  news: AsyncIterable<SessionNews>,
  options: StreamOptions,
): Promise<AppError | undefined> {
  const writer = openEventWriter(outgoing, options)
  let broken: AppError | undefined
  const breakOff = (error: AppError): void => {
    broken ??= error
    writer.fail(error)
  }
  const off = options.stopBell.onStop(breakOff)
  const tell = createChunkSender(writer, options.rendering, breakOff)
  try {
    await writer.send(renderOpening(options.rendering, options.status))
    await tell(opening)
    if (teller.ended) return broken
    for await (const item of news) {
      await tell(teller.tell(item))
      if (teller.ended || broken) break
    }
  } catch (error) {
    breakOff(toAppError(error))
  } finally {
    off()
  }
  return broken
}

function createChunkSender(writer: EventWriter, rendering: Rendering, breakOff: (error: AppError) => void): (tellings: readonly Telling[]) => Promise<void> {
  let lastProgressAt = Number.NEGATIVE_INFINITY
  return async (tellings) => {
    for (const telling of tellings) {
      if (telling.type === 'fault') return breakOff(telling.error)
      if (telling.type === 'progress' && telling.event.type === 'node.progress') {
        if (performance.now() - lastProgressAt < PROGRESS_EVERY_MS) continue
        lastProgressAt = performance.now()
      }
      const chunk = renderTelling(telling, rendering)
      if (chunk) await writer.send(chunk)
      if (telling.type !== 'completed') continue
      if (rendering.withUsageKey) await writer.send(toUsageChunk(rendering.identity, toCompletionUsage(telling.usage)))
      writer.done()
    }
  }
}
