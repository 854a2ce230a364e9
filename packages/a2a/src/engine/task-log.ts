import { toAppError } from '@signalbox/errors'

import type { TaskChange } from '../model.ts'

export type NumberedChange = TaskChange & { seq: number }

/**
 * The numbered events of one task, in memory.
 *
 * 1. Numbers begin at 1 and have no gaps; an event never changes once it is in.
 * 2. A reader keeps a position, not a queue: a slow one holds nothing up and misses nothing.
 * 3. Looking for what is there and beginning to wait happen in one tick, so nothing falls between.
 */
export interface TaskLog {
  /** The last event's number; 0 before the first. */
  readonly last: number
  append(change: TaskChange): void
  /** No more will come. Readers end when they have read what is there. */
  close(): void
  /** Lets go of the events. Readers that are under way keep theirs. */
  forget(): void
  /** Whether everything after this number is still there. */
  reachesBack(seq: number): boolean
  /** Everything after `seq`, then what comes, until the log closes. @throws AppError `canceled` when the signal aborts. */
  read(seq: number, signal: AbortSignal): AsyncGenerator<NumberedChange>
}

export function createTaskLog(): TaskLog {
  let events: NumberedChange[] = []
  let last = 0
  let closed = false
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const resume of [...waiting]) resume()
  }
  const nextWake = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const resume = (): void => {
        waiting.delete(resume)
        signal.removeEventListener('abort', resume)
        resolve()
      }
      waiting.add(resume)
      signal.addEventListener('abort', resume)
    })

  return {
    get last() {
      return last
    },
    append(change) {
      last += 1
      events.push({ ...change, seq: last })
      wake()
    },
    close() {
      closed = true
      wake()
    },
    forget() {
      events = []
    },
    reachesBack: (seq) => Number.isInteger(seq) && seq >= last - events.length && seq <= last,
    read(seq, signal) {
      // Taken now, not when the reader first asks: by then the log may have been forgotten.
      const mine = events
      return readFrom(mine, seq - (last - mine.length))
      async function* readFrom(list: readonly NumberedChange[], start: number): AsyncGenerator<NumberedChange> {
        for (let index = start; ; index += 1) {
          while (index >= list.length) {
            if (signal.aborted) throw toAppError(signal.reason)
            if (closed) return
            await nextWake(signal)
          }
          const event = list[index]
          if (event) yield event
        }
      }
    },
  }
}
