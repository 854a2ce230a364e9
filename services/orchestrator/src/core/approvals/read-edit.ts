import { APPROVAL_LIMITS, toCanonicalJson, type Ask } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { Deciding } from './decide-approval.ts'
import { mask, unmask } from './mask.ts'
import { editFault } from './node-action.ts'
import { bytesHash, sealedBy } from './seal.ts'

/**
 * What a person wants done instead of what was asked, as it is kept: masked, with the hash of the bytes that run.
 *
 * @param current The hash of what would run without the edit.
 * @throws AppError `invalid_request` for what cannot be run instead, and for what changes nothing.
 */
export function readEdit(ask: Pick<Ask, 'ref' | 'action' | 'seal'>, edited: Ask['action']['args'] | undefined, current: string): NonNullable<Deciding['edit']> {
  if (edited === undefined) throw refused('An edit says what is to be done instead.')
  const { args } = ask.action
  const sealed = sealedBy(ask)
  const whole = unmask(edited, args, sealed)
  if (Buffer.byteLength(toCanonicalJson(whole)) > APPROVAL_LIMITS.argsBytes)
    throw refused(`The edited arguments have more than ${APPROVAL_LIMITS.argsBytes} bytes.`)
  const fault = editFault(ask, whole)
  if (fault !== undefined) throw refused(fault)
  const hash = bytesHash(whole, sealed)
  if (hash === current) throw refused('The edit changes nothing. Approve it as it is.')
  const shown = mask(whole, sealed)
  // What is kept must lead to the very bytes that were decided on.
  if (bytesHash(unmask(shown, args, sealed), sealed) !== hash) throw refused('The edited arguments cannot be kept without their secrets.')
  return { args: shown, args_sha256: hash }
}

function refused(message: string): AppError {
  return new AppError('invalid_request', message, { param: 'edited_args' })
}
