import { createHash } from 'node:crypto'

import canonicalize from 'canonicalize'

/** A value as JSON always in the same bytes (RFC 8785), so that a hash of it stands for the value. @throws TypeError for what is no JSON. */
export function toCanonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('This value has no JSON.')
  return text
}

/** SHA-256 of the canonical JSON, in hexadecimal. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(toCanonicalJson(value)).digest('hex')
}
