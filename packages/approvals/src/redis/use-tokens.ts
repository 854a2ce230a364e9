import type { Asker, RedisClient } from '@signalbox/sessions/redis'

import { keptUntil, tokenHash } from '../used-tokens.ts'
import type { LedgerKeys } from './ledger-keys.ts'
import { USE } from './ledger-scripts.ts'

/** How many uses whose answer was lost are remembered. */
const REMEMBERED = 1_000

/**
 * Uses tokens up. A use whose answer was lost may have happened: tried again, once, it is the same use. Were it
 * another, a link could be used up without anything having come of it.
 */
export function createTokenUse(client: RedisClient, once: Asker['once'], keys: LedgerKeys): (token: string, expiresAt: Date) => Promise<boolean> {
  const lost = new Map<string, object>()

  return async (token, expiresAt) => {
    const hash = tokenHash(token)
    const use = lost.get(hash) ?? {}
    // Taken out, so that of two that try again at the same time only one is the same use.
    lost.delete(hash)
    try {
      return (await once(use, (op) => USE(client, [keys.used(hash)], [op, String(keptUntil(expiresAt))]))) === 1
    } catch (error) {
      const [oldest] = lost.size < REMEMBERED ? [] : lost.keys()
      if (oldest !== undefined) lost.delete(oldest)
      lost.set(hash, use)
      throw error
    }
  }
}
