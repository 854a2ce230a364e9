import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { connectAgent, type AgentConnection } from '@signalbox/a2a'
import { eventually } from '@signalbox/testing'

import { telemetry } from './agents.ts'

/** One orchestrator as a process of its own, with a port that stays its own over its lives. */
export interface Replica {
  readonly name: string
  readonly url: string
  readonly connection: AgentConnection
  isUp(): boolean
  pid(): number
  /** Starts it, and waits until it says that it is ready. */
  start(): Promise<void>
  /** Ends it, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Stops it where it stands, as a machine that sleeps would. */
  freeze(): void
  thaw(): void
  /** The last that it printed, in all its lives. */
  printed(): string
  close(): Promise<void>
}

const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url))
const READY_WITHIN_MS = 90_000
const KEPT_OUTPUT = 65_536
const LONGEST_LINE = 300

/** An orchestrator that has not been started yet. */
export function createReplica(name: string, port: number, environment: Record<string, string>): Replica {
  const url = `http://127.0.0.1:${port}`
  const connection = connectAgent({ url, telemetry })
  let running: ChildProcess | undefined
  let frozen = false
  let printed = ''

  const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
  const isRunning = (): boolean => running !== undefined && !hasEnded(running)

  async function start(): Promise<void> {
    const child = spawn(process.execPath, ['services/orchestrator/src/main.ts'], {
      cwd: PROJECT_FOLDER,
      env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn', ...environment, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running = child
    frozen = false
    // A test run that is cut short leaves nobody behind.
    const end = (): void => void child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (printed = (printed + bytes.toString('utf8')).slice(-KEPT_OUTPUT)))
    await eventually(
      `${name} is ready`,
      async () => {
        if (hasEnded(child)) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}. It printed:\n${printed}`)
        return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
          ({ ok }) => ok,
          () => false,
        )
      },
      READY_WITHIN_MS,
    )
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!running || hasEnded(running)) return
    const exited = once(running, 'exit')
    running.kill(signal)
    // What is stopped hears of nothing but SIGKILL.
    if (frozen) running.kill('SIGCONT')
    await exited
  }

  return {
    name,
    url,
    connection,
    isUp: () => isRunning() && !frozen,
    pid: () => running?.pid ?? 0,
    start,
    kill,
    freeze() {
      running?.kill('SIGSTOP')
      frozen = true
    },
    thaw() {
      running?.kill('SIGCONT')
      frozen = false
    },
    printed: () => printed.split('\n').map(shortened).join('\n'),
    async close() {
      await kill()
      await connection.close()
    },
  }
}

/** Of a line of the log what tells most. One that is not whole is left as it is. */
function shortened(line: string): string {
  try {
    const { time, msg, session_id, code, error, err } = JSON.parse(line) as Record<string, unknown>
    return `${String(time)} ${String(msg)} ${JSON.stringify({ session_id, code, error, err: (err as { message?: string } | undefined)?.message })}`
  } catch {
    return line.slice(0, LONGEST_LINE)
  }
}
