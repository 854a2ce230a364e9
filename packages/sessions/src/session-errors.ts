import { AppError } from '@signalbox/errors'

/*
 * What a session store refuses, in the same words whichever it is.
 */

export function noSuchSession(id: string): AppError {
  return new AppError('not_found', `There is no session ${id}.`)
}

export function takenId(id: string): AppError {
  return new AppError('conflict', `Session ${id} is there already.`)
}

export function staleLease(id: string): AppError {
  return new AppError('stale_lease', `The lease on session ${id} was released, or somebody else holds the session by now.`)
}

export function movedOn({ rev, madeFrom }: { rev: number; madeFrom: number }): AppError {
  return new AppError('conflict', `The session has moved on: it is at revision ${rev}, and the change was made from ${madeFrom}.`)
}
