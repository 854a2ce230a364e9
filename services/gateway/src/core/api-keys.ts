import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

import { roleSchema, type Role } from '@signalbox/contracts'

/** Whose key it is. */
export interface KeyHolder {
  /** Scopes every session: others' do not exist. */
  owner: string
  /** Of an operator's key: who acts beyond the owner's own sessions, and as what. */
  operator?: { id: string; name: string; role: Role }
}

export interface ApiKeys {
  /** The key's holder; undefined for a key that is none of ours. How long that takes does not tell which key was nearly right. */
  findHolder(key: string): KeyHolder | undefined
}

/**
 * Keys as configuration writes them: callers' as `key` or `name:key`, operators' as `name:role:key`. Two keys
 * with one name have one owner, so that a key can be replaced while both are good. Only their SHA-256 is kept, and the
 * keys that callers have shown to be right: those are found by V8's own hash, whose seed is another one in each process.
 */
export function createApiKeys(entries: readonly string[], operatorEntries: readonly string[] = []): ApiKeys {
  const keys = [...entries.map(readCallersKey), ...operatorEntries.map(readOperatorsKey)]
  // At most as many as were configured.
  const shown = new Map<string, KeyHolder>()
  return {
    findHolder(key) {
      const known = shown.get(key)
      if (known) return known
      // As hex text it is made four times as fast as in a buffer of its own.
      const digest = Buffer.from(hash('sha256', key), 'latin1')
      let holder: KeyHolder | undefined
      // No early end: how long it takes must not tell which key was nearly right.
      for (const candidate of keys) if (timingSafeEqual(candidate.digest, digest)) holder = candidate.holder
      if (holder) shown.set(key, holder)
      return holder
    },
  }
}

interface KnownKey {
  digest: Buffer
  holder: KeyHolder
}

function readCallersKey(entry: string): KnownKey {
  const colon = entry.indexOf(':')
  const digest = hash('sha256', entry.slice(colon + 1))
  return { digest: Buffer.from(digest), holder: { owner: colon > 0 ? entry.slice(0, colon) : `key_${digest.slice(0, 12)}` } }
}

function readOperatorsKey(entry: string): KnownKey {
  const [name = '', role = '', ...key] = entry.split(':')
  const operator = { id: `key:${name}`, name, role: roleSchema.parse(role) }
  return { digest: Buffer.from(hash('sha256', key.join(':'))), holder: { owner: name, operator } }
}

/** A key for those who set none. */
export function createDevKey(): string {
  return `sbx_${randomBytes(24).toString('base64url')}`
}
