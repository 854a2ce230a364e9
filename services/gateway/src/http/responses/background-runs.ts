import { randomBytes } from 'node:crypto'

import { AppError, toAppError } from '@signalbox/errors'
import { createResponseComposer, type ResponseComposer, type ResponseEvent, type ResponseObject } from '@signalbox/openai-wire/responses'
import type { Telemetry } from '@signalbox/telemetry'

import type { StoredResponse } from '../../core/responses/response-store.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import type { KeptResponses } from './kept-responses.ts'
import { MOST_KEPT_BYTES, type OwnResponse } from './response-document.ts'
import { toResponseFault } from './response-faults.ts'
import { goesOnElsewhere, openRunRecord } from './run-record.ts'

/** A response of the model itself that is made here while nobody waits for it. */
export interface BackgroundRun {
  readonly owner: string
  readonly response: ResponseObject
  /** All that it has told, and what it tells from now on, to its end. */
  follow(signal: AbortSignal): AsyncGenerator<readonly ResponseEvent[]>
  cancel(): void
  stop(error: AppError): void
  /** Settles when it is over and kept. */
  over: Promise<void>
}

export interface BackgroundRuns {
  hasRoom(owner: string): boolean
  /** @throws AppError `rate_limited` where too many are under way. */
  requireRoom(owner: string): void
  start(begun: { entry: StoredResponse; document: OwnResponse }, make: MakeResponse): BackgroundRun
  /** One that is made here. */
  find(id: string): BackgroundRun | undefined
  /** Lets go of what is still being made: it is told to have failed, or left to another gateway. Settles when that is kept. */
  close(): Promise<void>
}

export type MakeResponse = (composer: ResponseComposer, signal: AbortSignal) => AsyncIterable<readonly ResponseEvent[]>

export interface RunsOptions {
  kept: KeptResponses
  stopBell: StopBell
  telemetry: Telemetry
  /** How often each is said to be alive, milliseconds. */
  beatMs?: number
  /** How much a model may say in one. */
  mostToldBytes?: number
}

const MOST_RUNS = 1_000
/** One caller's do not take all places. */
const MOST_OF_OWNER = 100
/** Text and events beyond this are no answer: nothing of it could be kept. */
const MOST_TOLD_BYTES = 4 * MOST_KEPT_BYTES
/** What an event weighs beside its text. */
const EVENT_BYTES = 256
const BEAT_MS = 5_000
/** A run that has not said for so many beats that it is alive is not. */
const BEATS_TO_DIE = 6

/** Who makes a run, from its beginning to its end. */
export function createRunMark(): string {
  return randomBytes(9).toString('base64url')
}

/** How long a run that begins or goes on now is surely alive. */
export function aliveUntil(beatMs: number = BEAT_MS): number {
  return Date.now() + BEATS_TO_DIE * beatMs
}

/**
 * Makes responses in the background.
 *
 * 1. What was told stands in the store before anybody hears of the end.
 * 2. Each says now and then that it is alive, so that another gateway knows when one died with its process.
 * 3. Whoever wants one to stop, on another gateway, says so in the store; at the next beat it is heard.
 * 4. That a part of it is told is written down before it is: of what nobody has heard, another gateway makes another.
 * 5. One that another gateway has taken up is that one's. What comes of it here is nobody's.
 */
export function createBackgroundRuns({ kept, stopBell, telemetry, beatMs = BEAT_MS, mostToldBytes = MOST_TOLD_BYTES }: RunsOptions): BackgroundRuns {
  const runs = new Map<string, BackgroundRun>()

  const start: BackgroundRuns['start'] = (begun, make) => {
    const { id, owner } = begun.entry
    const composer = createResponseComposer(begun.document.response)
    const opening = composer.open()
    const events: ResponseEvent[] = []
    let toldBytes = 0
    let more = Promise.withResolvers<void>()
    /** What ended it before its time. */
    let ended: 'canceled' | 'lost' | 'stopped' | undefined
    const line = new AbortController()
    const end = (how: typeof ended, error: AppError): void => {
      ended ??= how
      line.abort(error)
    }
    const cancel = (): void => end('canceled', new AppError('canceled', 'The response was cancelled.'))
    const stop = (error: AppError): void => end('stopped', error)
    const record = openRunRecord(begun, kept, { onCancel: cancel, onLost: () => end('lost', goesOnElsewhere()) })
    const tell = (told: readonly ResponseEvent[]): void => {
      events.push(...told)
      for (const event of told) toldBytes += EVENT_BYTES + ('delta' in event && typeof event.delta === 'string' ? event.delta.length : 0)
      if (toldBytes > mostToldBytes) throw new AppError('upstream_invalid', 'The model endpoint answers without end.')
      more.resolve()
      more = Promise.withResolvers()
    }
    const warn = (words: string) => (error: unknown) => telemetry.log.warn({ err: error, response_id: id }, words)

    const run = async (): Promise<void> => {
      const off = stopBell.onStop(stop)
      const beat = (): Promise<unknown> => record.beat(aliveUntil(beatMs)).catch(warn('a response in the background could not say that it is alive'))
      const beats = setInterval(() => void beat(), beatMs)
      beats.unref()
      let last: readonly ResponseEvent[] = []
      let isLeft = false
      try {
        tell(opening)
        for await (const told of make(composer, line.signal)) {
          if (composer.ended) last = told
          else tell(told)
        }
      } catch (error) {
        isLeft = ended === 'lost' || (ended === 'stopped' && !composer.ended && (await record.leave().catch(() => false)))
        if (!composer.ended && !isLeft) {
          const at = nowInSeconds()
          last = ended === 'canceled' ? composer.cancel({ at }) : composer.fail(toResponseFault(toAppError(error)), { at })
        }
      }
      clearInterval(beats)
      off()
      // Also where its reply was not read to its end: nobody reads it now, and it holds a connection.
      line.abort(new AppError('canceled', 'The response is over.'))
      events.push(...last)
      if (!isLeft) await record.end(composer.response, events).catch(warn('what became of a response in the background could not be kept'))
      runs.delete(id)
      more.resolve()
    }

    const made: BackgroundRun = {
      owner,
      get response() {
        return composer.response
      },
      async *follow(signal) {
        const left = Promise.withResolvers<void>()
        signal.addEventListener('abort', () => left.resolve(), { once: true })
        for (let from = 0; !signal.aborted;) {
          const isOver = !runs.has(id)
          const told = events.slice(from)
          from += told.length
          if (!isOver && from > opening.length) await record.noteTold()
          if (told.length > 0) yield told
          if (isOver && !composer.ended) throw goesOnElsewhere()
          if (isOver) return
          if (events.length === from) await Promise.race([more.promise, left.promise])
        }
      },
      cancel,
      stop,
      over: Promise.resolve(),
    }
    runs.set(id, made)
    made.over = run()
    return made
  }

  const hasRoom = (owner: string): boolean => runs.size < MOST_RUNS && [...runs.values()].filter((run) => run.owner === owner).length < MOST_OF_OWNER
  return {
    hasRoom,
    requireRoom(owner) {
      if (hasRoom(owner)) return
      throw new AppError('rate_limited', 'Too many responses are made in the background: try again later.', { retryAfterMs: 5_000 })
    },
    start,
    find: (id) => runs.get(id),
    async close() {
      const left = [...runs.values()]
      for (const run of left) run.stop(new AppError('unavailable', 'The gateway is stopping.'))
      await Promise.all(left.map((run) => run.over))
    },
  }
}
