import type { SessionEvent } from '@signalbox/contracts'

import { readSse } from './read-sse.ts'

/** How the line to a session stands. `broken`: it is being mended. `over`: there is no more to come. */
export type LineState = 'connecting' | 'live' | 'broken' | 'over'

export interface FollowOptions {
  /** Asks for the events after the one numbered so. */
  open: (after: number, signal: AbortSignal) => Promise<Response>
  /** The number of the last event that is known; asked before each attempt. */
  known: () => number
  onEvents: (events: SessionEvent[]) => void
  onLine: (state: LineState) => void
  signal: AbortSignal
  /** How long to wait before the first attempt to mend a line, milliseconds; it doubles up to `longestPauseMs`. */
  firstPauseMs?: number
  longestPauseMs?: number
}

/** The gateway sends a comment every 15 s. */
const SILENCE_MS = 45_000

/** The session is not there, or is not for whoever asks: asking again helps nothing. */
export class LineRefused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`The session’s events were refused (${status}).`)
    this.name = 'LineRefused'
    this.status = status
  }
}

const ENDS: ReadonlySet<string> = new Set(['session.completed', 'session.failed', 'session.canceled', 'session.expired'])

/**
 * Follows a session to its end, over breaks in the line: each attempt asks for what comes after the last
 * event that is known. What was sent twice all the same is for the receiver to drop, by its number.
 *
 * @throws LineRefused where asking again would help nothing.
 */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { open, known, onEvents, onLine, signal, firstPauseMs = 500, longestPauseMs = 10_000 } = options
  let pauseMs = firstPauseMs
  onLine('connecting')
  for (;;) {
    try {
      const response = await open(known(), signal)
      if (response.status === 204) return onLine('over')
      if (response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429) throw new LineRefused(response.status)
      if (!response.ok || !response.body) throw new Error(`The gateway answered ${response.status}.`)
      onLine('live')
      let last: string | undefined
      for await (const { data } of readSse(response.body, { silenceMs: SILENCE_MS })) {
        const event = toEvent(data)
        if (!event) continue
        pauseMs = firstPauseMs
        last = event.type
        onEvents([event])
      }
      if (last !== undefined && ENDS.has(last)) return onLine('over')
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof LineRefused) throw error
    }
    if (signal.aborted) return
    onLine('broken')
    await pause(pauseMs, signal)
    if (signal.aborted) return
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

/** The events of a session are made by our own gateway; what has no number and no type is none of them (an error on the line is told that way). */
function toEvent(data: string): SessionEvent | undefined {
  const value: unknown = JSON.parse(data)
  if (typeof value !== 'object' || value === null || !('seq' in value) || typeof value.seq !== 'number') return undefined
  if (!('type' in value) || typeof value.type !== 'string') return undefined
  return value as SessionEvent
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, milliseconds)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
