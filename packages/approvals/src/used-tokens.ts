import { createHash } from 'node:crypto'

/** How much longer than it is good for a token is remembered, milliseconds: another machine's clock may be behind. */
const LONGER_MS = 600_000

/** What a token is remembered by: who reads the ledger learns none. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Until when a token is remembered, milliseconds. */
export function keptUntil(expiresAt: Date): number {
  return Math.max(expiresAt.getTime(), Date.now()) + LONGER_MS
}
