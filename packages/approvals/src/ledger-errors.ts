import type { ApprovalState } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

/*
 * What an approval ledger refuses, in the same words whichever it is.
 */

export function noSuchApproval(id: string): AppError {
  return new AppError('not_found', `There is no approval ${id}.`)
}

export function movedOn(id: string, { version, madeFrom }: { version: number; madeFrom: number }): AppError {
  return new AppError('conflict', `Approval ${id} has moved on: it is at version ${version}, and the change was made from ${madeFrom}.`, {
    details: { version },
  })
}

export function alreadyDecided(id: string, state: ApprovalState): AppError {
  return new AppError('conflict', `Approval ${id} is ${state} for good.`, { details: { state } })
}

export function noSuchDelivery(id: string): AppError {
  return new AppError('not_found', `There is no message ${id}.`)
}
