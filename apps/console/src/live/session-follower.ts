import type { SessionDetail, SessionEvent, SessionEventType, SessionStatus } from '@signalbox/contracts'

import { followEvents, LineRefused, type LineState } from './follow-events.ts'
import { createLiveSession, withEvents, withSnapshot, type LiveSession } from './live-session.ts'

/** What a page knows of a session that it follows. */
export interface Followed {
  live: LiveSession | undefined
  detail: SessionDetail | undefined
  line: LineState
  error: unknown
}

export interface FollowerPorts {
  readDetail: (signal: AbortSignal) => Promise<SessionDetail>
  openEvents: (after: number, signal: AbortSignal) => Promise<Response>
}

export interface SessionFollower {
  get(): Followed
  subscribe(listener: () => void): () => void
  /** Reads the session and follows it; what is answered ends that. */
  start(): () => void
  /** Reads the session anew, and follows it again where it goes on after its end. */
  refresh(): void
}

/** Events come in hundreds a second at times; a page is drawn for them this often at most. */
const DRAW_EVERY_MS = 80
/** What no event tells (outputs, what is asked) is read anew no more often than this. */
const READ_EVERY_MS = 1_000
const GAP_PAUSE_MS = 500

const OVER: ReadonlySet<SessionStatus> = new Set(['completed', 'failed', 'canceled', 'expired'])

/**
 * Follows one session for a page: its snapshot, its events on top, and a new snapshot where events say that
 * there is something which they do not tell.
 */
export function createSessionFollower({ readDetail, openEvents }: FollowerPorts): SessionFollower {
  let state: Followed = { live: undefined, detail: undefined, line: 'connecting', error: undefined }
  const listeners = new Set<() => void>()
  let life: AbortController | undefined
  let line: AbortController | undefined
  let arrived: SessionEvent[] = []
  let drawTimer: ReturnType<typeof setTimeout> | undefined
  let readTimer: ReturnType<typeof setTimeout> | undefined
  let isReading = false

  const set = (change: Partial<Followed>): void => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }

  const read = async (): Promise<void> => {
    const signal = life?.signal
    if (!signal || signal.aborted || isReading) return
    isReading = true
    try {
      const detail = await readDetail(signal)
      if (signal.aborted) return
      const live = state.live ? withSnapshot(state.live, detail.session) : createLiveSession(detail.session)
      set({ live, detail: { ...detail, session: live.view }, error: undefined })
      if (line === undefined && (live.view.last_seq > live.lastSeq || !OVER.has(live.view.status))) follow()
    } catch (error) {
      if (!signal.aborted) set({ error })
    } finally {
      isReading = false
    }
  }

  const readSoon = (): void => {
    readTimer ??= setTimeout(() => {
      readTimer = undefined
      void read()
    }, READ_EVERY_MS)
  }

  /** Takes in what has come since the page was drawn last. */
  const draw = (): void => {
    clearTimeout(drawTimer)
    drawTimer = undefined
    if (!state.live || arrived.length === 0) return
    const events = arrived
    arrived = []
    const live = withEvents(state.live, events)
    const known = state.live.snapshot.last_seq
    set({ live })
    if (events.some(({ seq, type }) => seq > known && TELLS_OF_MORE.has(type))) readSoon()
    if (live.gap) mend()
  }

  const follow = (): void => {
    const signal = life?.signal
    if (!signal || signal.aborted) return
    const mine = new AbortController()
    line = mine
    followEvents({
      open: openEvents,
      known: () => arrived.at(-1)?.seq ?? state.live?.lastSeq ?? 0,
      onEvents: (events) => {
        arrived.push(...events)
        drawTimer ??= setTimeout(draw, DRAW_EVERY_MS)
      },
      onLine: (lineState) => {
        if (lineState === 'over' || lineState === 'broken') draw()
        set({ line: lineState })
      },
      signal: AbortSignal.any([signal, mine.signal]),
    })
      .catch((error: unknown) => {
        if (!(error instanceof LineRefused) || !signal.aborted) set({ error })
      })
      .finally(() => {
        if (line !== mine) return
        line = undefined
        // The end is worth one more look: it brings the answer and the last outputs.
        if (!signal.aborted && state.error === undefined) readSoon()
      })
  }

  /** A number is missing: the line is opened anew, from the last that is known. */
  const mend = (): void => {
    line?.abort()
    line = undefined
    arrived = []
    setTimeout(() => line ?? follow(), GAP_PAUSE_MS)
  }

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start() {
      const mine = new AbortController()
      life = mine
      void read()
      return () => {
        mine.abort()
        line?.abort()
        line = undefined
        isReading = false
        arrived = []
        clearTimeout(drawTimer)
        clearTimeout(readTimer)
        drawTimer = undefined
        readTimer = undefined
      }
    },
    refresh: () => void read(),
  }
}

const TELLS_OF_MORE: ReadonlySet<SessionEventType> = new Set([
  'plan.ready',
  'node.started',
  'node.session',
  'node.decided',
  'node.expanded',
  'node.completed',
  'node.failed',
  'node.waiting',
  'context.put',
  'dead_letter.kept',
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.superseded',
  'input.requested',
  'input.received',
  'session.waiting',
  'session.redriven',
  'session.completed',
  'session.failed',
  'session.canceled',
])
