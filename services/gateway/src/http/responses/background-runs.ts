import { AppError, toAppError } from '@signalbox/errors'
import { createResponseComposer, type ResponseComposer, type ResponseEvent, type ResponseObject } from '@signalbox/openai-wire/responses'
import type { Telemetry } from '@signalbox/telemetry'

import type { StoredResponse } from '../../core/responses/response-store.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import { nowInSeconds } from './answer-from-chat.ts'
import type { KeptResponses } from './kept-responses.ts'
import { MOST_KEPT_BYTES, type OwnResponse } from './response-document.ts'
import { toResponseFault } from './response-faults.ts'

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
  /** @throws AppError `rate_limited` where too many are under way. */
  requireRoom(owner: string): void
  start(begun: { entry: StoredResponse; document: OwnResponse }, make: MakeResponse): BackgroundRun
  /** One that is made here. */
  find(id: string): BackgroundRun | undefined
  /** Ends what is still being made, and settles when all of it is kept. */
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
 */
export function createBackgroundRuns({ kept, stopBell, telemetry, beatMs = BEAT_MS, mostToldBytes = MOST_TOLD_BYTES }: RunsOptions): BackgroundRuns {
  const runs = new Map<string, BackgroundRun>()

  const start: BackgroundRuns['start'] = (begun, make) => {
    let { entry, document } = begun
    const { id } = entry
    const composer = createResponseComposer(document.response)
    const events: ResponseEvent[] = []
    let toldBytes = 0
    let more = Promise.withResolvers<void>()
    let isCanceled = false
    const line = new AbortController()
    const tell = (told: readonly ResponseEvent[]): void => {
      events.push(...told)
      for (const event of told) toldBytes += EVENT_BYTES + ('delta' in event && typeof event.delta === 'string' ? event.delta.length : 0)
      if (toldBytes > mostToldBytes) throw new AppError('upstream_invalid', 'The model endpoint answers without end.')
      more.resolve()
      more = Promise.withResolvers()
    }
    const cancel = (): void => {
      isCanceled = true
      line.abort(new AppError('canceled', 'The response was cancelled.'))
    }

    const write = async (next: OwnResponse, open: boolean): Promise<boolean> => {
      if (!(await kept.write(entry, next, open))) return false
      entry = { ...entry, version: entry.version + 1 }
      document = next
      return true
    }
    /** What somebody else wrote meanwhile. */
    const lookAgain = async (): Promise<void> => {
      const found = await kept.find(entry.owner, id)
      if (found?.document.kind !== 'ours') return cancel()
      entry = found.entry
      document = found.document
      if (document.run?.cancel === true) cancel()
    }
    const beat = async (): Promise<void> => {
      try {
        if (!(await write({ ...document, run: { until: aliveUntil(beatMs), cancel: false } }, true))) await lookAgain()
      } catch (error) {
        telemetry.log.warn({ err: error, response_id: id }, 'a response in the background could not say that it is alive')
      }
    }
    const keepEnd = async (): Promise<void> => {
      const { run: _run, ...rest } = document
      const end = { ...rest, response: composer.response, events }
      if (await write(end, false)) return
      await lookAgain()
      await write(end, false)
    }

    const run = async (): Promise<void> => {
      const off = stopBell.onStop((error) => line.abort(error))
      let beating: Promise<void> = Promise.resolve()
      const beats = setInterval(() => (beating = beating.then(beat)), beatMs)
      beats.unref()
      let last: readonly ResponseEvent[] = []
      try {
        tell(composer.open())
        for await (const told of make(composer, line.signal)) {
          if (composer.ended) last = told
          else tell(told)
        }
      } catch (error) {
        if (!composer.ended) {
          const end = { at: nowInSeconds() }
          last = isCanceled ? composer.cancel(end) : composer.fail(toResponseFault(toAppError(error)), end)
        }
      }
      clearInterval(beats)
      await beating
      off()
      // Also where its reply was not read to its end: nobody reads it now, and it holds a connection.
      line.abort(new AppError('canceled', 'The response is over.'))
      events.push(...last)
      try {
        await keepEnd()
      } catch (error) {
        telemetry.log.error({ err: error, response_id: id }, 'what became of a response in the background could not be kept')
      }
      runs.delete(id)
      more.resolve()
    }

    const made: BackgroundRun = {
      owner: entry.owner,
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
          if (told.length > 0) yield told
          if (isOver) return
          if (events.length === from) await Promise.race([more.promise, left.promise])
        }
      },
      cancel,
      stop: (error) => line.abort(error),
      over: Promise.resolve(),
    }
    runs.set(id, made)
    made.over = run()
    return made
  }

  return {
    requireRoom(owner) {
      const own = [...runs.values()].filter((run) => run.owner === owner).length
      if (runs.size < MOST_RUNS && own < MOST_OF_OWNER) return
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
