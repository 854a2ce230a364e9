import { APPROVAL_LIMITS, hashOf, type Action } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { looksMasked, toMask, type Sealed } from './seal.ts'
import { below, secretsIn } from './secrets.ts'

type Json = Action['args']

/**
 * Arguments as people see them and as the ledger keeps them: what `secrets` name is masked whole, and so are
 * texts and numbers under names of secrets, at any depth. The mask tells two values apart, and tells neither.
 */
export function mask(args: Json, { secrets, seal }: Sealed): Json {
  const masks = new Map([...secretsIn(args, secrets)].map(([pointer, value]) => [pointer, toMask(value, seal)]))
  return replaced(args, masks)
}

/**
 * An edit of masked arguments as what would be run: a mask that was left as it stands is the secret again.
 *
 * @throws AppError `invalid_request` for an edit that changes a secret, leaves one out, sets one, or puts a mask
 * elsewhere: what nobody sees nobody can approve.
 */
export function unmask(edited: Json, original: Json, { secrets, seal }: Sealed): Json {
  const known = secretsIn(original, secrets)
  for (const [pointer, value] of known) {
    const now = valueAt(edited, pointer)
    if (now !== toMask(value, seal) && (now === undefined || hashOf(now) !== hashOf(value)))
      throw refused(`${pointer || 'This'} is a secret: an edit has to leave it as it is.`)
  }
  const whole = replaced(edited, known)
  for (const pointer of secretsIn(whole, secrets).keys()) if (!known.has(pointer)) throw refused(`${pointer} is a secret: an edit cannot set it.`)
  for (const [pointer, value] of leavesOf(whole)) {
    if (looksMasked(value) && !known.has(pointer) && valueAt(original, pointer) !== value)
      throw refused(`${pointer || 'This'} holds the mask of a secret, which stands for nothing there.`)
  }
  return whole
}

/** What an agent says for itself, no longer than people are asked to read. */
export function toStatement(text: string | null): string | null {
  return text === null ? null : toShort(text, APPROVAL_LIMITS.statement)
}

/** At most so many UTF-16 units, never half a character. */
export function toShort(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function* leavesOf(value: Json, pointer = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) yield [pointer, value]
  else for (const [name, item] of Object.entries(value)) yield* leavesOf(item, below(pointer, name))
}

function valueAt(value: Json, pointer: string): Json | undefined {
  const names = pointer.split('/').slice(1)
  let at: Json | undefined = value
  for (const name of names.map((escaped) => escaped.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = Array.isArray(at) ? at[Number(name)] : at[name]
  }
  return at
}

/** A copy with other values at these places. */
function replaced(value: Json, others: ReadonlyMap<string, Json>, pointer = ''): Json {
  const other = others.get(pointer)
  if (other !== undefined) return other
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => replaced(item, others, below(pointer, String(index))))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, others, below(pointer, name))]))
}

function refused(message: string): AppError {
  return new AppError('invalid_request', message, { param: 'edited_args' })
}
