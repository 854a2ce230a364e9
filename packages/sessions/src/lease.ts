import { AppError } from '@signalbox/errors'

import type { Lease, SessionStore } from './session-store.ts'

/** Why a drive was told to stop: somebody else may hold the session by now, so nothing may be written or begun any more. */
export class LeaseLost extends AppError {
  constructor() {
    super('stale_lease', 'The lease on the session was lost.')
  }
}

/**
 * Does `work` while holding the session's lease, kept up by a heartbeat at a third of its length.
 * The signal aborts when the lease is lost, or could not be renewed in time: that spares the world
 * useless calls, while the fence protects the data. Answers undefined where somebody else holds it.
 */
export async function holdLease<Result>(
  store: SessionStore,
  id: string,
  options: { holder: string; leaseMs: number },
  work: (lease: Lease, signal: AbortSignal) => Promise<Result>,
): Promise<{ result: Result } | undefined> {
  const lease = await store.acquire(id, options)
  if (!lease) return undefined
  const lost = new AbortController()
  const lose = (): void => lost.abort(new LeaseLost())
  let expiry = setTimeout(lose, options.leaseMs)
  const heartbeat = setInterval(() => {
    store.renew(lease, options.leaseMs).then(
      (held) => {
        if (!held) return lose()
        clearTimeout(expiry)
        expiry = setTimeout(lose, options.leaseMs)
      },
      () => undefined, // A store that cannot be reached may be back before the lease is over.
    )
  }, options.leaseMs / 3)
  try {
    return { result: await work(lease, lost.signal) }
  } finally {
    clearInterval(heartbeat)
    clearTimeout(expiry)
    if (!lost.signal.aborted) await store.release(lease)
  }
}
