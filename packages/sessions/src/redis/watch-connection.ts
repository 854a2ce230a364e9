import type { RedisClient } from './open-redis.ts'

export interface ConnectionWatch {
  /** Since when it has been away, milliseconds of `performance.now`; undefined while it is there. */
  readonly awaySince: number | undefined
  readonly lastError: Error | undefined
  stop(): void
}

/** How long no ping is answered before a connection that looks open is given up, milliseconds. */
const DEAF_MS = 5_000

/**
 * Knows whether Redis is there, and says when that changes. A machine that vanished closes nothing: the
 * connection would stay open for a quarter of an hour, as what is written to it counts as a sign of life. So
 * one on which no ping is answered is dropped, and made again.
 */
export function watchConnection(client: RedisClient, { name, onWarning }: { name: string; onWarning: (message: string) => void }): ConnectionWatch {
  let awaySince: number | undefined = performance.now()
  let lastError: Error | undefined
  let heardAt = 0
  let told = false

  function lose(error: Error): void {
    lastError = error
    awaySince ??= performance.now()
    if (told) return
    told = true
    onWarning(`${name} is away: ${error.message || (error as NodeJS.ErrnoException).code}.`)
  }

  client.on('error', (error: Error) => {
    // A ping that was refused is an error too, but the connection is there.
    if (!client.isReady) lose(error)
  })
  client.on('ready', () => {
    heardAt = performance.now()
    awaySince = undefined
    if (told) onWarning(`${name} is back.`)
    told = false
  })
  client.on('ping-interval', () => (heardAt = performance.now()))

  const timer = setInterval(() => {
    if (!client.isReady || performance.now() - heardAt < DEAF_MS) return
    lose(new Error(`no answer for ${DEAF_MS} ms`))
    client.destroy()
    client.connect().catch(() => undefined)
  }, DEAF_MS / 5)

  return {
    get awaySince() {
      return awaySince
    },
    get lastError() {
      return lastError
    },
    stop: () => clearInterval(timer),
  }
}
