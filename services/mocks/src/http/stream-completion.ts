import { setTimeout as pause } from 'node:timers/promises'

import { isAbortError } from '@signalbox/errors'
import { formatSseData, SSE_DONE, toChunk, toUsageChunk } from '@signalbox/openai-wire'

import type { Completion } from './completion.ts'
import { renderCall } from './render-completion.ts'

export interface StreamOptions {
  delayMs: number
  includeUsage: boolean
  signal: AbortSignal
}

/** The answer as OpenAI streams one: the role, the words, the reason it ended, the usage where it was asked for. */
export async function* streamCompletion(completion: Completion, { delayMs, includeUsage, signal }: StreamOptions): AsyncGenerator<string> {
  const { identity, reply, finishReason, usage } = completion
  const frame = (delta: object): string => formatSseData(toChunk(identity, delta, { withUsageKey: includeUsage }))

  yield frame({ role: 'assistant', content: reply.type === 'text' ? '' : null })
  if (reply.type === 'call') yield frame({ tool_calls: [{ index: 0, ...renderCall(identity.id, reply) }] })
  else {
    for (const word of splitWords(reply.text)) {
      if (delayMs > 0) await pause(delayMs, undefined, { signal })
      yield frame({ content: word })
    }
  }
  if (finishReason === undefined) return
  yield formatSseData(toChunk(identity, {}, { finishReason, withUsageKey: includeUsage }))
  if (includeUsage) yield formatSseData(toUsageChunk(identity, usage))
  yield SSE_DONE
}

/** Words with the blanks before them, so that the pieces joined are the text. */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** A body that makes its next piece when the reader has room for it, and ends quietly when the reader has left. */
export function toBody(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pieces.next().catch((error: unknown) => {
        if (isAbortError(error)) return { done: true as const, value: undefined }
        throw error
      })
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
    cancel: async () => void (await pieces.return(undefined)),
  })
}
