import { AppError } from '@signalbox/errors'
import type { ResponseEvent, ResponseObject } from '@signalbox/openai-wire/responses'

import type { StoredResponse } from '../../core/responses/response-store.ts'
import type { KeptResponses } from './kept-responses.ts'
import type { OwnResponse, ResponseRun } from './response-document.ts'

/** What is written down of a response while it is being made here. */
export interface RunRecord {
  /** Says that it is alive, and hears what others have said. */
  beat(until: number): Promise<void>
  /** Says that a part of it is told, before it is. @throws AppError where that cannot be said. */
  noteTold(): Promise<void>
  /** Leaves it to another gateway, where nobody has heard of it. Answers whether it is left. */
  leave(): Promise<boolean>
  end(response: ResponseObject, events: ResponseEvent[]): Promise<void>
}

export interface RunListener {
  /** Somebody wants it to stop, or nobody wants it any more. */
  onCancel(): void
  /** Another gateway makes it now. */
  onLost(): void
}

/** A request that ends its gateway each time must not end them all. */
const MOST_TRIES = 3

/** Whether another gateway may ask the model anew: nobody has heard a word of what the first was told, and asking has done nothing but cost. */
export function canBeTakenUp(run: ResponseRun | undefined): boolean {
  return run?.ask !== undefined && run.told !== true && !run.cancel && run.tries < MOST_TRIES
}

export function goesOnElsewhere(): AppError {
  return new AppError('unavailable', 'The response goes on elsewhere: take it up again.')
}

/** Writes take turns: each is made from what the one before it has written. */
export function openRunRecord(begun: { entry: StoredResponse; document: OwnResponse }, kept: KeptResponses, listener: RunListener): RunRecord {
  let { entry, document } = begun
  const by = document.run?.by
  let isOver = false
  let turns: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turns.then(work)
    turns = done.catch(() => undefined)
    return done
  }

  const write = async (next: OwnResponse, open: boolean): Promise<boolean> => {
    if (!(await kept.write(entry, next, open))) return false
    entry = { ...entry, version: entry.version + 1 }
    document = next
    return true
  }
  const writeRun = async (change: Partial<ResponseRun>): Promise<boolean> => {
    const { run } = document
    return run !== undefined && write({ ...document, run: { ...run, ...change } }, true)
  }
  /** What somebody else wrote meanwhile. Answers whether the response is still made here. */
  const lookAgain = async (): Promise<boolean> => {
    const found = await kept.find(entry.owner, entry.id)
    const isHere = found?.document.kind === 'ours' && found.entry.open && found.document.run?.by === by
    if (!isHere || found.document.kind !== 'ours') {
      isOver = true
      if (found) listener.onLost()
      else listener.onCancel()
      return false
    }
    entry = found.entry
    document = found.document
    if (document.run?.cancel === true) listener.onCancel()
    return true
  }

  return {
    beat: (until) =>
      inTurn(async () => {
        if (!isOver && !(await writeRun({ until }))) await lookAgain()
      }),
    noteTold: () =>
      inTurn(async () => {
        if (isOver || document.run?.told === true) return
        if (await writeRun({ told: true })) return
        if (!(await lookAgain()) || !(await writeRun({ told: true }))) throw goesOnElsewhere()
      }),
    leave: () =>
      inTurn(async () => {
        if (isOver || !canBeTakenUp(document.run)) return false
        isOver = await writeRun({ until: 0 })
        return isOver
      }),
    end: (response, events) =>
      inTurn(async () => {
        const toEnd = (): OwnResponse => {
          const { run: _run, ...rest } = document
          return { ...rest, response, events }
        }
        if (isOver) return
        if (!(await write(toEnd(), false)) && (await lookAgain())) await write(toEnd(), false)
        isOver = true
      }),
  }
}
