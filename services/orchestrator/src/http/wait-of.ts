import type { Context } from 'hono'

/** For who waits for news: aborts when the time is over, when whoever asked has gone, or when we close. Aborted already where nobody waits. */
export function waitOf(c: Context, seconds: number, closing: AbortSignal): AbortSignal {
  if (seconds === 0) return AbortSignal.abort()
  return AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(seconds * 1_000), closing])
}
