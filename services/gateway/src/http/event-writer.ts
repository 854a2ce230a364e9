import type { ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'
import { formatSseData, SSE_DONE, SSE_HEADERS, SSE_KEEP_ALIVE } from '@signalbox/openai-wire'

import { toErrorBody } from './render-error.ts'

/** How long a caller may take no bytes at all while there are some for it. */
const STALL_MS = 60_000

/** A stream of events on its way to a caller. */
export interface EventWriter {
  /** Settles when the caller has room for more. `id` is what a client says it has seen, when it comes again. @throws AppError `canceled` when it has left. */
  send(value: unknown, of?: { id: number; event?: string }): Promise<void>
  /** Sends what is framed already. @throws as `send` does. */
  frame(text: string): Promise<void>
  /** Says no more than where the stream is. Never to a client of OpenAI's. */
  mark(id: number): Promise<void>
  /** Says `[DONE]`, as OpenAI's streams do, and ends. */
  done(): void
  /** `last` is framed already. */
  end(last?: string): void
  /** Says what went wrong and ends, without `[DONE]`. */
  fail(error: AppError): void
}

export interface EventWriterOptions {
  headers: Record<string, string>
  keepAliveMs: number
  stallMs?: number
}

/** Sends the headers at once, and a comment now and then, so that nobody on the way takes silence for death. */
export function openEventWriter(outgoing: ServerResponse, options: EventWriterOptions): EventWriter {
  outgoing.writeHead(200, { ...SSE_HEADERS, ...options.headers })
  const keepAlive = setInterval(() => {
    if (!outgoing.writableNeedDrain) outgoing.write(SSE_KEEP_ALIVE)
  }, options.keepAliveMs)
  outgoing.once('close', () => clearInterval(keepAlive))
  const end = (last?: string): void => {
    clearInterval(keepAlive)
    if (!outgoing.destroyed && !outgoing.writableEnded) outgoing.end(last)
  }
  const write = async (text: string): Promise<void> => {
    if (outgoing.destroyed || outgoing.writableEnded) throw new AppError('canceled', 'The caller left before the answer was whole.')
    if (!outgoing.write(text)) await roomIn(outgoing, options.stallMs ?? STALL_MS)
  }
  return {
    send: (value, of) =>
      write(of === undefined ? formatSseData(value) : `id: ${of.id}\n${of.event === undefined ? '' : `event: ${of.event}\n`}${formatSseData(value)}`),
    frame: write,
    mark: (id) => write(`id: ${id}\n\n`),
    done: () => end(SSE_DONE),
    end,
    fail: (error) => end(formatSseData(toErrorBody(error))),
  }
}

function roomIn(outgoing: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => outgoing.destroy(), stallMs)
    const settle = (then: () => void) => (): void => {
      clearTimeout(timer)
      outgoing.off('drain', onDrain).off('close', onClose)
      then()
    }
    const onDrain = settle(resolve)
    const onClose = settle(() => reject(new AppError('canceled', 'The caller left before the answer was whole.')))
    outgoing.once('drain', onDrain).once('close', onClose)
  })
}
