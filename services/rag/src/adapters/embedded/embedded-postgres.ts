import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { startDatabaseProcess, type DatabaseProcess } from './database-process.ts'

export interface EmbeddedPostgres {
  /** A Postgres URL like any other. */
  url: string
  close(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  folder: string
  onRestart: (reason: string) => void
  /** How long the process may answer nothing, milliseconds: one query that never ends stops everybody. */
  stallMs?: number
}

const DEFAULT_STALL_MS = 120_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/**
 * Starts the embedded Postgres in a child process, on a port and with a password of its own. Should
 * the process die, or hang, it is started again on the same port: what was committed is there.
 *
 * @throws AppError when it does not come up the first time.
 */
export async function startEmbeddedPostgres({ folder, onRestart, stallMs = DEFAULT_STALL_MS }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  const closing = new AbortController()
  const start = (port: number): Promise<DatabaseProcess> => startDatabaseProcess({ folder: join(folder, 'postgres'), password, port, stallMs })
  let current = await start(0)
  const { port } = current
  const kept = keep()

  /** Watches over the process until it is told to close; each one that dies has a successor. */
  async function keep(): Promise<void> {
    for (;;) {
      const reason = await current.ended
      if (closing.signal.aborted) return
      onRestart(`the embedded database ended: ${reason}`)
      const next = await startAgain()
      if (!next) return
      current = next
      if (closing.signal.aborted) current.close()
    }
  }

  async function startAgain(): Promise<DatabaseProcess | undefined> {
    for (let wait = FIRST_PAUSE_MS; !closing.signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        return await start(port)
      } catch (error) {
        onRestart(`it did not come back: ${error instanceof Error ? error.message : String(error)}`)
        await pause(wait, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
    return undefined
  }

  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async close() {
      closing.abort()
      current.close()
      await kept
    },
  }
}
