import { AppError } from '@signalbox/errors'

import type { User } from '../../core/console/user.ts'

/** Whether somebody counts for the rule that there always is an admin who can sign in. */
export function isAdmin({ role, disabled }: User): boolean {
  return role === 'admin' && !disabled
}

/** What both account stores say, in the same words. */
export function nameTaken(name: string): AppError {
  return new AppError('conflict', `There is a user ${name} already.`, { param: 'name' })
}

export function noSuchUser(): AppError {
  return new AppError('not_found', 'There is no such user.')
}

export function changedMeanwhile(): AppError {
  return new AppError('conflict', 'The user was changed meanwhile: look again.')
}

export function lastAdmin(): AppError {
  return new AppError('conflict', 'This is the last admin who can sign in: make somebody else one first.')
}
