import { readSse } from './read-sse.ts'

/** One thing that has changed, as the feed tells it. `seq` counts them all. */
export interface FeedItem {
  seq: number
  kind: string
  subject: string
  session_id: string | null
  at: string
  /** How many approvals wait since. */
  pending?: number
}

/** How the line stands. `broken`: it is being mended. `refused`: whoever asks may not, and asking again helps nothing. */
export type FeedLine = 'connecting' | 'live' | 'broken' | 'refused'

export interface FollowFeedOptions {
  /** Asks for what comes after the one numbered so; undefined begins with now. */
  open: (after: number | undefined, signal: AbortSignal) => Promise<Response>
  /** The number of the last that is known. */
  known: () => number | undefined
  /** The gateway's place in the count, where nothing has happened since. */
  onMark: (seq: number) => void
  onItem: (item: FeedItem) => void
  onLine: (line: FeedLine) => void
  signal: AbortSignal
  firstPauseMs?: number
  longestPauseMs?: number
}

/** The gateway sends a comment every 15 s. */
const SILENCE_MS = 45_000
/** A line that held for so long was a good one: the next break is mended at once. */
const GOOD_MS = 5_000

/** Follows the feed until `signal`, over breaks in the line. Each thing is told once, in order, however often the line broke. */
export async function followFeed(options: FollowFeedOptions): Promise<void> {
  const { open, known, onMark, onItem, onLine, signal, firstPauseMs = 500, longestPauseMs = 10_000 } = options
  let pauseMs = firstPauseMs
  onLine('connecting')
  while (!signal.aborted) {
    const began = performance.now()
    try {
      const response = await open(known(), signal)
      if (isFinal(response.status)) return onLine('refused')
      if (!response.ok || !response.body) throw new Error(`The gateway answered ${response.status}.`)
      onLine('live')
      for await (const { data } of readSse(response.body, { silenceMs: SILENCE_MS, onMark: (id) => known() === undefined && onMark(Number(id)) })) {
        if (signal.aborted) return
        const item = toItem(data)
        if (item && item.seq > (known() ?? -1)) onItem(item)
      }
    } catch {
      // Whatever broke it, the line is mended below.
    }
    if (signal.aborted) return
    onLine('broken')
    if (performance.now() - began > GOOD_MS) pauseMs = firstPauseMs
    await pause(pauseMs * (0.75 + Math.random() / 2), signal)
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

function isFinal(status: number): boolean {
  return status === 401 || status === 403 || status === 404
}

function toItem(data: string): FeedItem | undefined {
  const value: unknown = JSON.parse(data)
  if (typeof value !== 'object' || value === null || !('seq' in value) || typeof value.seq !== 'number') return undefined
  if (!('kind' in value) || typeof value.kind !== 'string' || !('subject' in value) || typeof value.subject !== 'string') return undefined
  return value as FeedItem
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
