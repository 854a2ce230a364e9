import { hash, randomUUID } from 'node:crypto'

import { AppError } from '@signalbox/errors'

import { createBoundedMap } from './bounded-map.ts'

export interface GuardedRequest {
  owner: string
  body: Uint8Array
  /** The caller's own `Idempotency-Key`. */
  givenKey: string | undefined
  /** How often the caller's client has tried this already. */
  retryCount: number
}

/** Finds the idempotency key under which the orchestrator shall know a request, so that a retry does not begin a second session. */
export interface DuplicateGuard {
  /** @throws AppError `idempotency_mismatch` for a key that was used for another request. */
  keyFor(request: GuardedRequest): string
}

const REMEMBERED = 10_000
const REMEMBERED_MS = 15 * 60_000

/**
 * Clients that send no key of their own say how often they have tried; such a retry takes the key
 * that its first try was given. The same words asked twice on purpose are not a retry. What this gateway does not
 * remember, since another one took the first try or it has been restarted, the orchestrator finds.
 */
export function createDuplicateGuard(now: () => number = Date.now): DuplicateGuard {
  const bounds = { maxEntries: REMEMBERED, maxAgeMs: REMEMBERED_MS, now }
  const bodyOfKey = createBoundedMap<string>(bounds)
  const keyOfBody = createBoundedMap<string>(bounds)
  return {
    keyFor({ owner, body, givenKey, retryCount }) {
      const digest = hash('sha256', body)
      if (givenKey !== undefined) {
        const slot = `${owner}\n${givenKey}`
        const known = bodyOfKey.get(slot)
        if (known !== undefined && known !== digest) {
          throw new AppError('idempotency_mismatch', 'Idempotency-Key: was used for another request before.', { param: 'Idempotency-Key' })
        }
        bodyOfKey.set(slot, digest)
        return givenKey
      }
      const slot = `${owner}\n${digest}`
      const key = (retryCount > 0 ? keyOfBody.get(slot) : undefined) ?? `auto-${randomUUID()}`
      keyOfBody.set(slot, key)
      return key
    },
  }
}
