import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { AppError } from '@signalbox/errors'

export interface DatabaseProcess {
  readonly port: number
  /** Settles with the reason when the process is gone. */
  readonly ended: Promise<string>
  /** Asks the process to go, and makes it if it does not. */
  close(): void
}

export interface DatabaseProcessOptions {
  folder: string
  password: string
  /** 0 for any that is free. */
  port: number
  /** How long the process may answer nothing before it is killed, milliseconds. */
  stallMs: number
}

const START_TIMEOUT_MS = 60_000
const CLOSE_TIMEOUT_MS = 5_000
/** How often the process is asked whether it is there before it counts as hanging. */
const QUESTIONS = 10
/** All that the process needs of our environment: no keys. */
const ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot']

type Said = { port: number } | { failure: string } | 'pong'

/**
 * Starts one process with the embedded database, and waits until it takes connections.
 *
 * @throws AppError with what the process said when it does not come up.
 */
export async function startDatabaseProcess(options: DatabaseProcessOptions): Promise<DatabaseProcess> {
  const child = fork(fileURLToPath(new URL('pglite-process.ts', import.meta.url)), [options.folder, String(options.port)], {
    env: { ...Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]])), SIGNALBOX_PGLITE_PASSWORD: options.password },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const lastWords = collect(child)
  let failure: string | undefined
  child.on('message', (said: Said) => {
    if (said !== 'pong' && 'failure' in said) ({ failure } = said)
  })
  const ended = once(child, 'exit').then(([code, signal]) => failure ?? (lastWords() || `${signal ?? `exit code ${code}`}`))
  const port = await Promise.race([readPort(child), ended.then(refuse), giveUp(child)])
  watch(child, options.stallMs)
  return {
    port,
    ended,
    close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      if (child.connected) child.send('close', () => undefined)
      const late = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
      child.once('exit', () => clearTimeout(late))
    },
  }
}

function readPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on('message', (said: Said) => said !== 'pong' && 'port' in said && resolve(said.port)))
}

function refuse(reason: string): never {
  throw new AppError('unavailable', `The embedded database cannot be opened: ${reason}`, { retryable: false })
}

function giveUp(child: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new AppError('unavailable', `The embedded database did not come up within ${START_TIMEOUT_MS / 1_000} s.`))
    }, START_TIMEOUT_MS)
    child.on('message', () => clearTimeout(late))
    child.once('exit', () => clearTimeout(late))
  })
}

/** Kills the process when it answers nothing any more; the database survives that. Questions are counted, not time: a machine that slept asks once. */
function watch(child: ChildProcess, stallMs: number): void {
  let unanswered = 0
  child.on('message', () => (unanswered = 0))
  const asking = setInterval(() => {
    unanswered += 1
    if (unanswered > QUESTIONS) child.kill('SIGKILL')
    else if (child.connected) child.send('ping', () => undefined)
  }, stallMs / QUESTIONS)
  asking.unref()
  child.once('exit', () => clearInterval(asking))
}

/** The last line that a process said on its standard error. */
function collect(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (bytes: Buffer) => (text = (text + bytes.toString('utf8')).slice(-4_000)))
  return () => text.trim().split('\n').at(-1) ?? ''
}
