import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { eventually, freePorts } from '@signalbox/testing'

/** Bytes, after everything that nobody needs was let go. */
export interface Memory {
  rss: number
  heapUsed: number
  external: number
}

/** The gateway as its own process. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  memory(): Promise<Memory>
  /** The lines that tell of what nobody foresaw. */
  faults(): readonly string[]
}

const PROJECT_FOLDER = fileURLToPath(new URL('../../../', import.meta.url))
const PRELOAD = fileURLToPath(new URL('./report-memory.ts', import.meta.url))
const ERROR_LEVEL = 50

export async function startGatewayProcess(environment: Record<string, string>): Promise<GatewayProcess> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const child = fork('services/gateway/src/main.ts', {
    cwd: PROJECT_FOLDER,
    execArgv: ['--expose-gc', '--import', PRELOAD],
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'error', CONSOLE_ENABLED: 'false', ...environment, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const faults: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '' && isFault(line)) faults.push(line.slice(0, 2_000))
    })
  }
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  await eventually(
    'the gateway answers',
    () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${faults.join('\n')}`)
      return fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    },
    90_000,
  )
  return {
    url,
    pid: child.pid ?? 0,
    faults: () => faults,
    async memory() {
      const said = once(child, 'message', { signal: AbortSignal.timeout(30_000) })
      child.send('memory')
      const [memory] = (await said) as [Memory]
      return memory
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

function isFault(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level: number | string }
    return level === 'error' || level === 'fatal' || Number(level) >= ERROR_LEVEL
  } catch {
    return true
  }
}
