import { randomFillSync } from 'node:crypto'

/** What our ids are made of: a readable prefix and 128 random bits in Crockford's base 32, lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 26

export type IdPrefix = 'ses' | 'req' | 'msg' | 'doc' | 'key' | 'apr' | 'dlv' | 'usr'

/** `createId('ses')` → `ses_5f0…`; unguessable, and still never authority by itself. */
export function createId(prefix: IdPrefix): string {
  let id = `${prefix}_`
  for (const byte of takeRandomBytes()) id += ALPHABET[byte & 31]
  return id
}

/** Asking the system for a few bytes costs as much as asking for many, and every request needs an id. No byte is used twice. */
const pool = Buffer.allocUnsafeSlow(LENGTH * 256)
let used = pool.length

function takeRandomBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += LENGTH
  return pool.subarray(used - LENGTH, used)
}

/** A session's id, wherever it stands in a text. */
export const SESSION_ID_PATTERN = /\bses_[0-9a-hjkmnp-tv-z]{26}\b/

export function isSessionId(value: string): boolean {
  return new RegExp(`^${SESSION_ID_PATTERN.source}$`).test(value)
}
