import { randomFillSync } from 'node:crypto'

/** What our ids are made of: a readable prefix and 128 random bits in Crockford's base 32, lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 26

export type IdPrefix = 'ses' | 'req' | 'msg' | 'doc' | 'key' | 'apr' | 'dlv' | 'usr'

/** `createId('ses')` → `ses_5f0…`; unguessable, and still never authority by itself. */
export function createId(prefix: IdPrefix): string {
  if (used === letters.length) refill()
  used += LENGTH
  return `${prefix}_${letters.slice(used - LENGTH, used)}`
}

/** Asking the system for a few bytes costs as much as asking for many, and every request needs an id. No letter is used twice. */
const pool = Buffer.allocUnsafeSlow(LENGTH * 256)
let letters = ''
let used = 0

function refill(): void {
  randomFillSync(pool)
  for (let at = 0; at < pool.length; at++) pool[at] = ALPHABET.charCodeAt((pool[at] as number) & 31)
  letters = pool.toString('latin1')
  used = 0
}

/** A session's id, wherever it stands in a text. */
export const SESSION_ID_PATTERN = /\bses_[0-9a-hjkmnp-tv-z]{26}\b/

export function isSessionId(value: string): boolean {
  return new RegExp(`^${SESSION_ID_PATTERN.source}$`).test(value)
}
