import { createHash } from 'node:crypto'

const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** The same facts give the same session id, in any process: who asks again finds the session that it began. */
export function sessionIdFor(facts: readonly (string | undefined)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(facts)).digest()
  return `ses_${[...digest.subarray(0, 26)].map((byte) => ID_ALPHABET[byte & 31]).join('')}`
}
