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
  store: Pick<SessionStore, 'acquire' | 'renew' | 'release'>,
  id: string,
  options: { holder: string; leaseMs: number },
  work: (lease: Lease, signal: AbortSignal) => Promise<Result>,
): Promise<{ result: Result } | undefined> {
  const asked = performance.now()
  const lease = await store.acquire(id, options)
  if (!lease) return undefined
  const heartbeat = startHeartbeat(options.leaseMs, asked, () => store.renew(lease, options.leaseMs))
  try {
    return { result: await work(lease, heartbeat.lost) }
  } finally {
    heartbeat.stop()
    // A lease that cannot be given back runs out by itself; what the work came to counts for more.
    if (!heartbeat.lost.aborted) await store.release(lease).catch(() => undefined)
  }
}

/**
 * How much of a lease is counted on. The rest is for clocks that do not agree to the millisecond, so
 * that whoever holds it is told to stop before another can come.
 */
const SURE_PART = 0.9

/** Renews until stopped. The lease counts from when it was asked for: when the store gave it, only the store knows. */
function startHeartbeat(leaseMs: number, asked: number, renew: () => Promise<boolean>): { lost: AbortSignal; stop(): void } {
  const lost = new AbortController()
  let beat: NodeJS.Timeout
  let expiry: NodeJS.Timeout
  let stopped = false

  function stop(): void {
    stopped = true
    clearTimeout(beat)
    clearTimeout(expiry)
  }

  function lose(): void {
    stop()
    lost.abort(new LeaseLost())
  }

  function holdFrom(since: number): void {
    clearTimeout(expiry)
    expiry = setTimeout(lose, since + leaseMs * SURE_PART - performance.now())
  }

  async function beatOnce(): Promise<void> {
    const since = performance.now()
    try {
      const held = await renew()
      if (stopped) return
      if (!held) return lose()
      holdFrom(since)
    } catch {
      // A store that cannot be reached may be back before the lease is over.
    }
    if (!stopped) next()
  }

  function next(): void {
    beat = setTimeout(() => void beatOnce(), leaseMs / 3)
  }

  holdFrom(asked)
  next()
  return { lost: lost.signal, stop }
}
