import type { Action } from '@signalbox/contracts'

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

/** Every secret by its pointer, none inside another: what `pointers` name, and texts and numbers under names of secrets. */
export function secretsIn(args: Json, pointers: readonly string[]): Map<string, Json> {
  const declared = new Set(pointers)
  return new Map(walk(args, '', false))

  function* walk(value: Json, pointer: string, isSecret: boolean): Generator<[string, Json]> {
    if (declared.has(pointer)) yield [pointer, value]
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) yield* walk(item, below(pointer, name), isSecret || (!Array.isArray(value) && isSecretName(name)))
    else if (isSecret && (typeof value === 'number' || (typeof value === 'string' && value !== ''))) yield [pointer, value]
  }
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

/** The pointer of what has this name, or stands at this place, in what has that pointer. */
export function below(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
