import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { AppError } from '@signalbox/errors'

import { lockFolder } from './folder-lock.ts'

export interface EmbeddedPostgres {
  /** A Postgres URL like any other. */
  url: string
  close(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  folder: string
  onRestart: (reason: string) => void
}

const START_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 5_000

/**
 * Starts the embedded Postgres in a child process, on a port and with a password of its own. Should
 * the process die it is started again on the same port: what was committed is there.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const data = join(options.folder, 'postgres')
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(options.folder)
  const password = randomBytes(24).toString('base64url')
  let closing = false
  let child: ChildProcess
  let port = 0

  async function start(wanted: number): Promise<void> {
    // A watched parent would have its child report every import on the channel that we listen on.
    const { WATCH_REPORT_DEPENDENCIES: _watched, ...environment } = process.env
    child = fork(fileURLToPath(new URL('pglite-process.ts', import.meta.url)), [data, String(wanted)], {
      env: { ...environment, SIGNALBOX_PGLITE_PASSWORD: password },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const said = collect(child)
    const ended = once(child, 'exit').then(([code]) => {
      throw new AppError('unavailable', `The embedded database could not start (${code}): ${said().split('\n').at(-2) ?? ''}`, { retryable: false })
    })
    ended.catch(() => undefined)
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new AppError('unavailable', 'The embedded database did not start in time.')), START_TIMEOUT_MS).unref(),
    )
    const [message] = (await Promise.race([once(child, 'message'), ended, late])) as [{ port: number }]
    ;({ port } = message)
    child.once('exit', (code, signal) => {
      if (closing) return
      options.onRestart(`the embedded database ended (${signal ?? code})`)
      start(port).catch((error: Error) => options.onRestart(error.message))
    })
  }

  try {
    await start(0)
  } catch (error) {
    await lock.release()
    throw error
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async close() {
      closing = true
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve()
      if (child.connected) child.send('close')
      const killed = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
      await ended
      clearTimeout(killed)
      await lock.release()
    },
  }
}

/** The last of what a process said on its standard error. */
function collect(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (bytes: Buffer) => (text = (text + bytes.toString('utf8')).slice(-4_000)))
  return () => text
}
