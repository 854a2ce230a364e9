import type { ServerResponse } from 'node:http'

import type { AppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'
import { formatResponseEvent, type ResponseEvent } from '@signalbox/openai-wire/responses'

import { openEventWriter } from '../event-writer.ts'

/** A response's events on their way to a caller. */
export interface ResponseStream {
  /** The number of the event that was sent last; -1 before the first. */
  readonly last: number
  /** Settles when the caller has room for more. @throws AppError `canceled` when it has left. */
  send(events: readonly ResponseEvent[]): Promise<void>
  end(): void
  /** Says what broke the stream off, and ends. The response itself may go on. */
  fail(error: AppError): void
}

/** Sends the headers at once. Events up to `after` have been sent to this caller before. */
export function openResponseStream(
  outgoing: ServerResponse,
  { headers, keepAliveMs, after = -1 }: { headers: Record<string, string>; keepAliveMs: number; after?: number },
): ResponseStream {
  const writer = openEventWriter(outgoing, { headers, keepAliveMs })
  let last = after
  return {
    get last() {
      return last
    },
    async send(events) {
      let text = ''
      for (const event of events) {
        if (event.sequence_number <= last) continue
        last = event.sequence_number
        text += formatResponseEvent(event)
      }
      if (text !== '') await writer.frame(text)
    },
    end: () => writer.end(),
    fail(error) {
      const { message, code, param } = toOpenAIError(error).body.error
      writer.end(formatResponseEvent({ type: 'error', code, message, param, sequence_number: last + 1 }))
    },
  }
}
