import { APPROVAL_LIMITS, hashOf, type Action } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

type Json = Action['args']

/** Words that make the value under a name a secret, wherever in the name they stand. */
const SECRET_WORDS = new Set(
  [
    'password',
    'passwords',
    'passwd',
    'passphrase',
    'passcode',
    'pwd',
    'secret',
    'secrets',
    'authorization',
    'credential',
    'credentials',
    'cookie',
    'bearer',
  ].concat(['apikey', 'apikeys', 'accesskey', 'privatekey', 'secretkey', 'signingkey', 'encryptionkey', 'authtoken', 'accesstoken']),
)
/** Words that do where they are a name's last: `token_count` is none. */
const SECRET_ENDINGS = new Set(['token', 'tokens', 'pin', 'otp', 'auth'])
/** Kinds of `key` that are. */
const SECRET_KEYS = new Set(['api', 'access', 'private', 'secret', 'signing', 'encryption', 'auth', 'ssh', 'service', 'account', 'license'])
const LOOKS_MASKED = /^•••• \(sha256 [0-9a-f]{8}\)$/

/**
 * Arguments as people see them and as the ledger keeps them: what `pointers` name is masked whole, and so are
 * texts and numbers under names of secrets, at any depth. The mask tells two values apart, and tells neither.
 */
export function mask(args: Json, pointers: readonly string[]): Json {
  const masks = new Map([...secretsIn(args, pointers)].map(([pointer, value]) => [pointer, toMask(value)]))
  return replaced(args, masks)
}

/**
 * An edit of masked arguments as what would be run: a mask that was left as it stands is the secret again.
 *
 * @throws AppError `invalid_request` for an edit that changes a secret, leaves one out, sets one, or puts a mask
 * elsewhere: what nobody sees nobody can approve.
 */
export function unmask(edited: Json, original: Json, pointers: readonly string[]): Json {
  const known = secretsIn(original, pointers)
  for (const [pointer, value] of known) {
    const now = valueAt(edited, pointer)
    if (now !== toMask(value) && (now === undefined || hashOf(now) !== hashOf(value)))
      throw refused(`${pointer || 'This'} is a secret: an edit has to leave it as it is.`)
  }
  const whole = replaced(edited, known)
  for (const pointer of secretsIn(whole, pointers).keys()) if (!known.has(pointer)) throw refused(`${pointer} is a secret: an edit cannot set it.`)
  for (const [pointer, value] of leavesOf(whole)) {
    if (typeof value === 'string' && LOOKS_MASKED.test(value) && !known.has(pointer) && valueAt(original, pointer) !== value)
      throw refused(`${pointer || 'This'} holds the mask of a secret, which stands for nothing there.`)
  }
  return whole
}

/** True for names like `password`, `apiKey`, `X-Auth-Token` and `AWS_SECRET_ACCESS_KEY`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter(Boolean)
  if (words.some((word) => SECRET_WORDS.has(word)) || SECRET_ENDINGS.has(words.at(-1) ?? '')) return true
  return words.some((word, at) => (word === 'key' || word === 'keys') && SECRET_KEYS.has(words[at - 1] ?? ''))
}

/** What an agent says for itself, no longer than people are asked to read. */
export function toStatement(text: string | null): string | null {
  return text === null ? null : toShort(text, APPROVAL_LIMITS.statement)
}

/** At most so many UTF-16 units, never half a character. */
export function toShort(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Every secret by its pointer, none inside another. */
function secretsIn(args: Json, pointers: readonly string[]): Map<string, Json> {
  const declared = new Set(pointers)
  return new Map(walk(args, '', false))

  function* walk(value: Json, pointer: string, isSecret: boolean): Generator<[string, Json]> {
    if (declared.has(pointer)) yield [pointer, value]
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) yield* walk(item, below(pointer, name), isSecret || (!Array.isArray(value) && isSecretName(name)))
    else if (isSecret && (typeof value === 'number' || (typeof value === 'string' && value !== ''))) yield [pointer, value]
  }
}

function* leavesOf(value: Json, pointer = ''): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) yield [pointer, value]
  else for (const [name, item] of Object.entries(value)) yield* leavesOf(item, below(pointer, name))
}

function toMask(value: Json): string {
  return `•••• (sha256 ${hashOf(value).slice(0, 8)})`
}

function below(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
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
